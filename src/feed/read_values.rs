//! The values of elements for [`super::read_xml`]: texts of every type, addresses, dates, and what had to be
//! repaired on the way.

use super::calendar::Order;
use super::dates::{self, NoDate};
use super::draft::{FeedDraft, Kind, Text};
use super::entities::{self, Dialect};
use super::events::{Event, Events};
use super::markup::{self, absolute};
use super::names::Ns;
use crate::model::Timestamp;
use crate::text::one_line;

/// What an address, a date or a number can be long.
const MAX_SHORT_BYTES: usize = 16_384;

pub(super) struct Reader<'a> {
    pub events: Events<'a>,
    pub feed: FeedDraft,
    /// The root is Atom's, so texts are plain where nothing says otherwise.
    pub is_atom: bool,
    pub dates: SeenDates,
}

/// What was learnt about the dates of a feed.
#[derive(Default)]
pub(super) struct SeenDates {
    /// Those that could not be read, and the first of them.
    n_bad: usize,
    first_bad: String,
    /// Zeros of a clock.
    n_zero: usize,
    /// Whose day and month could be exchanged.
    n_ambiguous: usize,
    /// Which prove that the day comes first, or the month.
    n_day_first: usize,
    n_month_first: usize,
    /// What an earlier reading found out.
    habit: Option<Order>,
}

impl SeenDates {
    pub fn with(habit: Option<Order>) -> SeenDates {
        SeenDates { habit, ..SeenDates::default() }
    }

    /// The order that the other dates prove, where some could be read both ways.
    pub fn learnt(&self) -> Option<Order> {
        if self.n_ambiguous == 0 || self.n_day_first == self.n_month_first {
            return None;
        }
        Some(if self.n_day_first > self.n_month_first { Order::DayFirst } else { Order::MonthFirst })
    }
}

/// Which characters of an element are wanted.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Want {
    /// With the tags, for bodies.
    Markup,
    /// Without, for titles and all short values.
    Characters,
}

impl<'a> Reader<'a> {
    pub fn decoded(&self, value: &str) -> String {
        entities::decode(value, Dialect::Xml, &self.events.declared).into_owned()
    }

    pub fn address(&mut self, depth: usize) -> Option<String> {
        let base = self.events.base().cloned();
        let text = self.short(depth);
        absolute(&text, base.as_ref())
    }

    pub fn date(&mut self, depth: usize) -> Option<Timestamp> {
        let text = self.short(depth);
        self.read_date(&text)
    }

    pub fn read_date(&mut self, text: &str) -> Option<Timestamp> {
        let seen = &mut self.dates;
        match dates::read(text, seen.habit) {
            Ok(reading) => {
                seen.n_ambiguous += usize::from(reading.is_ambiguous);
                seen.n_day_first += usize::from(reading.order == Some(Order::DayFirst));
                seen.n_month_first += usize::from(reading.order == Some(Order::MonthFirst));
                return Some(reading.at);
            }
            Err(NoDate::Zero) => seen.n_zero += 1,
            Err(NoDate::Unreadable) if text.trim().is_empty() => {}
            Err(NoDate::Unreadable) => {
                if seen.n_bad == 0 {
                    seen.first_bad = crate::text::excerpt(&one_line(text), 40);
                }
                seen.n_bad += 1;
            }
        }
        None
    }

    /// A short value: characters only, bounded.
    pub fn short(&mut self, depth: usize) -> String {
        let mut text = String::new();
        self.collect(depth, false, Want::Characters, &mut text);
        if text.len() > MAX_SHORT_BYTES {
            text.truncate(text.floor_char_boundary(MAX_SHORT_BYTES));
        }
        text
    }

    pub fn title(&mut self, ns: Ns, depth: usize) -> Option<String> {
        self.text(ns, depth, Want::Characters)?.title()
    }

    pub fn body(&mut self, ns: Ns, depth: usize) -> Option<String> {
        let base = self.events.own_base().cloned();
        let body = self.text(ns, depth, Want::Markup)?.body()?;
        Some(match base {
            Some(base) => markup::rebase(body, &base),
            None => body,
        })
    }

    /// A text construct: what its type says, where that can be believed.
    fn text(&mut self, ns: Ns, depth: usize, want: Want) -> Option<Text> {
        let form = if ns == Ns::Atom || (self.is_atom && ns == Ns::Rss) {
            form(self.events.attribute("type"), self.events.attribute("mode"))
        } else if ns == Ns::Media && self.events.attribute("type").is_none_or(|kind| kind.trim().eq_ignore_ascii_case("plain")) {
            Form::Plain
        } else {
            Form::Html
        };
        let mut value = String::new();
        let has_tags = self.collect(depth, form == Form::Xhtml && want == Want::Markup, want, &mut value);
        let kind = match form {
            Form::Html => Kind::Html,
            Form::Plain if has_tags && want == Want::Markup => Kind::Html,
            Form::Plain => Kind::Plain,
            Form::Xhtml if want == Want::Characters => Kind::Plain,
            Form::Xhtml if has_tags => Kind::Html,
            Form::Xhtml => {
                value = entities::decode(&value, Dialect::Xml, &Default::default()).into_owned();
                Kind::Plain
            }
            Form::Base64 => {
                match markup::base64(&value).map(String::from_utf8) {
                    Some(Ok(decoded)) => value = decoded.chars().filter(|c| entities::is_xml_char(*c)).collect(),
                    // A picture; but nobody has a picture for a title.
                    Some(Err(_)) if want == Want::Markup => return None,
                    // What does not decode was never encoded.
                    _ => {}
                }
                Kind::Plain
            }
        };
        Some(Text { value, kind })
    }

