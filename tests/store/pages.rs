//! Articles' pages: handed out once, brought to every entry that waits for them.

use crate::bed::*;
use courant::ingest::EntryPolicy;
use courant::model::ArticleMode;
use courant::records::{Command, DuePage, FoundPage, PageOutcome};
use std::time::Duration;

const WITH_PAGES: EntryPolicy = EntryPolicy { article: ArticleMode::Always, ..BY_ADDRESS };

impl Bed {
    /// Polls one entry whose page is wanted, and claims that page.
    fn want_page(&mut self, n: usize) -> DuePage {
        let url = format!("https://a.example/{n}");
        let document = document(&self.path, self.feed, NOW, vec![entry(&url, &url, "One")], &WITH_PAGES);
        assert_eq!(self.save(brought(self.feed, NOW, document)).n_wanted, 1);
        self.reader().claim_pages(&claim(), &mut self.leases, NOW).unwrap().remove(0)
    }

    fn page(&mut self, due: &DuePage, outcome: PageOutcome) -> usize {
        let committed = self.commit(Command::Page { page: due.id, url: due.url.clone(), outcome, at: NOW });
        self.leases.pages.remove(&due.id);
        committed.n_ready
    }
}

fn found(due: &DuePage, html: &str, lines: Vec<u64>) -> PageOutcome {
    let page = FoundPage { html: html.into(), lines, final_url: due.url.clone(), ..FoundPage::default() };
    PageOutcome::Found(Box::new(page))
}

#[test]
fn the_lines_that_a_host_repeats_are_counted_and_bounded() {
    let mut bed = bed();
    let save = |bed: &mut Bed, n: usize, lines: Vec<u64>| {
        let due = bed.want_page(n);
        bed.page(&due, found(&due, "<p>x</p>", lines));
    };
    for n in 0..3 {
        save(&mut bed, n, vec![u64::MAX, n as u64]);
    }
    let lines = |bed: &Bed, url: &str, n| bed.reader().host_lines(url, n).unwrap();
    assert_eq!(lines(&bed, "https://a.example/new", 3), [u64::MAX]);
    assert!(lines(&bed, "https://b.example/new", 1).is_empty());
    // Thousands of lines that came once make room for each other, and never for one that came often.
    for n in 3..6 {
        save(&mut bed, n, (0..1000).map(|line| (n * 1000 + line) as u64).collect());
    }
    assert!(lines(&bed, "https://a.example/", 1).len() <= 2000);
    assert_eq!(lines(&bed, "https://a.example/", 3), [u64::MAX]);
}

#[test]
fn a_page_is_handed_out_once_and_again_when_it_may_be_tried_again() {
    let mut bed = bed();
    let due = bed.want_page(1);
    let claimed = |bed: &mut Bed, at| bed.reader().claim_pages(&claim(), &mut bed.leases, at).unwrap().len();
    assert_eq!(claimed(&mut bed, NOW), 0, "it is out");
    let later = NOW.plus(Duration::from_secs(600));
    assert_eq!(bed.page(&due, PageOutcome::Later("HTTP 503".into(), later)), 0);
    assert_eq!(bed.reader().next_page_due(None, &bed.leases).unwrap(), Some(later));
    assert_eq!((claimed(&mut bed, NOW), claimed(&mut bed, later)), (0, 1));
    assert_eq!(bed.reader().next_page_due(None, &bed.leases).unwrap(), None);
    assert_eq!(bed.page(&due, PageOutcome::Never("HTTP 404".into())), 1);
    assert_eq!(bed.reader().next_page_due(None, &bed.leases).unwrap(), None);
}

#[test]
fn an_entry_that_waited_long_enough_is_published_without_its_page_and_completed_later() {
    let mut bed = bed();
    let due = bed.want_page(1);
    assert_eq!(bed.settle(), 0);
    let end = bed.reader().next_wait_end().unwrap().unwrap();
    assert_eq!(end, NOW.plus(WITH_PAGES.max_wait));
    assert_eq!(bed.commit(Command::EndWaits { at: end }).n_ready, 1);
    assert_eq!(bed.settle(), 1);
    let provisional = bed.published().remove(0);
    assert_eq!((provisional.html.as_str(), bed.reader().counts().unwrap().provisional), ("<p>One</p>", 1));
    assert_eq!(bed.page(&due, found(&due, "<p>In full</p>", Vec::new())), 1);
    assert_eq!(bed.settle(), 1);
    let complete = bed.published().remove(0);
    assert_eq!((complete.id, complete.html.as_str()), (provisional.id, "<p>In full</p>"));
    assert_eq!(bed.reader().counts().unwrap().provisional, 0);
    assert_eq!(bed.find("full"), ["One"]);
}
