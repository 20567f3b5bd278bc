//! What is loose at the end of a text: headings with nothing under them, and what sites put after the last sentence.
//!
//! The last step of [`super::prune`].

use super::dates;
use super::ends::MIN_ROW;
use super::prune::Work;
use super::tag::Tag;
use super::voice;
use super::write::Fate;
use crate::text::fold;
use url::Url;

/// A line that signs or counts is shorter.
const MAX_LAST: u32 = 60;
/// Lines above one that are looked at: for the number before its own, and for a farewell.
const MAX_BACK: usize = 30;
const MAX_SIGNATURE: usize = 3;
/// Digits of a figure; more are a telephone's.
const MAX_DIGITS: usize = 6;

/// Ends of the line above who signs, beside a comma.
#[rustfmt::skip]
const FAREWELLS: [&str; 16] = [
    "regards", "sincerely", "yours truly", "best wishes", "grüße", "grüßen", "hochachtungsvoll", "cordialement", "saludos", "atentamente",
    "с уважением", "z poważaniem", "特此通知", "特此公告", "特此通告", "此致",
];

/// Ends of the names of offices, which sign with the day below.
#[rustfmt::skip]
const OFFICES: [&str; 20] = [
    "政府", "局", "委员会", "委員會", "办公室", "辦公室", "部", "厅", "廳", "法院", "检察院", "处", "處", "中心", "公司", "学校", "學校", "大学", "大學", "协会",
];

/// Words of labels by which a site counts what was done with the page, or says where its office is.
#[rustfmt::skip]
const COUNTERS: [&str; 43] = [
    "view", "views", "like", "likes", "hit", "hits", "share", "shares", "read", "reads", "comment", "comments", "click", "clicks", "page",
    "id", "fax", "tel", "phone", "aufrufe", "vues", "visitas", "lecturas", "wyświetleń", "odsłon", "просмотров", "просмотры", "прочитано",
    "人气", "阅读", "閱讀", "点击", "點擊", "浏览", "瀏覽", "评论", "vote", "votes", "gelesen", "lu", "teilen", "word", "рейтинг",
];

/// Whether a line is such a count.
fn is_counter(text: &str) -> bool {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphabetic()).any(|word| COUNTERS.contains(&word))
}

/// Whether a line is a label with a figure or two (`8/10`): no address, day or telephone.
fn is_figure(text: &str) -> bool {
    let Some((label, value)) = text.split_once([':', '：']) else { return false };
    let is_path = value.matches('/').count() > 1;
    let n_digits = value.bytes().filter(u8::is_ascii_digit).count();
    label.chars().any(char::is_alphabetic)
        && !label.bytes().any(|b| b.is_ascii_digit())
        && (1..=MAX_DIGITS).contains(&n_digits)
        && !is_path
        && !value.contains(['@', ':', '：'])
        && !value.contains("www.")
        && !dates::names_day(value)
        && super::cues::cue(&fold(text)).is_none()
        && !is_counter(label)
}

/// The number of an item: `3. …`, `3) …`, `3、…`.
fn item_number(text: &str) -> Option<u32> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let counts = (1..=3).contains(&end) && text[end..].starts_with(['.', ')', '、', '．']);
    let says = text[end..].chars().nth(1).is_some_and(|c| !c.is_ascii_digit());
    if counts && says { text[..end].parse().ok() } else { None }
}

/// Nodes of a quotation; old pages indent all their text as one.
const MAX_QUOTATION: u32 = 40;

impl Work<'_, '_> {
    /// Whether a heading over nothing is one of several in a row: a list that is set so.
    fn is_list_of_headings(&self, i: usize) -> bool {
        let lower = |tag: Tag| tag.is_heading() && tag != Tag::H1;
        let is_bare = |i: &usize| lower(self.lines[*i].tag) && !self.lines[*i].is_linky();
        let Some(first) = (i + 1).checked_sub(MIN_ROW) else { return false };
        // Nothing was cut between them.
        let is_whole = |at: u32| self.fates[at as usize] != Fate::Drop;
        (first..=i).all(|j| self.gone[j].is_none() && is_bare(&j)) && (self.lines[first].first..self.lines[i].end).all(is_whole)
    }

    /// Whether a line is of a quoted post, which ends with who wrote it and when.
    fn ends_quotation(&self, i: usize) -> bool {
        self.tree.ancestors(self.lines[i].first).take(4).any(|at| {
            let node = &self.tree.nodes[at as usize];
            node.tag == Tag::Blockquote && node.end - at <= MAX_QUOTATION
        })
    }

