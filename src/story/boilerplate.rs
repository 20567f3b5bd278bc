//! What publishers put round a text that is not the text: leads that name an agency, "read more", legal notes.
//!
//! A copy differs from its original mostly here. Works on text in compatibility form (NFKC), whose capitals are still there.

use super::fold;
use super::spread::Map;
use crate::text::cut;
use std::sync::LazyLock;

/// A sentence of at most this many characters near either end of a text is boilerplate if it holds one of
/// [`PHRASES`]; real sentences of that length seldom do.
const MAX_SENTENCE_CHARS: usize = 90;

/// Boilerplate stands at the ends.
const EDGE_SENTENCES: usize = 8;

/// Phrases of boilerplate, one a row. Two-part phrases are joined by `…` and must come in that order.
const PHRASES: &[&str] = &[
    "关注…公众号",
    "关注…微信",
    "微信公众号…获取",
    "微信号",
    "责任编辑",
    "责编:",
    "编辑:",
    "校对:",
    "本文来自",
    "本文来源",
    "本文转自",
    "本文系",
    "文章来源",
    "来源:",
    "原标题",
    "原文链接",
    "转载请",
    "未经授权",
    "未经许可",
    "谢绝转载",
    "禁止转载",
    "版权所有",
    "版权归",
    "不代表本站",
    "不代表…立场",
    "广告声明",
    "免责声明",
    "仅供参考",
    "阅读全文",
    "阅读原文",
    "查看原文",
    "点击查看",
    "点击阅读",
    "展开全文",
    "扫码关注",
    "扫描二维码",
    "下载…客户端",
    "打开…app",
    "推荐阅读",
    "相关阅读",
    "延伸阅读",
    "更多精彩",
    "题图来自",
    "图片来源",
    "头图来自",
    "all rights reserved",
    "read more",
    "continue reading",
    "read the full",
    "click here",
    "sign up for",
    "subscribe to",
    "subscribe now",
    "newsletter",
    "follow us on",
    "follow us for",
    "share this",
    "this article was originally",
    "this article originally",
    "this story was originally",
    "originally published",
    "appeared first on",
    "first appeared on",
    "reporting by…editing by",
    "editing by",
    "editor:",
    "image credit",
    "photo:",
    "photo by",
    "image:",
    "copyright",
    "may not be published, broadcast, rewritten",
    "views expressed",
    "terms of use",
    "affiliate commission",
    "we may earn",
    "when you buy through",
    "advertisement",
    "source link",
    "via our",
    "support our journalism",
    "become a member",
    "download our app",
    "for more…visit",
    "comments urls",
];

/// Marks at which a publisher cut a text short.
const CUTS: &[&str] = &["[阅读全文]", "(阅读全文)", "[...]", "[…]", "...", "…", "read more", "continue reading", "[+]", "»", "→"];

/// How agencies and portals name themselves before the first sentence.
const AGENCIES: &[&str] = &[
    "新华社",
    "新华网",
    "中新社",
    "中新网",
    "人民网",
    "央视",
    "央广",
    "中广网",
    "中国网",
    "光明网",
    "路透",
    "法新社",
    "美联社",
    "环球",
    "财联社",
    "界面",
    "澎湃",
    "新浪",
    "网易",
    "腾讯",
    "搜狐",
    "凤凰",
    "36氪",
    "钛媒体",
    "it之家",
    "快科技",
    "cnbeta",
    "彭博",
    "韩联社",
    "共同社",
    "中央社",
    "reuters",
    "(ap)",
    "afp",
    "bloomberg",
    "agency",
    "xinhua",
    "dpa",
    "upi",
    "pti",
    "ians",
    "ani",
];

/// The text without boilerplate sentences at its ends, without an agency's lead and without the mark of a cut.
pub fn strip(text: &str) -> String {
    let text = cut_mark(without_lead(text));
    let sentences = sentences(text);
    let n = sentences.len();
    let mut out = String::with_capacity(text.len());
    for (i, sentence) in sentences.iter().enumerate() {
        let edge = i < EDGE_SENTENCES || i + EDGE_SENTENCES >= n;
        if !(edge && is_boilerplate(sentence)) {
            out.push_str(sentence);
        }
    }
    out
}

