//! Text that came from strangers: made harmless, folded for comparison, measured, cut.
//!
//! Pure. Used by every room that shows, stores or compares text, so that there is one answer to
//! "which characters are safe" and "what is a CJK letter".

use unicode_normalization::UnicodeNormalization;

/// Control characters that can move a cursor, hide text or reorder it: C0 (but tab and newline), DEL, C1,
/// the bidirectional controls, and the non-characters that XML 1.0 forbids.
pub fn is_hostile(c: char) -> bool {
    match c {
        '\t' | '\n' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        '\u{fffe}' | '\u{ffff}' | '\u{feff}' => true,
        _ => false,
    }
}

/// Whether `test` holds for any byte. Some bytes at a time are looked at without a branch for each: what `test` asks of
/// most texts is true of none.
pub fn any_byte(bytes: &[u8], test: impl Fn(u8) -> bool) -> bool {
    bytes.chunks(LOOKED_AT).any(|chunk| chunk.iter().fold(false, |found, byte| found | test(*byte)))
}

const LOOKED_AT: usize = 64;

/// Whether any character of a text is [hostile](is_hostile).
pub fn has_hostile(text: &str) -> bool {
    let may_be =
        |b: u8| (b < b' ') & (b != b'\t') & (b != b'\n') | (b == 0x7f) | (b == 0xc2) | (b == 0xd8) | (b == 0xe2) | (b == 0xef);
    holds(text, may_be, is_hostile)
}

/// Whether a text holds a character for which `is` holds. `may_be` holds for the first byte of each of these, and for few others.
pub fn holds(text: &str, may_be: impl Fn(u8) -> bool, is: impl Fn(char) -> bool) -> bool {
    let is = |at: usize| text[at..].chars().next().is_some_and(&is);
    let mut from = 0;
    text.as_bytes().chunks(LOOKED_AT).any(|chunk| {
        let found = any_byte(chunk, &may_be) && chunk.iter().enumerate().any(|(at, b)| may_be(*b) && is(from + at));
        from += chunk.len();
        found
    })
}

