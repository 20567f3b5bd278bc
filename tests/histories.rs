//! Histories of feeds, generated: whatever a publisher does to ids, links, dates and order, the entries that are announced
//! are those that are truly new.

use courant::config::subscriptions::Subscription;
use courant::feed::identity::{Habit, Stored, Verdict, identify, recognise};
use courant::feed::{ParsedEntry, ParsedFeed};
use courant::ingest::{self, EntryPolicy, Source};
use courant::model::{ArticleMode, Dedupe, FeedId, Timestamp, key_of};
use courant::records::{AskedEntry, Command, Committed, EntryChange, Reply};
use courant::store::{Opening, Reader as Database, Store};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// How a publisher names its entries.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Ids,
    /// Links alone.
    Links,
    /// Neither: the content is all there is.
    Bare,
    /// One id for all.
    OneId,
    /// One link for all, and no ids.
    OneLink,
    /// Id and link are one page for all.
    OnePage,
    /// The id is the place in the list.
    Slots,
    /// Ids are new with each document.
    NewIds,
    /// Ids and links are new with each document.
    Rotating,
}

const STYLES: [Style; 9] = [
    Style::Ids,
    Style::Links,
    Style::Bare,
    Style::OneId,
    Style::OneLink,
    Style::OnePage,
    Style::Slots,
    Style::NewIds,
    Style::Rotating,
];

/// What happens between two polls.
#[derive(Clone, Copy, Debug)]
struct Step {
    n_new: usize,
    /// The title of this entry, counted from the newest, is corrected, where the publisher's names allow it.
    edit: Option<usize>,
    /// All dates are those of the document.
    dates_churn: bool,
    is_reversed: bool,
    /// The document is the one before the last again, as from another server of a farm.
    is_stale: bool,
    shows: Shows,
}

/// What a document shows of all there is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shows {
    /// The newest, as always.
    Newest,
    /// All there ever was.
    Archive,
    /// Many new ones at once, and more than usual.
    Flood,
}

const FLOOD: usize = 30;

/// The truth of one entry.
#[derive(Clone, Debug)]
struct Truth {
    number: usize,
    n_edits: usize,
}

fn entry(style: Style, truth: &Truth, place: usize, n_poll: usize, dates_churn: bool) -> (usize, ParsedEntry) {
    let Truth { number, n_edits } = truth;
    let own_link = format!("https://a.example/{number}");
    let (id, link) = match style {
        Style::Ids => (Some(format!("urn:{number}")), Some(own_link)),
        Style::Links => (None, Some(own_link)),
        Style::Bare => (None, None),
        Style::OneId => (Some("https://a.example/".to_owned()), Some(own_link)),
        Style::OneLink => (None, Some("https://a.example/status".to_owned())),
        Style::OnePage => (Some("https://a.example/status".to_owned()), Some("https://a.example/status".to_owned())),
        Style::Slots => (Some(place.to_string()), Some(own_link)),
        Style::NewIds => (Some(format!("{n_poll}-{number}")), Some(own_link)),
        Style::Rotating => (Some(format!("{own_link}?sid={n_poll}")), Some(format!("{own_link}?sid={n_poll}"))),
    };
    let edited = "!".repeat(usize::from(*n_edits > 0));
    let words = ["Crane", "Lathe", "Tram", "Fern", "Comet", "Harbour", "Quarry"];
    let title =
        format!("{} report of the day {number} {}{edited}", words[number % 7], if *n_edits > 0 { "corrected" } else { "" });
    let at = if dates_churn { 1_790_000_000 + n_poll as i64 * 3600 } else { 1_780_000_000 + *number as i64 * 7200 };
    let entry = ParsedEntry {
        id,
        link,
        title: Some(title),
        content: Some(format!("<p>What happened at place {number}, and {} more words of it.</p>", number * 17)),
        published: Some(Timestamp::from_secs(at)),
        ..ParsedEntry::default()
    };
    (*number, entry)
}

/// A store as the daemon has one, as far as identity goes. Gives the true numbers of the entries that are announced.
#[derive(Default)]
struct Reader {
    stored: BTreeMap<String, Stored>,
    habit: Habit,
}

