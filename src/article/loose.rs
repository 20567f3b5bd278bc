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
            if self.listed[i] || self.is_list_of_headings(i) || self.ends_quotation(i) && !boilerplate {
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