    /// Whether a short line is the last of what the text says: a figure with its label (`Attendance: 3,214`), an item that counts on,
    /// a source with its number, who signs a letter.
    fn is_last_of_text(&mut self, i: usize) -> bool {
        if self.lines[i].weight >= MAX_LAST || self.lines[i].tag.is_heading() && self.lines[i].link > 0 {
            return false;
        }
        let text = self.text(i).trim().to_owned();
        let number = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(number, _)| number);
        if number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())) {
            return true;
        }
        self.lines[i].link == 0
            && (is_figure(&text) || self.counts_on(i, &text) || self.signs(i, &text) || self.is_row_of_figures(i))
    }

    /// Whether a line is one of several in a row, paragraphs of one element, that have a figure each: results, prices.
    fn is_row_of_figures(&mut self, i: usize) -> bool {
        let Some(first) = (i + 1).checked_sub(MIN_ROW) else { return false };
        (first..=i).all(|j| {
            let line = &self.lines[j];
            let is_like = self.gone[j].is_none() && line.link == 0 && !line.tag.is_heading() && self.beside(i, j);
            let text = self.text(j);
            is_like
                && text.bytes().any(|b| b.is_ascii_digit())
                && !text.contains('@')
                && !dates::names_day(text)
                && !is_counter(text)
        })
    }

    /// Whether a line has the number after that of a line above it.
    fn counts_on(&mut self, i: usize, text: &str) -> bool {
        let Some(number) = item_number(text).filter(|number| *number > 1) else { return false };
        let above: Vec<usize> = (0..i).rev().filter(|&j| self.gone[j].is_none()).take(MAX_BACK).collect();
        above.into_iter().any(|j| item_number(self.text(j)) == Some(number - 1) && self.lines[j].tag == self.lines[i].tag)
    }

    /// Whether a line is a name below a farewell, or the office and the day below a public notice.
    fn signs(&mut self, i: usize, text: &str) -> bool {
        let above: Vec<usize> = (0..i).rev().filter(|&j| self.gone[j].is_none()).take(MAX_SIGNATURE).collect();
        let is_day = |text: &str| text.ends_with('日') && text.contains('年') && text.contains('月');
        let Some(&before) = above.first() else { return false };
        let is_label = self.text(before).contains(['：', ':']);
        if is_day(text) && !is_label && OFFICES.iter().any(|office| self.text(before).trim().ends_with(office)) {
            return true;
        }
        for j in above {
            let line = &self.lines[j];
            if line.weight >= MAX_LAST || line.link > 0 || line.tag.is_heading() {
                return false;
            }
            let folded = fold(self.text(j));
            let folded = folded.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ',');
            let says_farewell = folded.ends_with(',') && folded.split_whitespace().count() <= 2;
            if says_farewell || FAREWELLS.iter().any(|farewell| folded.ends_with(farewell)) {
                return true;
            }
        }
        false
    }

    /// Whether a line is an address of the page's own site.
    fn is_own_address(&mut self, i: usize) -> bool {
        let address = Url::parse(self.text(i).trim());
        let host = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
        address.is_ok_and(|address| self.base.and_then(host).is_some_and(|own| host(&address) == Some(own)))
    }

    /// Headings with nothing under them, and what sites put after the last sentence.
    pub(super) fn loose_ends(&mut self) {
        self.rule = "loose end";
        let n_kept = self.gone.iter().filter(|g| g.is_none()).count();
        let mut n_gone = 0;
        // A post of a few short lines has no last sentence that the others could follow.
        let has_prose = self.kept_prose().next().is_some();
        for i in (0..self.lines.len()).rev() {
            if self.gone[i].is_some() {
                continue;
            }
            // Never a whole short article.
            if n_gone * 3 > n_kept || n_gone + 1 == n_kept {
                break;
            }
            let folded = fold(self.text(i));
            let line = &self.lines[i];
            let links = line.link > 0;
            let boilerplate = line.weight < 420
                && (voice::is_boilerplate(&folded, links) || voice::tells_of_author(self.text(i)))
                && !self.is_told(i);
            if self.listed[i]
                || self.is_list_of_headings(i)
                || !boilerplate && self.is_last_of_text(i)
                || self.ends_quotation(i) && !boilerplate
            {
                break;
            }
            // An address that is shown is a source that the text names; the page's own is none.
            let bare = self.text(i).trim_start_matches(|c: char| !c.is_alphanumeric());
            if bare.starts_with("http") && !bare.contains(' ') && !self.is_own_address(i) {
                break;
            }
            let line = &self.lines[i];
            let listed = matches!(line.tag, Tag::Li | Tag::Pre | Tag::Td | Tag::Th | Tag::Dd);
            let short = has_prose && !line.ends_sentence && line.weight < if line.tag == Tag::P { 40 } else { 60 } && !listed;
            if line.tag.is_heading()
                || (line.is_linky() && !line.ends_sentence)
                || short
                || boilerplate
                || dates::is_dateline(&folded)
            {
                self.drop_line(i, if boilerplate { "boilerplate" } else { "loose end" });
                n_gone += 1;
                continue;
            }
            break;
        }
    }
}