impl Reader {
    fn poll(&mut self, document: &[(usize, ParsedEntry)]) -> Vec<usize> {
        let entries: Vec<ParsedEntry> = document.iter().map(|(_, entry)| entry.clone()).collect();
        let identified = identify(&entries, &self.habit);
        let stored: Vec<Stored> = self.stored.values().cloned().collect();
        let (verdicts, habit) = recognise(&identified, &stored);
        // What is remembered survives the database.
        self.habit = serde_json::from_str(&serde_json::to_string(&habit).unwrap()).unwrap();
        let mut announced = Vec::new();
        for ((number, verdict), name) in document.iter().map(|(number, _)| *number).zip(verdicts).zip(&identified.names) {
            let key = match verdict {
                Verdict::Known { stored_as, .. } => stored_as,
                Verdict::New { key, .. } => {
                    if !self.stored.contains_key(&key) {
                        announced.push(number);
                    }
                    key
                }
            };
            self.stored.insert(key.clone(), Stored { key, marks: name.marks });
        }
        announced
    }
}

/// The same with a database, as the daemon does it.
struct Daemon {
    folder: tempfile::TempDir,
    store: Store,
    reader: Database,
    settings: Subscription,
    feed: FeedId,
    habit: Habit,
    n_polls: i64,
}

impl Daemon {
    fn new() -> Daemon {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("courant.db");
        let at = Timestamp::from_secs(1_795_000_000);
        let mut store = Store::open(&path, Opening { at, instance: uuid::Uuid::from_u128(7) }).unwrap();
        let settings = Subscription::new("https://a.example/feed");
        let subscribed = store.commit(Command::Subscribe { list: vec![settings.clone()], at }).unwrap();
        let Reply::Subscribed(report) = subscribed.reply else { panic!("not subscribed") };
        let reader = Database::open(&path).unwrap();
        Daemon { folder, store, reader, settings, feed: report.added[0], habit: Habit::default(), n_polls: 0 }
    }

    /// What a document changes, and what came of that.
    fn take_in(&mut self, document: &[(usize, ParsedEntry)]) -> (Vec<EntryChange>, Committed) {
        self.n_polls += 1;
        let at = Timestamp::from_secs(1_795_000_000 + self.n_polls * 3600);
        let source = Source {
            feed: self.feed,
            settings: &self.settings,
            habit: &self.habit,
            content_type: None,
            final_url: "https://a.example/feed",
            is_delta: false,
            at,
        };
        let entries = document.iter().map(|(_, entry)| entry.clone()).collect();
        let parsed = ParsedFeed { title: Some("A".into()), entries, ..ParsedFeed::default() };
        let mut read = ingest::Document::of(parsed, key_of(&self.n_polls.to_string()), &self.habit);
        let mut known = self.reader.known(self.feed, &read.asks()).unwrap();
        if let Some(wanted) = read.doubts(&source, &known) {
            read.recognise(&source, &known, &self.reader.recall(self.feed, &wanted).unwrap());
        }
        known.pruned = self.reader.pruned(self.feed, &read.asks_pruned(&known)).unwrap();
        let policy =
            EntryPolicy { article: ArticleMode::Never, max_wait: Duration::from_secs(3600), dedupe: Dedupe::Off, compare: false };
        let taken = read.take_in(&source, &known, &policy).document;
        // As a record has it.
        let written = serde_json::to_string(&taken).unwrap();
        let taken: courant::records::Document = serde_json::from_str(&written).unwrap();
        assert_eq!(serde_json::to_string(&taken).unwrap(), written);
        if let Some(habit) = &taken.habit {
            self.habit = serde_json::from_str(&serde_json::to_string(habit).unwrap()).unwrap();
        }
        let changes = taken.changes.clone();
        (changes, self.store.commit(Command::Pushed { feed: self.feed, document: taken, at }).unwrap())
    }

    /// The numbers of the entries that are announced, in the order of the document.
    fn poll(&mut self, document: &[(usize, ParsedEntry)]) -> Vec<usize> {
        let (changes, committed) = self.take_in(document);
        let new: Vec<_> =
            changes.iter().filter_map(|change| if let EntryChange::New(new) = change { Some(new) } else { None }).collect();
        assert_eq!(new.len(), committed.new.len());
        let announced = |(_, entry): &&(usize, ParsedEntry)| new.iter().any(|new| Some(&new.text.title) == entry.title.as_ref());
        document.iter().filter(announced).map(|(number, _)| *number).collect()
    }
}

/// Something that takes in a feed's documents, and announces entries.
trait Announces {
    fn poll(&mut self, document: &[(usize, ParsedEntry)]) -> Vec<usize>;
}

