//! Markup → tokens, for anything that looks like XML or HTML. Never fails, never loops: what is no markup is text.
//!
//! Our own instead of quick-xml's because that one stops at the first fault, and because a token must say
//! nothing more than what is written: balance, namespaces and references are the reader's.
//!
//! Linear: a search that found nothing is not repeated (each such answer is remembered in [`Missing`]).

use memchr::{memchr, memchr2, memmem};

/// More attributes on one element are dropped: comparing names is quadratic.
const MAX_ATTRIBUTES: usize = 128;
/// A longer name is no name.
const MAX_NAME: usize = 256;
/// A longer value is no address and no date, which is all that attributes hold.
const MAX_VALUE: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// `<name …>`; its attributes are in [`Tokens::attributes`] until the next token.
    Open {
        name: &'a str,
        closed: bool,
    },
    Close {
        name: &'a str,
    },
    /// Character data with its references as written.
    Text(&'a str),
    /// The inside of a CDATA section.
    Cdata(&'a str),
    /// The inside of `<!DOCTYPE …>`.
    Doctype(&'a str),
}

/// A value as written, its references not yet decoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Attribute<'a> {
    pub name: &'a str,
    pub value: &'a str,
}

/// What was wrong with the markup, once each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Faults {
    pub unclosed_cdata: Option<usize>,
    pub unclosed_comment: Option<usize>,
    pub unclosed_tag: Option<usize>,
    pub odd_attribute: Option<usize>,
    pub stray_lt: Option<usize>,
}

/// Needles that do not occur again, so that nobody searches for them twice.
#[derive(Default)]
struct Missing {
    comment_end: bool,
    /// Where the next `]]>` stands; the text's length where there is none.
    cdata_end: usize,
    gt: bool,
    quote: bool,
    apostrophe: bool,
    /// Only the first DOCTYPE may declare anything.
    doctype: bool,
}

pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    missing: Missing,
    pub attributes: Vec<Attribute<'a>>,
    pub faults: Faults,
    /// The element whose end tag also ends an unclosed CDATA section; the reader keeps it current.
    pub parent: &'a str,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Tokens<'a> {
        let (missing, faults) = (Missing::default(), Faults::default());
        Tokens { text, at: 0, missing, attributes: Vec::new(), faults, parent: "" }
    }

    /// Where the next token begins, in bytes.
    pub fn position(&self) -> usize {
        self.at
    }

    pub fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            let bytes = rest.as_bytes();
            if bytes[0] != b'<' {
                return Some(self.text_token(0));
            }
            match bytes.get(1) {
                Some(b'/') if bytes.get(2).is_some_and(|b| is_name_start(*b)) => return Some(self.close()),
                // `</>` and the like are dropped as browsers do.
                Some(b'/') if bytes.get(2) == Some(&b'>') => self.at += 3,
                Some(b'!') if rest.starts_with("<!--") => self.comment(rest),
                Some(b'!') if rest.starts_with("<![CDATA[") => return Some(self.cdata(rest)),
                Some(b'!') if starts_with_ignoring_case(rest, "<!doctype") => {
                    if let Some(doctype) = self.doctype(rest) {
                        return Some(doctype);
                    }
                }
                // The end of a conditional comment, a declaration.
                Some(b'!') if matches!(bytes.get(2), Some(b'[' | b'a'..=b'z' | b'A'..=b'Z')) => match self.find_gt(rest) {
                    Some(end) => self.at += end + 1,
                    None => self.at += 2,
                },
                Some(b'?') => self.instruction(rest),
                Some(b) if is_name_start(*b) => {
                    if let Some(open) = self.open() {
                        return Some(open);
                    }
                    return Some(self.text_token(1));
                }
                _ => {
                    self.faults.stray_lt.get_or_insert(self.at);
                    return Some(self.text_token(1));
                }
            }
        }
    }

    /// Everything up to the end tag of `name` (any case), as text; for elements whose inside is no markup.
    pub fn raw_text(&mut self, name: &str) -> &'a str {
        let rest = &self.text[self.at..];
        let mut from = 0;
        while let Some(found) = memmem::find(&rest.as_bytes()[from..], b"</") {
            let end = from + found;
            if starts_with_ignoring_case(&rest[end + 2..], name) {
                self.at += end;
                return &rest[..end];
            }
            from = end + 2;
        }
        self.at = self.text.len();
        rest
    }

    /// Text from here to the next `<` that is not among the first `skip` bytes.
    fn text_token(&mut self, skip: usize) -> Token<'a> {
        let rest = &self.text[self.at..];
        let end = memchr(b'<', &rest.as_bytes()[skip..]).map_or(rest.len(), |found| found + skip);
        self.at += end;
        Token::Text(&rest[..end])
    }

    fn comment(&mut self, rest: &str) {
        let end = if self.missing.comment_end { None } else { memmem::find(&rest.as_bytes()[4..], b"-->") };
        match end {
            Some(end) => self.at += 4 + end + 3,
            None => {
                self.missing.comment_end = true;
                self.faults.unclosed_comment.get_or_insert(self.at);
                self.at += 4;
            }
        }
    }

    /// A section ends at `]]>`. Where there is none, or where the parent element is closed and another section
    /// opened before it, the `]]>` was forgotten and the parent's end tag ends the section.
    fn cdata(&mut self, rest: &'a str) -> Token<'a> {
        let inside = &rest[9..];
        let start = self.at + 9;
        if self.missing.cdata_end < start {
            self.missing.cdata_end = memmem::find(inside.as_bytes(), b"]]>").map_or(self.text.len(), |end| start + end);
        }
        let end = (self.missing.cdata_end < self.text.len()).then(|| self.missing.cdata_end - start);
        let next = memmem::find(&inside.as_bytes()[..end.unwrap_or(inside.len())], b"<![CDATA[");
        let cut = match (next, end) {
            (None, Some(_)) => None,
            (Some(next), Some(_)) => find_close(&inside[..next], self.parent),
            (next, None) => {
                let next = next.unwrap_or(inside.len());
                Some(find_close(&inside[..next], self.parent).unwrap_or(next))
            }
        };
        match (cut, end) {
            (None, Some(end)) => {
                self.at = start + end + 3;
                Token::Cdata(&inside[..end])
            }
            (cut, end) => {
                self.faults.unclosed_cdata.get_or_insert(self.at);
                let cut = cut.or(end).unwrap_or(inside.len());
                self.at = start + cut;
                Token::Cdata(&inside[..cut])
            }
        }
    }

    /// `None`: it has no end, and only the word itself was skipped.
    fn doctype(&mut self, rest: &'a str) -> Option<Token<'a>> {
        let gt = self.find_gt(rest);
        let first = !std::mem::replace(&mut self.missing.doctype, true);
        let subset = gt.filter(|_| first).and_then(|gt| memchr(b'[', &rest.as_bytes()[..gt]));
        let end = match (gt, subset) {
            (None, _) => None,
            (Some(gt), None) => Some(gt),
            (Some(gt), Some(subset)) => match memchr(b']', &rest.as_bytes()[subset..]) {
                None => Some(gt),
                Some(close) => memchr(b'>', &rest.as_bytes()[subset + close..]).map(|gt| subset + close + gt),
            },
        };
        match end {
            Some(end) => {
                self.at += end + 1;
                Some(Token::Doctype(&rest[9..end]))
            }
            None => {
                self.at += 9;
                None
            }
        }
    }

    /// `<?…?>`; where the end is not written so, at the first `>`.
    fn instruction(&mut self, rest: &str) {
        let bytes = rest.as_bytes();
        let Some(first) = self.find_gt(rest) else {
            self.at += 2;
            return;
        };
        let mut end = first;
        while bytes[end - 1] != b'?' {
            match memchr2(b'>', b'<', &bytes[end + 1..]).map(|found| end + 1 + found) {
                Some(next) if bytes[next] == b'>' => end = next,
                _ => {
                    end = first;
                    break;
                }
            }
        }
        self.at += end + 1;
    }

    fn find_gt(&mut self, rest: &str) -> Option<usize> {
        if self.missing.gt {
            return None;
        }
        let found = memchr(b'>', rest.as_bytes());
        self.missing.gt = found.is_none();
        found
    }

    fn close(&mut self) -> Token<'a> {
        let rest = &self.text[self.at + 2..];
        let n_name = name_length(rest);
        let after = &rest.as_bytes()[n_name..];
        let n_skipped = match memchr2(b'>', b'<', after) {
            Some(end) if after[end] == b'>' => end + 1,
            Some(end) => end,
            None => after.len(),
        };
        self.at += 2 + n_name + n_skipped;
        Token::Close { name: &rest[..n_name] }
    }

    fn open(&mut self) -> Option<Token<'a>> {
        let start = self.at + 1;
        let n_name = name_length(&self.text[start..]);
        if n_name > MAX_NAME {
            return None;
        }
        let name = &self.text[start..start + n_name];
        let bytes = self.text.as_bytes();
        let mut at = start + n_name;
        self.attributes.clear();
        let mut closed = false;
        loop {
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            match bytes.get(at) {
                None => {
                    self.faults.unclosed_tag.get_or_insert(self.at);
                    break;
                }
                Some(b'>') => {
                    at += 1;
                    break;
                }
                // A new tag begins before this one ended.
                Some(b'<') => {
                    self.faults.unclosed_tag.get_or_insert(self.at);
                    break;
                }
                Some(b'/') => {
                    at += 1;
                    closed = bytes.get(at) == Some(&b'>');
                }
                Some(_) => at = self.attribute(at),
            }
        }
        self.at = at;
        Some(Token::Open { name, closed })
    }

    /// Reads `name = "value"` in all its spellings and returns where it ends; always further than `at`.
    fn attribute(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let is_end = |b: u8| b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'<' | b'/');
        let mut end = at + bytes[at..].iter().skip(1).take_while(|b| !is_end(**b)).count() + 1;
        // Byte cuts are at ASCII characters, so between characters; `at` itself is one or begins one.
        let name = &self.text[at..end];
        let mut equals = end;
        while bytes.get(equals).is_some_and(u8::is_ascii_whitespace) {
            equals += 1;
        }
        let mut value = "";
        if bytes.get(equals) == Some(&b'=') {
            let mut from = equals + 1;
            while bytes.get(from).is_some_and(u8::is_ascii_whitespace) {
                from += 1;
            }
            (value, end) = match bytes.get(from) {
                Some(quote @ (b'"' | b'\'')) => self.quoted(from + 1, *quote),
                _ => {
                    self.faults.odd_attribute.get_or_insert(at);
                    let n = bytes[from..].iter().take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'<')).count();
                    // `<a href=x/>`: the slash belongs to the tag.
                    let slash = n > 1 && bytes.get(from + n) == Some(&b'>') && bytes[from + n - 1] == b'/';
                    let n = n - usize::from(slash);
                    (&self.text[from..from + n], from + n)
                }
            };
        } else {
            self.faults.odd_attribute.get_or_insert(at);
        }
        if self.attributes.iter().any(|other| other.name == name) {
            self.faults.odd_attribute.get_or_insert(at);
        } else if self.attributes.len() < MAX_ATTRIBUTES && name.len() <= MAX_NAME && value.len() <= MAX_VALUE {
            self.attributes.push(Attribute { name, value });
        }
        end
    }

    /// A quoted value from `from`, and where to go on. A quote that is missing ends at the tag's end.
    fn quoted(&mut self, from: usize, quote: u8) -> (&'a str, usize) {
        let rest = &self.text[from..];
        let missing = if quote == b'"' { &mut self.missing.quote } else { &mut self.missing.apostrophe };
        let end = if *missing { None } else { memchr(quote, rest.as_bytes()) };
        *missing = end.is_none();
        if let Some(end) = end {
            let value = &rest.as_bytes()[..end];
            // `<a href="x><b c="`: a `>` and then a `<` before the quote say that it belongs to another tag.
            let swallowed = memchr(b'<', value).is_some_and(|lt| memchr(b'>', &value[..lt]).is_some());
            if !swallowed {
                return (&rest[..end], from + end + 1);
            }
        }
        self.faults.odd_attribute.get_or_insert(from);
        let end = memchr2(b'>', b'<', rest.as_bytes()).unwrap_or(rest.len());
        (&rest[..end], from + end)
    }
}

fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b == b':' || b >= 0x80
}

fn name_length(text: &str) -> usize {
    text.bytes().take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'<' | b'/' | b'=' | b'"' | b'\'')).count()
}

pub(super) fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Where `</name` stands in the text.
fn find_close(text: &str, name: &str) -> Option<usize> {
    if name.is_empty() {
        return None;
    }
    memmem::find_iter(text.as_bytes(), b"</").find(|at| text[at + 2..].starts_with(name))
}

/// The value of an attribute, by its name in any case.
pub(super) fn attribute<'a>(attributes: &[Attribute<'a>], name: &str) -> Option<&'a str> {
    attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name)).map(|a| a.value)
}