/// One line that is safe in a terminal, a log and an XML text: hostile characters dropped, runs of white
/// space become one blank, ends trimmed.
pub fn one_line(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    loop {
        // Most of most texts, a word at a time.
        let word = rest.bytes().position(|byte| !byte.is_ascii_graphic()).unwrap_or(rest.len());
        out.push_str(&rest[..word]);
        let mut next = rest[word..].chars();
        let Some(c) = next.next() else { break };
        if c.is_whitespace() || c == '\u{200b}' {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_hostile(c) {
            out.push(c);
        }
        rest = next.as_str();
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// Hostile characters dropped, lines kept.
pub fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    if has_hostile(text) { text.chars().filter(|c| !is_hostile(*c)).collect::<String>().into() } else { text.into() }
}

/// A letter of a script that is written without spaces: Han, kana, Hangul.
pub fn is_cjk(c: char) -> bool {
    c >= '\u{3040}'
        && matches!(c,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Compatibility-composed (NFKC) and lower-case: what is compared and indexed instead of the text itself.
pub fn fold(text: &str) -> String {
    normalised(text, is_folded, true)
}

/// Compatibility-composed (NFKC), with its capitals.
pub fn compose(text: &str) -> String {
    normalised(text, |c| is_folded(c) || matches!(c, '\u{c0}'..='\u{de}' | '\u{400}'..='\u{42f}'), false)
}

/// `is_normal`: characters that come out as they are (but for the case of ASCII) and that compose with none before them.
fn normalised(text: &str, is_normal: impl Fn(char) -> bool, lower: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let push_normal = |out: &mut String, plain: &str| {
        let from = out.len();
        out.push_str(plain);
        if lower {
            // ASCII letters are the only ones here that have a case.
            out[from..].make_ascii_lowercase();
        }
    };
    let mut rest = text;
    while let Some(odd) = find_char(rest, |c| !is_normal(c)) {
        let length = rest[odd..].find(&is_normal).unwrap_or(rest.len() - odd);
        // A full-width letter or sign by itself, as in every Chinese sentence, is the ASCII one.
        let mut run = rest[odd..odd + length].chars();
        if let (Some(wide @ '\u{ff01}'..='\u{ff5e}'), None) = (run.next(), run.next()) {
            push_normal(&mut out, &rest[..odd]);
            let narrow = char::from_u32(wide as u32 - 0xfee0);
            out.extend(narrow.map(|c| if lower { c.to_ascii_lowercase() } else { c }));
            rest = &rest[odd + length..];
            continue;
        }
        // A mark may compose with the character before it, so that one is normalised together with what follows.
        let start = rest[..odd].char_indices().next_back().map_or(0, |(at, _)| at);
        push_normal(&mut out, &rest[..start]);
        let composed = rest[start..odd + length].nfkc();
        if lower {
            out.extend(composed.flat_map(char::to_lowercase));
        } else {
            out.extend(composed);
        }
        rest = &rest[odd + length..];
    }
    push_normal(&mut out, rest);
    out
}

/// Characters that are their own folding (but for the case of ASCII), and that compose with none before them: most of any
/// text.
fn is_folded(c: char) -> bool {
    matches!(c,
        '\0'..='\u{7f}'
        | '\u{df}'..='\u{ff}'
        | '\u{430}'..='\u{45f}' // Cyrillic
        | '\u{2013}'..='\u{2016}' | '\u{2018}'..='\u{201f}' // dashes and quotes
        | '\u{3001}'..='\u{3002}' | '\u{3008}'..='\u{3011}'
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fe}' // kana
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}') // Hangul
}

/// What `char::is_alphanumeric` says, without a search in its tables for the letters that most texts are made of.
pub fn is_alphanumeric(c: char) -> bool {
    match c {
        '\0'..='\u{7f}' => c.is_ascii_alphanumeric(),
        '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => true,
        '\u{2010}'..='\u{206f}' | '\u{3000}'..='\u{3002}' | '\u{3008}'..='\u{3020}' | '\u{ff01}'..='\u{ff0f}' => false,
        '\u{c0}'..='\u{24f}' | '\u{400}'..='\u{481}' => !matches!(c, '×' | '÷'),
        _ => c.is_alphanumeric(),
    }
}

/// Where the first character is that is not ASCII and is `wanted`. Runs of ASCII are skipped without being decoded.
fn find_char(text: &str, wanted: impl Fn(char) -> bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii() {
            let next = &bytes[at..bytes.len().min(at + LOOKED_AT)];
            at += if next.is_ascii() { next.len() } else { next.iter().take_while(|byte| byte.is_ascii()).count() };
            continue;
        }
        let c = text[at..].chars().next()?;
        if wanted(c) {
            return Some(at);
        }
        at += c.len_utf8();
    }
    None
}

/// The longest prefix of at most `max_bytes` bytes that ends between characters.
pub fn clip(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

/// The first `max_chars` characters.
pub fn cut(text: &str, max_chars: usize) -> &str {
    if text.len() <= max_chars {
        return text;
    }
    text.char_indices().nth(max_chars).map_or(text, |(at, _)| &text[..at])
}

/// The first `max_chars` characters, with `…` where something was cut.
pub fn excerpt(text: &str, max_chars: usize) -> String {
    let start = cut(text, max_chars);
    if start.len() == text.len() { text.to_owned() } else { format!("{}…", start.trim_end()) }
}

/// An address that is safe to show or log: the user name, the password and every value of a query
/// parameter that looks like a secret are replaced.
pub fn redact_url(address: &str) -> String {
    const SECRET: [&str; 14] = [
        "token",
        "key",
        "apikey",
        "api_key",
        "secret",
        "password",
        "passwd",
        "pass",
        "auth",
        "access_token",
        "sig",
        "signature",
        "hash",
        "session",
    ];
    let Ok(mut url) = url::Url::parse(address) else {
        return one_line(address);
    };
    // Setting user and password fails only on addresses that cannot have any.
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_username("…");
        let _ = url.set_password(None);
    }
    if url.query().is_some() {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        if pairs.iter().any(|(name, _)| SECRET.contains(&name.to_ascii_lowercase().as_str())) {
            url.query_pairs_mut().clear().extend_pairs(
                pairs
                    .iter()
                    .map(|(name, value)| (name, if SECRET.contains(&name.to_ascii_lowercase().as_str()) { "…" } else { value })),
            );
        }
    }
    one_line(url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcuts_say_what_the_tables_say() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_alphanumeric(c), c.is_alphanumeric(), "U+{:04X}", u32::from(c));
            // At the end of one stretch and at the beginning of the next.
            for before in [0, LOOKED_AT - 1, LOOKED_AT] {
                let text = format!("{}{c}ü", "a".repeat(before));
                assert_eq!(has_hostile(&text), is_hostile(c), "U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn one_line_is_harmless() {
        assert_eq!(one_line(" a\u{1b}[31m \n\tb\u{202e}c\u{9b} "), "a[31m bc");
    }

    #[test]
    fn clip_keeps_characters_whole() {
        assert_eq!(clip("谷歌", 4), "谷");
        assert_eq!(excerpt("谷歌一劍", 2), "谷歌…");
    }

    #[test]
    fn folding_in_pieces_is_folding() {
        let whole = |text: &str| text.nfkc().flat_map(char::to_lowercase).collect::<String>();
        for text in [
            "Cafe\u{301} ＡＢＣ ﬁne",
            "谷歌「Gemini」Ⅳ 한글 ｶﾞ",
            "É",
            "“Straße” — Ω",
            "x\u{301}",
            "谷\u{301}Ａ",
            "日本語ガ、テスト。",
            "，日Ａ本：x",
            "Jørgensen naïve e\u{302}\u{301} ê\u{301} ÿ ß ‗",
        ] {
            assert_eq!(fold(text), whole(text), "{text}");
            assert_eq!(compose(text), text.nfkc().collect::<String>(), "{text}");
        }
        for c in '\0'..='\u{ffff}' {
            for text in [format!("{c}"), format!("a{c}"), format!("{c}\u{301}"), format!("カ{c}\u{3099}x")] {
                assert_eq!(fold(&text), whole(&text), "{text:?}");
                assert_eq!(compose(&text), text.nfkc().collect::<String>(), "{text:?}");
            }
            assert_eq!(is_alphanumeric(c), c.is_alphanumeric(), "{c:?}");
        }
    }

    #[test]
    fn secrets_are_redacted() {
        assert_eq!(redact_url("https://me:pw@a.example/f?x=1&token=abc"), "https://%E2%80%A6@a.example/f?x=1&token=%E2%80%A6");
    }
}