impl Announces for Reader {
    fn poll(&mut self, document: &[(usize, ParsedEntry)]) -> Vec<usize> {
        Reader::poll(self, document)
    }
}

impl Announces for Daemon {
    fn poll(&mut self, document: &[(usize, ParsedEntry)]) -> Vec<usize> {
        Daemon::poll(self, document)
    }
}

/// One history of a feed: what is announced is what is new.
fn live(
    reader: &mut impl Announces,
    style: Style,
    n_first: usize,
    window: usize,
    steps: &[Step],
    always_churns: bool,
) -> Result<(), TestCaseError> {
    let mut truths: Vec<Truth> = (0..n_first).map(|number| Truth { number, n_edits: 0 }).collect();
    let mut seen = std::collections::BTreeSet::new();
    let mut documents: Vec<Vec<(usize, ParsedEntry)>> = Vec::new();
    let mut was_stale = false;
    let first = Step { n_new: 0, edit: None, dates_churn: false, is_reversed: false, is_stale: false, shows: Shows::Newest };
    for (n_poll, step) in std::iter::once(&first).chain(steps).enumerate() {
        // What a document holds that nobody had seen must be announced, so no more come than it shows.
        let (n_new, n_shown) = match step.shows {
            Shows::Newest => (step.n_new.min(window - 1), window),
            Shows::Archive => (step.n_new.min(window - 1), truths.len() + window),
            Shows::Flood => (FLOOD, FLOOD + window),
        };
        for _ in 0..n_new {
            truths.push(Truth { number: truths.len(), n_edits: 0 });
        }
        // An edit is an edit only to those who name their entries.
        let is_named = matches!(style, Style::Ids | Style::Links | Style::NewIds | Style::OneId);
        if let Some(back) = step.edit.filter(|_| is_named)
            && let Some(at) = truths.len().checked_sub(back + 1)
        {
            truths[at].n_edits += 1;
        }
        let newest = truths.iter().rev().take(n_shown).enumerate();
        // Where ids and links are no help, and dates change too, only a whole list is known again.
        let is_long = n_first >= 6 && window >= 10;
        let dates_churn = if style == Style::Rotating { always_churns && is_long } else { step.dates_churn };
        let mut document: Vec<_> = newest.map(|(place, truth)| entry(style, truth, place, n_poll, dates_churn)).collect();
        if step.is_reversed {
            document.reverse();
        }
        if step.is_stale && documents.len() > 1 {
            document = documents[documents.len() - 2].clone();
            was_stale = true;
        }
        let announced = reader.poll(&document);
        let new: Vec<usize> = document.iter().map(|(number, _)| *number).filter(|number| seen.insert(*number)).collect();
        if style == Style::Rotating && (dates_churn || was_stale) {
            // Nothing names an entry, or an old document named some rightly, so that the others had names of their own: one may be
            // announced again, and none that is new may be missed.
            prop_assert!(new.iter().all(|number| announced.contains(number)), "poll {} of {:?}: {:?}", n_poll, style, step);
        } else {
            prop_assert_eq!(announced, new, "poll {} of {:?}: {:?}", n_poll, style, step);
        }
        documents.push(document);
    }
    Ok(())
}