    /// Appends what the element at `depth` holds up to its end; true where it held elements.
    fn collect(&mut self, depth: usize, escape: bool, want: Want, out: &mut String) -> bool {
        let mut has_tags = false;
        let mut bare_ampersand = false;
        while self.events.depth() >= depth {
            let at = self.events.tokens.position();
            match self.events.next() {
                None => break,
                Some(Event::Text(part)) if escape => {
                    let decoded = entities::decode(part, Dialect::Xml, &self.events.declared);
                    markup::push_escaped(&decoded, out);
                }
                Some(Event::Text(part)) => {
                    bare_ampersand |= entities::decode_into(part, Dialect::Xml, &self.events.declared, out)
                }
                Some(Event::Cdata(part)) if escape => markup::push_escaped(part, out),
                Some(Event::Cdata(part)) => out.push_str(part),
                Some(Event::Open { ns, .. }) => {
                    has_tags = true;
                    if want == Want::Characters && matches!(self.events.raw_name(), "script" | "style") {
                        let depth = self.events.depth();
                        self.events.skip(depth);
                    } else if want == Want::Markup {
                        self.push_tag(ns, depth, out);
                    } else if out.ends_with(|c: char| !c.is_whitespace()) && is_break(self.events.raw_name()) {
                        out.push(' ');
                    }
                }
                Some(Event::Close { ns, raw }) if want == Want::Markup && self.events.depth() >= depth => {
                    let name = tag_name(ns, raw);
                    if !is_void(name) {
                        out.push_str("</");
                        out.push_str(name);
                        out.push('>');
                    }
                }
                Some(Event::Close { .. }) => {}
            }
            if bare_ampersand {
                self.events.repairs.bare_ampersand.get_or_insert(at);
            }
        }
        has_tags
    }

    fn push_tag(&self, ns: Ns, depth: usize, out: &mut String) {
        let base = self.events.inner_base(depth);
        out.push('<');
        out.push_str(tag_name(ns, self.events.raw_name()));
        let is_kept = |name: &str| !name.starts_with("xmlns") && (base.is_none() || name != "xml:base");
        for attribute in self.events.attributes().iter().filter(|a| is_kept(a.name)) {
            out.push(' ');
            out.push_str(attribute.name);
            out.push_str("=\"");
            if let Some(address) = base.and_then(|base| markup::rebased(attribute, base)) {
                markup::push_escaped(&address.replace('"', "%22"), out);
            } else if attribute.value.contains(['"', '<']) {
                out.push_str(&attribute.value.replace('"', "&quot;").replace('<', "&lt;"));
            } else {
                out.push_str(attribute.value);
            }
            out.push('"');
        }
        out.push('>');
    }

    /// Says what was repaired, with the line where it happened first.
    pub fn warn(&mut self, text: &str) {
        let faults = self.events.tokens.faults;
        let repairs = self.events.repairs;
        let found = [
            (repairs.bare_ampersand, "a bare & was read as text"),
            (faults.stray_lt, "a bare < was read as text"),
            (faults.odd_attribute, "odd attributes were repaired"),
            (faults.unclosed_tag, "a tag without its end was closed"),
            (faults.unclosed_comment, "a comment without its end was opened"),
            (faults.unclosed_cdata, "a CDATA section without its end was closed"),
            (repairs.stray_end, "an end tag that fits nothing was ignored"),
            (repairs.unclosed, "an element without its end tag was closed"),
            (repairs.too_deep, "elements nested too deep were taken out"),
            (repairs.truncated, "the document ends too early"),
        ];
        for (at, what) in found {
            if let Some(at) = at {
                let line = 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at.min(text.len())]).count();
                self.feed.warnings.push(format!("line {line}: {what}"));
            }
        }
        let seen = &self.dates;
        if seen.n_bad > 0 {
            self.feed.warnings.push(format!("{} dates cannot be read, the first is \"{}\"", seen.n_bad, seen.first_bad));
        }
        if seen.n_zero > 0 {
            self.feed.warnings.push(format!("{} dates are the zero of a clock: taken for none", seen.n_zero));
        }
        if let Some(habit) = seen.habit {
            let first = if habit == Order::DayFirst { "day" } else { "month" };
            self.feed
                .warnings
                .push(format!("{} dates can be read two ways: the {first} first, as in its others", seen.n_ambiguous));
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Plain,
    Html,
    Xhtml,
    Base64,
}

/// What `type` (Atom 1.0 and 0.3) and `mode` (0.3) say about a text.
fn form(kind: Option<&str>, mode: Option<&str>) -> Form {
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim_end();
    match mode.map(str::trim) {
        Some("base64") => return Form::Base64,
        Some("escaped") if kind.contains("html") => return Form::Html,
        Some("xml") if kind != "text/plain" => return Form::Xhtml,
        _ => {}
    }
    match kind {
        "" | "text" | "text/plain" | "plain" => Form::Plain,
        "html" | "text/html" => Form::Html,
        _ if kind.contains("xhtml") || kind.ends_with("/xml") || kind.ends_with("+xml") => Form::Xhtml,
        _ if kind.starts_with("text/") || !kind.contains('/') => Form::Plain,
        _ => Form::Base64,
    }
}

fn tag_name(ns: Ns, raw: &str) -> &str {
    if ns == Ns::Xhtml { raw.split_once(':').map_or(raw, |(_, local)| local) } else { raw }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "source" | "track" | "wbr"
    )
}

/// Elements that part words.
fn is_break(name: &str) -> bool {
    matches!(name, "br" | "p" | "div" | "li" | "td" | "tr" | "h1" | "h2" | "h3")
}
