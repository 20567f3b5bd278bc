//! Rust text → the few kinds of tokens that matter for who uses whom.

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Name(String),
    /// A literal string, as it is written between its quotes.
    Text(String),
    /// `::`
    Step,
    Sign(char),
    /// A number, a character or a lifetime.
    Other,
}

pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |n: usize| chars.get(n).copied().unwrap_or('\0');
    let is_name = |c: char| c == '_' || c.is_alphanumeric();
    let mut out = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        let start = n;
        match at(n) {
            c if c.is_whitespace() => n += 1,
            '/' if at(n + 1) == '/' => n = until(&chars, n, &['\n']),
            '/' if at(n + 1) == '*' => n = until(&chars, n + 2, &['*', '/']) + 2,
            '"' => n = string(&chars, n, &mut out),
            'r' | 'b' | 'c' if is_string(&chars, n) => {
                let quote = until(&chars, n, &['"']);
                let hashes = chars[n..quote].iter().filter(|c| **c == '#').count();
                if chars[n..quote].contains(&'r') {
                    let mut end = vec!['"'];
                    end.extend(std::iter::repeat_n('#', hashes));
                    let close = until(&chars, quote + 1, &end);
                    out.push(Token::Text(chars[quote + 1..close].iter().collect()));
                    n = close + end.len();
                } else {
                    n = string(&chars, quote, &mut out);
                }
            }
            '\'' => {
                let escaped = at(n + 1) == '\\';
                n = if escaped || at(n + 2) == '\'' { until(&chars, n + 2 + usize::from(escaped), &['\'']) + 1 } else { n + 1 };
                while at(start + 2) != '\'' && !escaped && is_name(at(n)) {
                    n += 1;
                }
                out.push(Token::Other);
            }
            c if is_name(c) => {
                while is_name(at(n)) {
                    n += 1;
                }
                let name: String = chars[start..n].iter().collect();
                out.push(if c.is_ascii_digit() { Token::Other } else { Token::Name(name) });
            }
            ':' if at(n + 1) == ':' => {
                n += 2;
                out.push(Token::Step);
            }
            c => {
                n += 1;
                out.push(Token::Sign(c));
            }
        }
    }
    out
}

/// Whether a prefix of strings (`r`, `br`, `r##` …) and a quote stand here.
fn is_string(chars: &[char], n: usize) -> bool {
    let letters = chars[n..].iter().take_while(|c| matches!(c, 'r' | 'b' | 'c')).count();
    let hashes = chars[n + letters..].iter().take_while(|c| **c == '#').count();
    letters <= 2 && chars.get(n + letters + hashes) == Some(&'"')
}

/// A string whose quote stands at `n`; where it ends.
fn string(chars: &[char], n: usize, out: &mut Vec<Token>) -> usize {
    let mut end = n + 1;
    while end < chars.len() && chars[end] != '"' {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    let end = end.min(chars.len());
    out.push(Token::Text(chars[n + 1..end].iter().collect()));
    end + 1
}

/// Where `what` begins, at or after `from`; the end of the text where it does not.
fn until(chars: &[char], from: usize, what: &[char]) -> usize {
    let from = from.min(chars.len());
    chars[from..].windows(what.len()).position(|window| window == what).map_or(chars.len(), |found| from + found)
}

#[test]
fn strings_characters_and_comments_hold_no_names() {
    let text = r####"a::b "x \" crate::y" 'c' '\'' &'life r#"raw " "# br"z" /* n */ 1_000u32 // m"####;
    let name = |text: &str| Token::Name(text.into());
    let string = |text: &str| Token::Text(text.into());
    let expected = [
        name("a"),
        Token::Step,
        name("b"),
        string("x \\\" crate::y"),
        Token::Other,
        Token::Other,
        Token::Sign('&'),
        Token::Other,
        string("raw \" "),
        string("z"),
        Token::Other,
    ];
    assert_eq!(tokens(text), expected);
}