fn step() -> impl Strategy<Value = Step> {
    let edit = prop::option::weighted(0.3, 0..6_usize);
    let shows = prop_oneof![8 => Just(Shows::Newest), 1 => Just(Shows::Archive), 1 => Just(Shows::Flood)];
    (0..4_usize, edit, prop::bool::weighted(0.2), prop::bool::weighted(0.2), prop::bool::weighted(0.15), shows).prop_map(
        |(n_new, edit, dates_churn, is_reversed, is_stale, shows)| Step {
            n_new,
            edit,
            dates_churn,
            is_reversed,
            is_stale,
            shows,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_announced_is_what_is_new(
        style in prop::sample::select(&STYLES[..]),
        n_first in 3..12_usize,
        window in 4..14_usize,
        steps in prop::collection::vec(step(), 1..14),
        always_churns: bool,
    ) {
        live(&mut Reader::default(), style, n_first, window, &steps, always_churns)?;
    }

    /// Whatever a feed says, an entry that says what no other said before is announced.
    #[test]
    fn nothing_new_is_ever_hidden(polls in strange_polls()) {
        hide_nothing(&mut Reader::default(), polls)?;
    }
}

/// Documents whose entries have the same few ids and links, or none.
fn strange_polls() -> impl Strategy<Value = Vec<Vec<(usize, usize)>>> {
    prop::collection::vec(prop::collection::vec((0..3_usize, 0..3_usize), 1..8), 1..8)
}

fn hide_nothing(reader: &mut impl Announces, polls: Vec<Vec<(usize, usize)>>) -> Result<(), TestCaseError> {
    let mut number = 0;
    for document in polls {
        let entries: Vec<_> = document
            .into_iter()
            .map(|(id, link)| {
                number += 1;
                let entry = ParsedEntry {
                    id: (id > 0).then(|| format!("id {id}")),
                    link: (link > 0).then(|| format!("https://a.example/{link}/{}", if link == 1 { 0 } else { number })),
                    title: Some(format!("A title of its own, number {number}")),
                    content: Some(format!("A text of its own, number {number}")),
                    ..ParsedEntry::default()
                };
                (number, entry)
            })
            .collect();
        // One whose id or link is another one's may be an edit of it; the others can be nobody's.
        let is_fresh = |entry: &ParsedEntry| entry.id.is_none() && entry.link.as_deref().is_none_or(|link| !link.ends_with("/0"));
        let fresh: Vec<usize> = entries.iter().filter(|(_, entry)| is_fresh(entry)).map(|(number, _)| *number).collect();
        let announced = reader.poll(&entries);
        prop_assert!(fresh.iter().all(|number| announced.contains(number)), "{:?} of {:?}", announced, fresh);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The same through the database: what is stored of an entry is enough to know it again.
    #[test]
    fn what_is_announced_is_what_is_new_to_the_database(
        style in prop::sample::select(&STYLES[..]),
        n_first in 3..12_usize,
        window in 4..14_usize,
        steps in prop::collection::vec(step(), 1..8),
        always_churns: bool,
    ) {
        live(&mut Daemon::new(), style, n_first, window, &steps, always_churns)?;
    }

    #[test]
    fn the_database_hides_nothing_new(polls in strange_polls()) {
        hide_nothing(&mut Daemon::new(), polls)?;
    }
}

fn named(id: &str, link: &str, title: &str, text: &str, day: i64) -> (usize, ParsedEntry) {
    let entry = ParsedEntry {
        id: Some(id.into()),
        link: Some(link.into()),
        title: Some(title.into()),
        content: Some(text.into()),
        published: Some(Timestamp::from_secs(1_790_000_000 + day * 86_400)),
        ..ParsedEntry::default()
    };
    (usize::try_from(day).unwrap(), entry)
}

#[test]
fn what_comes_back_with_another_date_is_new() {
    // The same words every day: a puzzle, a thread, a build.
    let mut reader = Reader::default();
    for day in 0..5 {
        let puzzle = named(
            &format!("p{day}"),
            &format!("https://a.example/p/{day}"),
            "Daily crossword",
            "Today's puzzle, for everyone.",
            day,
        );
        let thread = named(
            &format!("t{day}"),
            &format!("https://a.example/t/{day}"),
            "Open thread for everyone",
            "Say what you like.",
            day,
        );
        assert_eq!(reader.poll(&[puzzle, thread]).len(), 2, "day {day}");
    }
}

#[test]
fn a_slot_is_another_entry_and_an_edit_is_not() {
    let mut reader = Reader::default();
    assert_eq!(reader.poll(&[named("1", "https://a.example/1", "Cranes fall", "A crane fell.", 0)]), [0]);
    assert!(reader.poll(&[named("1", "https://a.example/1-new", "Cranes fall again", "A crane fell.", 0)]).is_empty());
    let other = named("1", "https://a.example/2", "Trams stop", "The depot shuts.", 3);
    assert_eq!(reader.poll(std::slice::from_ref(&other)), [3]);
    assert!(reader.poll(&[other]).is_empty());
    // An edit of what came into the slot.
    assert!(reader.poll(&[named("1", "https://a.example/2", "Trams stop in June", "The depot shuts in June.", 3)]).is_empty());
    assert_eq!(reader.stored.len(), 2);
}

#[test]
fn what_was_decided_stays_decided() {
    let mut reader = Reader::default();
    let shared = |day: i64| {
        named(
            "https://a.example/",
            &format!("https://a.example/{day}"),
            &format!("Title number {day}"),
            &format!("Text {day}"),
            day,
        )
    };
    assert_eq!(reader.poll(&[shared(2), shared(1), shared(0)]), [2, 1, 0]);
    assert!(reader.habit.ids_disproved);
    // Alone in its document the id could not be disproved any more.
    assert_eq!(reader.poll(&[shared(3)]), [3]);
    assert!(reader.poll(&[shared(3)]).is_empty());
}

#[test]
fn a_feed_that_is_found_out_later_announces_nothing_again() {
    let mut reader = Reader::default();
    let shared = |day: i64| {
        named(
            "https://a.example/",
            &format!("https://a.example/{day}"),
            &format!("Title number {day}"),
            &format!("Text {day}"),
            day,
        )
    };
    // One entry, stored by its id; then the document shows that the id is everybody's.
    assert_eq!(reader.poll(&[shared(0)]), [0]);
    assert_eq!(reader.poll(&[shared(2), shared(1), shared(0)]), [2, 1]);
    assert!(reader.poll(&[shared(2), shared(1), shared(0)]).is_empty());
}

#[test]
fn marks_see_through_typesetting() {
    let (_, one) = named("1", "https://a.example/1", "Cranes: a “report”", "<p>A crane <b>fell</b>, again.</p>", 0);
    let (_, two) = named("2", "https://a.example/2", "cranes – a report", "A crane fell again", 0);
    assert_eq!(courant::feed::content_key(&one), courant::feed::content_key(&two));
    let (_, other) = named("1", "https://a.example/1", "Cranes: a report", "A crane fell again and again", 0);
    assert_ne!(courant::feed::content_key(&one), courant::feed::content_key(&other));
}

/// What the changes of a document are, by the names of their kinds.
fn kinds(changes: &[EntryChange]) -> Vec<&'static str> {
    let mut kinds: Vec<_> = changes
        .iter()
        .map(|change| match change {
            EntryChange::New(_) => "new",
            EntryChange::Edited { .. } => "edited",
            EntryChange::Refreshed { .. } => "refreshed",
            EntryChange::Renamed { .. } => "renamed",
            EntryChange::Relinked { .. } => "relinked",
            EntryChange::Dated { .. } => "dated",
        })
        .collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn ids_and_links_that_rotate_are_no_news_and_no_edits() {
    let mut daemon = Daemon::new();
    // Weeks old, so that no comparison of stories would catch them.
    let entry = |n: i64, host: &str| {
        let link = format!("https://{host}.a.example/{n}");
        // What a reader does not see is made anew too.
        let text = format!("<p>It was moved to <a href='{link}#q'>quay {}</a> at last.</p><script>s = '{host}'</script>", n * 3);
        named(&link, &link, &format!("The crane of quay number {n}"), &text, n)
    };
    let document = |host: &str| (0..6).map(|n| entry(n, host)).collect::<Vec<_>>();
    assert_eq!(daemon.poll(&document("www")).len(), 6);
    // Some were stored by a version that did not note what they say.
    let database = rusqlite::Connection::open(daemon.folder.path().join("courant.db")).unwrap();
    assert_eq!(database.execute("UPDATE entries SET content = NULL WHERE id % 2 = 0", []).unwrap(), 3);
    let (changes, committed) = daemon.take_in(&document("mail"));
    assert_eq!(kinds(&changes), [["relinked"; 6], ["renamed"; 6]].concat());
    assert!(committed.new.is_empty() && committed.edited.is_empty());
    assert!(kinds(&daemon.take_in(&document("mail")).0).is_empty(), "from now on their keys know them");
    let link = |daemon: &Daemon| {
        let path = daemon.folder.path().join("courant.db");
        let database = rusqlite::Connection::open(path).unwrap();
        database.query_row("SELECT link FROM entries WHERE title LIKE '%number 0'", [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_eq!(link(&daemon), "https://mail.a.example/0");
    // One more, while all others are renamed again: it alone is new, and the links stay what they are.
    let mut last = document("www");
    last.push(entry(6, "www"));
    assert_eq!(daemon.poll(&last), [6]);
    assert_eq!(link(&daemon), "https://mail.a.example/0");
    let said = daemon.reader.habit_of(daemon.feed).unwrap().sentences().join("\n");
    assert!(said.contains("new ids and links (2 times)") && said.contains("title and text are known"), "{said}");
}

#[test]
fn one_address_that_is_corrected_is_no_news() {
    let mut daemon = Daemon::new();
    let entry = |n: i64, slug: &str| {
        let link = format!("https://a.example/{slug}");
        named(&link, &link, &format!("The crane of quay number {n}"), &format!("It was moved to quay {} at last.", n * 3), n)
    };
    let mut document: Vec<_> = (0..6).map(|n| entry(n, &n.to_string())).collect();
    daemon.poll(&document);
    document[2] = entry(2, "two");
    let (changes, committed) = daemon.take_in(&document);
    assert_eq!((kinds(&changes), committed.edited.len()), (vec!["relinked", "renamed"], 0));
    // With another date it is another entry, whatever it says; and so is one that stands beside the old one.
    document[2] = named("x", "https://a.example/x", "The crane of quay number 2", "It was moved to quay 6 at last.", 3);
    assert_eq!(daemon.take_in(&document).1.new.len(), 1);
    document.push(entry(3, "three"));
    assert_eq!(daemon.take_in(&document).1.new.len(), 1);
}

#[test]
fn one_that_says_the_same_in_a_feed_that_rotates_is_known_and_a_phrase_is_not() {
    let mut daemon = Daemon::new();
    let build = |n: i64| named(&format!("b{n}"), &format!("https://a.example/b/{n}"), "Build failed", "", n);
    for n in 0..4 {
        assert_eq!(daemon.poll(&[build(n)]), [usize::try_from(n).unwrap()]);
    }
}

#[test]
fn a_slot_is_another_entry_for_the_database_too() {
    let mut daemon = Daemon::new();
    let place = |place: usize, n: i64| {
        named(&place.to_string(), &format!("https://a.example/{n}"), &format!("Title number {n}"), &format!("Text of {n}."), n)
    };
    assert_eq!(daemon.poll(&[place(0, 2), place(1, 1), place(2, 0)]), [2, 1, 0]);
    assert_eq!(daemon.poll(&[place(0, 3), place(1, 2), place(2, 1)]), [3]);
    assert_eq!(daemon.poll(&[place(0, 5), place(1, 4), place(2, 3)]), [5, 4]);
    assert!(daemon.poll(&[place(0, 5), place(1, 4), place(2, 3)]).is_empty());
    assert_eq!(daemon.reader.size().unwrap().0, 6, "the old ones stay");
    let said = daemon.reader.habit_of(daemon.feed).unwrap().sentences().join("\n");
    assert!(said.contains("other entries under old ids"), "{said}");
}

#[test]
fn a_date_that_comes_later_is_taken_and_is_no_edit() {
    let mut daemon = Daemon::new();
    let dated = |n: i64, day: Option<i64>| {
        let (number, mut entry) =
            named(&n.to_string(), &format!("https://a.example/{n}"), &format!("Title {n}"), &format!("Text {n}."), n);
        entry.published = day.map(|day| Timestamp::from_secs(1_790_000_000 + day * 86_400));
        (number, entry)
    };
    let claimed = |daemon: &Daemon, n: i64| {
        let key = key_of(&format!("id:{n}"));
        daemon.reader.known(daemon.feed, &[AskedEntry { key, link_key: None, content_hash: key }]).unwrap().by_key[&key].claimed
    };
    let day = |day: i64| Some(Timestamp::from_secs(1_790_000_000 + day * 86_400));
    daemon.poll(&[dated(0, None), dated(1, Some(1)), dated(2, Some(2)), dated(3, Some(3))]);
    let (changes, committed) = daemon.take_in(&[dated(0, Some(9)), dated(1, Some(8)), dated(2, Some(2)), dated(3, Some(3))]);
    assert_eq!(kinds(&changes), ["dated", "dated"], "one that arrives, one that is corrected");
    assert!(committed.edited.is_empty() && committed.new.is_empty() && committed.published);
    assert_eq!((claimed(&daemon, 0), claimed(&daemon, 1)), (day(9), day(8)));
    // Dates that all move are those of the document, and say nothing.
    assert!(kinds(&daemon.take_in(&(0..4).map(|n| dated(n, Some(20 + n))).collect::<Vec<_>>()).0).is_empty());
    // One that moves with every poll is left alone after some.
    for n in 30..40 {
        daemon.take_in(&[dated(0, Some(9)), dated(1, Some(n)), dated(2, Some(2)), dated(3, Some(3))]);
    }
    assert_eq!(claimed(&daemon, 1), day(31));
    // A feed that drops its dates changes nothing.
    assert!(kinds(&daemon.take_in(&[dated(2, None)]).0).is_empty());
}
