//! Nothing is ever hidden, whatever comes after whatever: every entry that is in a story, or is settled, is in one story
//! that people are shown.

use crate::bed::*;
use crate::tables;
use courant::config::subscriptions::Subscription;
use courant::feed::ParsedEntry;
use courant::ingest::EntryPolicy;
use courant::model::{ArticleMode, Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::records::{Command, Correction, FoundPage, PageOutcome};
use courant::store::WriteError;
use courant::story::Index;
use proptest::prelude::*;
use std::time::Duration;

const FEEDS: [(&str, Option<Dedupe>); 4] = [
    ("https://a.example/feed", None),
    ("https://b.example/feed", Some(Dedupe::Off)),
    ("https://c.example/feed", Some(Dedupe::Address)),
    ("https://d.example/feed", None),
];

const TITLES: [&str; 4] =
    ["A record neutrino", "Rotterdam electrifies its quays", "Goalkeepers bake bread", "The oldest dish is a bridge now"];

/// One entry of a document: what stands in a slot of its feed. The id changes while the link stays (the feed renamed it),
/// or the link while the id stays (the feed uses its ids again); links are the same in all feeds.
#[derive(Clone, Debug)]
struct Slot {
    id: u8,
    link: u8,
    text: usize,
    edit: u8,
}

#[derive(Clone, Debug)]
enum Step {
    /// `held`: its document is decided now, and committed by a later [`Step::Late`].
    Poll {
        feed: usize,
        slots: Vec<Slot>,
        pushed: bool,
        pages: bool,
        at_once: bool,
        held: bool,
    },
    Late,
    Page {
        nth: usize,
        text: Option<usize>,
        again: bool,
    },
    EndWaits,
    Settle,
    Split {
        nth: usize,
        with: usize,
    },
    Merge {
        into: usize,
        from: usize,
    },
    Undo,
    Purge {
        feed: usize,
    },
    List {
        listed: [bool; 4],
    },
    /// As the daemon does: where there is no index, one is read; and handed over by a later [`Step::HandOver`].
    LoseAndRead,
    HandOver,
    IndexNow,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let slot = (0..4_u8, 0..3_u8, 0..4_usize, 0..3_u8).prop_map(|(id, link, text, edit)| Slot { id, link, text, edit });
    let flags = (any::<bool>(), prop::bool::weighted(0.3), prop::bool::weighted(0.8), prop::bool::weighted(0.2));
    prop_oneof![
        8 => (0..4_usize, prop::collection::vec(slot, 0..4), flags).prop_map(|(feed, slots, (pushed, pages, at_once, held))| {
            Step::Poll { feed, slots, pushed, pages, at_once, held }
        }),
        2 => Just(Step::Late),
        2 => (0..4_usize, prop::option::weighted(0.7, 0..4_usize), prop::bool::weighted(0.2))
            .prop_map(|(nth, text, again)| Step::Page { nth, text, again }),
        1 => Just(Step::EndWaits),
        5 => Just(Step::Settle),
        3 => (0..16_usize, 0..3_usize).prop_map(|(nth, with)| Step::Split { nth, with }),
        3 => (0..16_usize, 0..16_usize).prop_map(|(into, from)| Step::Merge { into, from }),
        3 => Just(Step::Undo),
        2 => (0..4_usize).prop_map(|feed| Step::Purge { feed }),
        2 => any::<[bool; 4]>().prop_map(|listed| Step::List { listed }),
        2 => Just(Step::LoseAndRead),
        3 => Just(Step::HandOver),
        2 => Just(Step::IndexNow),
        1 => Just(Step::Restart),
    ]
}

fn parsed(slot: &Slot) -> ParsedEntry {
    let title = format!("{}{}", TITLES[slot.text], ["", ", again", " (updated)"][usize::from(slot.edit)]);
    told(&format!("id{}", slot.id), &format!("https://x.example/story/{}", slot.link), &title, TEXTS[slot.text])
}

struct Run {
    bed: Bed,
    now: Timestamp,
    held: Option<Command>,
    read: Option<(u64, Index)>,
}

impl Run {
    fn new() -> Run {
        let mut run = Run { bed: bed(), now: NOW, held: None, read: None };
        run.list([true; 4]);
        run.bed.index_now();
        run
    }

    fn list(&mut self, listed: [bool; 4]) {
        let list = FEEDS.iter().zip(listed).filter(|(_, listed)| *listed);
        self.bed
            .subscribe_to(list.map(|((url, dedupe), _)| Subscription { dedupe: *dedupe, ..Subscription::new(*url) }).collect());
    }

    fn feed(&self, feed: usize) -> Option<FeedId> {
        self.bed.reader().feed_of(FEEDS[feed].0).unwrap()
    }

    /// All that are in a story.
    fn members(&self) -> Vec<(EntryId, StoryId)> {
        let mut members = Vec::new();
        self.bed.reader().settled(Timestamp(0), |entry, story, _| members.push((entry.entry, story))).unwrap();
        members
    }

    fn polled(&self, feed: FeedId, slots: &[Slot], pushed: bool, policy: &EntryPolicy) -> Command {
        let document = document(&self.bed.path, feed, self.now, slots.iter().map(parsed).collect(), policy);
        match pushed {
            true => Command::Pushed { feed, document, at: self.now },
            false => Command::Polled(Box::new(brought(feed, self.now, document))),
        }
    }

    fn settle(&mut self) -> usize {
        let waiting = self.bed.reader().to_settle(8).unwrap();
        let batch = waiting.iter().map(|entry| courant::ingest::settling(entry, Dedupe::Story)).collect();
        self.bed.commit(Command::Settle { batch, at: self.now }).n_settled
    }

    fn correct(&mut self, correction: Correction) {
        // A person may ask for what cannot be: then nothing happens.
        self.bed.commit(Command::Correct { correction, at: self.now });
    }

    fn step(&mut self, step: &Step) {
        self.now = self.now.plus(Duration::from_secs(60));
        match step {
            Step::Poll { feed, slots, pushed, pages, at_once, held } => {
                let Some(feed) = self.feed(*feed) else { return };
                let article = if *pages { ArticleMode::Always } else { ArticleMode::Never };
                let policy = EntryPolicy { article, compare: *at_once, ..AT_ONCE };
                let command = self.polled(feed, slots, *pushed, &policy);
                match held {
                    true => self.held = Some(command),
                    false => drop(self.bed.commit(command)),
                }
            }
            Step::Late => {
                let Some(command) = self.held.take() else { return };
                let before = tables::rows(&self.bed.path);
                let had_index = self.bed.store.has_index();
                let Err(error) = self.bed.store.commit(command) else { return };
                // Refused, or of a feed that is gone: nothing of it is there, and the index stays.
                assert!(matches!(error, WriteError::Stale | WriteError::FeedGone), "{error}");
                assert_eq!(tables::rows(&self.bed.path), before);
                assert_eq!(self.bed.store.has_index(), had_index);
            }
            Step::Page { nth, text, again } => {
                self.bed.leases.pages.clear();
                let due = self.bed.reader().claim_pages(&claim(), &mut self.bed.leases, self.now).unwrap();
                let Some(due) = due.get(nth % due.len().max(1)) else { return };
                let outcome = match text {
                    _ if *again => PageOutcome::Later("HTTP 503".into(), self.now.plus(Duration::from_secs(120))),
                    None => PageOutcome::Never("HTTP 404".into()),
                    Some(text) => PageOutcome::Found(Box::new(FoundPage {
                        html: format!("<p>{}</p>", TEXTS[*text]),
                        final_url: due.url.clone(),
                        canonical_url: Some(format!("https://canonical.example/story/{text}")),
                        ..FoundPage::default()
                    })),
                };
                self.bed.commit(Command::Page { page: due.id, url: due.url.clone(), outcome, at: self.now });
            }
            Step::EndWaits => {
                self.now = self.now.plus(AT_ONCE.max_wait);
                self.bed.commit(Command::EndWaits { at: self.now });
            }
            Step::Settle => drop(self.settle()),
            Step::Split { nth, with } => {
                let members = self.members();
                let Some((_, story)) = members.get(nth % members.len().max(1)) else { return };
                let of_story: Vec<EntryId> =
                    members.iter().filter(|(_, other)| other == story).map(|(entry, _)| *entry).collect();
                let leaving = of_story.iter().rev().take(1 + with % of_story.len()).copied().collect();
                self.correct(Correction::Split { story: *story, entries: leaving });
            }
            Step::Merge { into, from } => {
                let members = self.members();
                let n = members.len().max(1);
                let (Some((_, into)), Some((_, from))) = (members.get(into % n), members.get(from % n)) else { return };
                self.correct(Correction::Merge { into: *into, from: *from });
            }
            Step::Undo => self.correct(Correction::Undo),
            Step::Purge { feed } => {
                let Some(feed) = self.feed(*feed) else { return };
                self.bed.commit(Command::Remove { feed, purge: true, at: self.now });
            }
            Step::List { listed } => self.list(*listed),
            Step::LoseAndRead => {
                self.bed.store.forget_index();
                self.read = Some((self.bed.store.epoch(), index_of(&self.bed.path)));
            }
            Step::HandOver => {
                let Some((epoch, index)) = self.read.take().filter(|_| !self.bed.store.has_index()) else { return };
                let present = epoch == self.bed.store.epoch();
                assert_eq!(self.bed.store.set_index(index, epoch), present);
            }
            Step::IndexNow => {
                if !self.bed.store.has_index() {
                    self.bed.index_now();
                }
            }
            Step::Restart => {
                self.bed.store = open(&self.bed.path);
                self.read = None;
            }
        }
    }

    /// In the end everything is published, whatever has not come.
    fn end(&mut self) {
        self.step(&Step::IndexNow);
        self.step(&Step::EndWaits);
        while self.settle() > 0 {}
        let counts = self.bed.reader().counts().unwrap();
        assert_eq!((counts.pending, self.members().len() as i64), (0, counts.entries));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_entry_is_in_exactly_one_story_that_is_shown(steps in prop::collection::vec(step(), 1..40)) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
            let hidden = hidden(&run.bed.path);
            prop_assert!(hidden.is_empty(), "after {:?}: {:?}", step, hidden);
        }
        run.end();
        prop_assert_eq!(hidden(&run.bed.path), [""; 0]);
    }
}