fn is_boilerplate(sentence: &str) -> bool {
    if cut(sentence, MAX_SENTENCE_CHARS).len() < sentence.len() {
        return false;
    }
    let sentence = fold::comparable(sentence);
    let holds = |at: usize, (first, second): &(&str, &str)| {
        sentence.as_bytes()[at..].starts_with(first.as_bytes())
            && (second.is_empty() || sentence[at + first.len()..].contains(second))
    };
    let phrases = &*BY_START;
    sentence.as_bytes().windows(2).enumerate().any(|(at, start)| {
        let start = u16::from_be_bytes([start[0], start[1]]);
        let begins = phrases.begun[usize::from(start) / 64] >> (start % 64) & 1 == 1;
        begins && phrases.rows.get(&start).is_some_and(|rows| rows.iter().any(|row| holds(at, row)))
    })
}

/// The phrases, in two parts, by their first two bytes, with a bit for each such pair: nearly no place of a sentence needs to
/// be looked at twice.
struct ByStart {
    begun: [u64; 1024],
    rows: Map<u16, Vec<(&'static str, &'static str)>>,
}

static BY_START: LazyLock<ByStart> = LazyLock::new(|| {
    let mut by_start = ByStart { begun: [0; 1024], rows: Map::default() };
    for phrase in PHRASES {
        let parts = phrase.split_once('…').unwrap_or((phrase, ""));
        let start = parts.0.bytes().take(2).fold(0, |start, byte| start << 8 | u16::from(byte));
        by_start.begun[usize::from(start) / 64] |= 1 << (start % 64);
        by_start.rows.entry(start).or_default().push(parts);
    }
    by_start
});

/// Sentences with their ends, so that joining them gives the text again.
fn sentences(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let end = at + 1;
        // None of these bytes stands inside another character.
        let end = match byte {
            b'\n' | b'!' | b'?' => end,
            // `… #欢迎关注`: a notice may start with a mark instead of after one.
            b'#' if at > start => at,
            b'.' if text[end..].starts_with(char::is_whitespace) => end,
            0xe3 if text[at..].starts_with('。') => at + '。'.len_utf8(),
            _ => continue,
        };
        out.push(&text[start..end]);
        start = end;
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

fn cut_mark(text: &str) -> &str {
    let mut text = text.trim_end();
    for _ in 0..3 {
        match CUTS.iter().find_map(|mark| strip_suffix(text, mark)) {
            Some(rest) => text = rest.trim_end(),
            None => break,
        }
    }
    text
}

/// Cuts `(reuters) - `, `london, aug 12 (ap) — `, `【…】`, `新华社北京8月12日电(记者李明)`, `据路透社报道,`.
pub fn without_lead(text: &str) -> &str {
    let mut rest = text.trim_start();
    for _ in 0..3 {
        let before = rest.len();
        rest = bracketed(rest).or_else(|| dateline(rest)).unwrap_or(rest).trim_start();
        rest = rest.trim_start_matches(['-', '–', '—', ':', '|']).trim_start();
        if rest.len() == before {
            break;
        }
    }
    // A text that is all lead is left alone.
    if rest.is_empty() { text } else { rest }
}

fn strip_suffix<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(mark.len())?;
    text.get(at..)?.eq_ignore_ascii_case(mark).then(|| &text[..at])
}

fn bracketed(text: &str) -> Option<&str> {
    let close = match text.chars().next()? {
        '(' => ')',
        '【' => '】',
        '[' => ']',
        '〔' => '〕',
        '「' => return None,
        _ => return None,
    };
    let (at, _) = text.char_indices().take(40).find(|(_, c)| *c == close)?;
    Some(&text[at + close.len_utf8()..])
}

fn dateline(text: &str) -> Option<&str> {
    let lead = cut(text, 48);
    // Every mark below is a dash, or Chinese.
    if lead.is_ascii() && !lead.contains('-') {
        return None;
    }
    let names_agency = |lead: &str| {
        let lead = fold::comparable(lead);
        AGENCIES.iter().any(|agency| lead.contains(agency))
    };
    for mark in [" -- ", " — ", " – ", ") - ", "--"] {
        if let Some(at) = lead.find(mark)
            && names_agency(&lead[..at + 1])
        {
            return Some(&text[at + mark.len()..]);
        }
    }
    for mark in ["日电", "日消息", "日讯", "电(", "电 ", "报道,", "报道:", "获悉,", "消息,", "讯,", "讯 "] {
        if let Some(at) = lead.find(mark)
            && (names_agency(&lead[..at + mark.len()]) || (mark.starts_with('日') && at < 24))
        {
            let cut = at + mark.trim_end_matches(['(']).len();
            return Some(text[cut..].trim_start_matches([',', '，', ':', ' ']));
        }
    }
    None
}
