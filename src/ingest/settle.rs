//! Everything of an entry that can be computed before it is assigned to a story: off the writer's thread.

use crate::model::{ArticleId, Dedupe, EntryId, FeedId, Key, Timestamp, key_of};
use crate::query;
use crate::records::{Addresses, SettleInput, Settling, ToSettle};
use crate::story::{self, AddressKey, Item, Prepared};
use crate::{article, text};

/// An entry that waited, made ready. `default`: how it is compared where its feed says nothing.
pub fn settling(entry: &ToSettle, default: Dedupe) -> Settling {
    let text = article::plain_text(&entry.html);
    let input = Compared::of(entry, &text).settle_input(entry.dedupe.unwrap_or(default));
    Settling { entry: entry.entry, version: entry.version, provisional: entry.provisional, input }
}

/// Keys of entries and of pages.
pub struct Rekeyed {
    pub entries: Vec<(EntryId, Vec<AddressKey>)>,
    pub pages: Vec<(ArticleId, Key)>,
}

/// Stored addresses under the keys that they have now: those of entries, and of the pages that are asked for by them.
pub fn rekeyed(stored: &[Addresses]) -> Rekeyed {
    let of_entry = |it: &Addresses| {
        let (link, final_url) = (it.link.as_deref(), it.final_url.as_deref());
        (it.entry, story::address_keys(link, final_url, it.canonical_url.as_deref(), it.og_url.as_deref()))
    };
    let of_page = |it: &Addresses| {
        let (page, url) = it.page.as_ref()?;
        Some((*page, key_of(&story::link_key(url))))
    };
    Rekeyed { entries: stored.iter().map(of_entry).collect(), pages: stored.iter().filter_map(of_page).collect() }
}

/// An entry as far as it is compared with others.
pub struct Compared<'a> {
    pub entry: EntryId,
    pub feed: FeedId,
    pub title: &'a str,
    /// The plain text of its body.
    pub text: &'a str,
    pub language: Option<&'a str>,
    /// The earlier of claimed and first seen.
    pub at: Timestamp,
    pub link: Option<&'a str>,
    pub final_url: Option<&'a str>,
    pub canonical_url: Option<&'a str>,
    pub og_url: Option<&'a str>,
}

impl<'a> Compared<'a> {
    /// `text`: of the entry's HTML.
    pub fn of(entry: &'a ToSettle, text: &'a str) -> Compared<'a> {
        Compared {
            entry: entry.entry,
            feed: entry.feed,
            title: &entry.title,
            text,
            language: entry.language.as_deref(),
            at: entry.at,
            link: entry.link.as_deref(),
            final_url: entry.final_url.as_deref(),
            canonical_url: entry.canonical_url.as_deref(),
            og_url: entry.og_url.as_deref(),
        }
    }
}

impl Compared<'_> {
    /// Everything that can be computed before its turn.
    pub fn settle_input(&self, dedupe: Dedupe) -> SettleInput {
        // What it says of itself, else what its script tells.
        let language = self.language.map(str::to_owned).or_else(|| guess_language(self.title, self.text));
        SettleInput {
            dedupe,
            // With Off nothing is looked up; the link's key is stored with the entry in any case.
            keys: match dedupe {
                Dedupe::Off => Vec::new(),
                _ => story::address_keys(self.link, self.final_url, self.canonical_url, self.og_url),
            },
            prepared: (dedupe >= Dedupe::Text).then(|| self.prepared()),
            terms: query::terms(self.title, self.text),
            language,
        }
    }

    /// What the index compares.
    pub fn prepared(&self) -> Prepared {
        story::prepare(&Item {
            entry: self.entry,
            feed: self.feed,
            title: self.title,
            link: self.final_url.or(self.link),
            text: self.text,
            at: self.at,
        })
    }
}

/// By script alone, which is right for the languages that matter most here and silent on the rest.
fn guess_language(title: &str, body: &str) -> Option<String> {
    let sample = title.chars().chain(text::clip(body, 4000).chars());
    let (mut n_letters, mut n_han, mut n_kana, mut n_hangul) = (0, 0, 0, 0);
    for c in sample.filter(|c| c.is_alphabetic()) {
        n_letters += 1;
        match c {
            '\u{3040}'..='\u{30ff}' => n_kana += 1,
            '\u{ac00}'..='\u{d7af}' => n_hangul += 1,
            c if text::is_cjk(c) => n_han += 1,
            _ => {}
        }
    }
    if n_letters == 0 {
        None
    } else if n_kana * 10 > n_letters {
        Some("ja".into())
    } else if n_hangul * 4 > n_letters {
        Some("ko".into())
    } else if n_han * 4 > n_letters {
        Some("zh".into())
    } else {
        None
    }
}