/// Split, and the story that it came from is purged: there is nothing to go back to.
#[test]
fn an_undo_leaves_where_it_is_what_came_from_a_story_that_is_gone() {
    let (mut bed, _) = Bed::two_stories();
    let (split, story) = bed.titled("b1");
    bed.correct(Correction::Split { story, entries: vec![split] }).unwrap();
    bed.remove(bed.feed, true);
    bed.correct(Correction::Undo).unwrap();
    assert_eq!(bed.partition(), [["b1"], ["b2"]]);
    assert_eq!(hidden(&bed.path), [""; 0]);
}

/// Numbers of entries are given again after a purge: a person's word of those that are gone is not said of the new ones.
#[test]
fn a_person_s_word_of_purged_entries_is_not_said_of_those_that_come_after() {
    let (mut bed, other) = Bed::two_stories();
    let ((_, into), (_, from)) = (bed.titled("a2"), bed.titled("a1"));
    bed.correct(Correction::Merge { into, from }).unwrap();
    let gone: Vec<EntryId> = ["b1", "b2"].map(|title| bed.titled(title).0).to_vec();
    bed.remove(other, true);
    let again = bed.subscribe(&["https://a.example/feed", "https://b.example/feed"])[0];
    let entries = vec![entry("8", "https://b.example/8", "c8"), entry("9", "https://b.example/9", "c9")];
    bed.poll(again, NOW, entries);
    bed.settle();
    assert!(gone.contains(&bed.titled("c8").0), "numbers are given again");
    assert_eq!(bed.partition(), [vec!["a1", "a2"], vec!["c8"], vec!["c9"]]);
    bed.correct(Correction::Undo).unwrap();
    assert_eq!(bed.partition(), [["a1"], ["a2"], ["c8"], ["c9"]]);
    assert_eq!(hidden(&bed.path), [""; 0]);
}
