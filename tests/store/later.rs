//! Later looks: what the index proposes is carried out, kept for ever, and never against a person.

use crate::bed::*;
use courant::feed::ParsedEntry;
use courant::model::{Dedupe, FeedId, StoryId, Timestamp};
use courant::records::{Command, Committed, Correction, StoryChange};

const DEAL: &str = "Lumenta will buy the chip designer Korvex for $7 billion in cash, both said on Monday in Ulm. Korvex has 900 \
    workers and makes memory controllers; its founder Ida Moss will lead the new division.";
const DAM: &str = "The spillway of the Harlan dam was closed on Friday after engineers found cracks in two of its gates. Repairs \
    take until March, says the water board of the county.";

fn deal(id: &str, title: &str) -> ParsedEntry {
    told(id, &format!("https://{id}.example/deal"), title, DEAL)
}

/// Two stories on one deal, each by itself because its feed was compared with nothing when it came.
fn two_of_one() -> (Bed, [FeedId; 2]) {
    let mut bed = bed();
    let added = bed.subscribe(&["https://a.example/feed", "https://b.example/feed", "https://c.example/feed"]);
    bed.index_now();
    bed.poll(bed.feed, NOW, vec![deal("a", "a: Lumenta acquires chip designer Korvex for $7 billion")]);
    bed.settle_by(Dedupe::Off);
    bed.poll(added[0], NOW, vec![deal("b", "b: Lumenta buys chip designer Korvex in $7 billion deal")]);
    bed.settle_by(Dedupe::Off);
    bed.index_now();
    assert_eq!(bed.partition().len(), 2);
    let feeds = [bed.feed, added[0]];
    (bed, feeds)
}

impl Bed {
    fn look(&mut self, end: &[StoryId]) -> Committed {
        let until = Some(Timestamp(NOW.0 - 1));
        self.commit(Command::LookAgain { grew: vec![], end: end.to_vec(), dedupe: Dedupe::Story, until, at: NOW })
    }
}

#[test]
fn two_small_stories_that_are_one_are_merged_and_the_id_leads_on() {
    let (mut bed, _) = two_of_one();
    let ((_, into), (of_b, from)) = (bed.titled("a:"), bed.titled("b:"));
    let urn = bed.reader().published(&[from]).unwrap().remove(0).id;
    let committed = bed.look(&[from]);
    assert!(committed.published && committed.stories.contains(&(from, StoryChange::Redirected(into))), "{committed:?}");
    assert_eq!(bed.partition().len(), 1);
    let reader = bed.reader();
    assert_eq!(reader.find_story(&urn).unwrap(), Some(into));
    assert_eq!(reader.looked_until().unwrap(), Some(Timestamp(NOW.0 - 1)));
    let story = reader.story(into).unwrap().unwrap();
    let member = story.members.iter().find(|member| member.entry == of_b).unwrap();
    assert!(member.evidence.why.starts_with("a later look found one story in two"), "{}", member.evidence.why);
    // A person who takes it apart is obeyed.
    bed.correct(Correction::Split { story: into, entries: vec![of_b] }).unwrap();
    let (_, apart) = bed.titled("b:");
    assert_eq!(bed.look(&[into, apart]).stories, []);
    assert_eq!(bed.partition().len(), 2);
}

#[test]
fn a_copy_that_moves_with_its_story_stays_a_copy() {
    let (mut bed, feeds) = two_of_one();
    let third = bed.reader().feed_of("https://c.example/feed").unwrap().unwrap();
    assert!(!feeds.contains(&third));
    bed.poll(third, NOW, vec![deal("c", "c: Lumenta buys chip designer Korvex in $7 billion deal")]);
    bed.settle_by(Dedupe::Off);
    let ((_, into), (of_b, from), (of_c, alone)) = (bed.titled("a:"), bed.titled("b:"), bed.titled("c:"));
    bed.raw(&format!(
        "UPDATE entries SET story_id = {from}, duplicate_of = {of_b}, rung = 'text' WHERE id = {of_c};
         UPDATE stories SET redirect_to = {from} WHERE id = {alone}"
    ));
    bed.index_now();
    bed.look(&[from]);
    assert_eq!(bed.partition().len(), 1);
    let raw = rusqlite::Connection::open(&bed.path).unwrap();
    let copy: i64 = raw.query_row("SELECT duplicate_of FROM entries WHERE id = ?", [of_c.0], |row| row.get(0)).unwrap();
    assert_eq!((copy, bed.titled("c:").1), (of_b.0, into));
    // Two tell it in words of their own; the third is a copy.
    let n_sources: i64 = raw.query_row("SELECT n_sources FROM stories WHERE id = ?", [into.0], |row| row.get(0)).unwrap();
    assert_eq!(n_sources, 2);
}

#[test]
fn an_outlier_is_let_go_under_an_id_of_its_own() {
    let (mut bed, [_, b]) = two_of_one();
    let (_, into) = bed.titled("a:");
    bed.look(&[into]);
    bed.poll(
        b,
        NOW,
        vec![
            deal("b", "b: Lumenta buys chip designer Korvex in $7 billion deal"),
            told("d", "https://d.example/dam", "d: Harlan dam closes spillway", DAM),
        ],
    );
    bed.settle_by(Dedupe::Off);
    let (of_d, alone) = bed.titled("d:");
    let before = bed.reader().published(&[alone]).unwrap().remove(0).id;
    // As if an older version had put it there.
    bed.raw(&format!(
        "UPDATE entries SET story_id = {into} WHERE id = {of_d}; UPDATE stories SET redirect_to = {into} WHERE id = {alone}"
    ));
    bed.index_now();
    assert_eq!(bed.partition().len(), 1);
    let committed = bed.look(&[into]);
    let (_, now) = bed.titled("d:");
    assert!(now != into && committed.stories.contains(&(now, StoryChange::Founded)), "{committed:?}");
    let reader = bed.reader();
    assert_ne!(reader.published(&[now]).unwrap().remove(0).id, before, "an id that redirects is not given again");
    assert_eq!(reader.find_story(&before).unwrap(), Some(into));
    let why = reader.story(now).unwrap().unwrap().members.remove(0).evidence.why;
    assert!(why.starts_with("a later look let it go"), "{why}");
}

#[test]
fn what_a_person_an_address_or_a_feed_s_own_wish_placed_stays() {
    for rung in ["person", "address"] {
        let (mut bed, _) = two_of_one();
        let (of_b, from) = bed.titled("b:");
        bed.raw(&format!("UPDATE entries SET rung = '{rung}' WHERE id = {of_b}"));
        assert_eq!(bed.look(&[from]).stories, [], "{rung}");
    }
    let (mut bed, _) = two_of_one();
    let (_, from) = bed.titled("b:");
    bed.raw("UPDATE feeds SET settings = json_set(settings, '$.dedupe', 'text') WHERE url LIKE '%b.example%'");
    assert_eq!(bed.look(&[from]).stories, []);
    // Without an index nothing is looked at, and nothing fails.
    bed.store.forget_index();
    assert_eq!(bed.look(&[from]).stories, []);
}

#[test]
fn only_what_grew_to_a_size_that_is_worth_it_is_looked_at() {
    let (mut bed, _) = two_of_one();
    let (_, from) = bed.titled("b:");
    let grew = vec![from];
    let looked = bed.commit(Command::LookAgain { grew, end: vec![], dedupe: Dedupe::Story, until: None, at: NOW });
    assert_eq!(looked.stories, [], "one entry is no growth");
    assert_eq!(bed.reader().looked_until().unwrap(), None);
}

#[test]
fn near_stories_are_published_as_related() {
    let (bed, _) = two_of_one();
    let ((of_a, a), (_, b)) = (bed.titled("a:"), bed.titled("b:"));
    let near = format!(
        r#"{{"why":"w","related":[{{"story":{b},"entry":1,"missing":"score .4"}},{{"story":{a},"entry":1,"missing":"itself"}}]}}"#
    );
    bed.raw(&format!("UPDATE entries SET evidence = '{near}' WHERE id = {of_a}"));
    let related = bed.reader().published(&[a]).unwrap().remove(0).related;
    assert_eq!(
        related.iter().map(|related| &*related.title).collect::<Vec<_>>(),
        ["b: Lumenta buys chip designer Korvex in $7 billion deal"]
    );
    // One that was merged meanwhile is named as what it is now; one of a private feed is not.
    bed.raw(&format!("UPDATE stories SET redirect_to = {a} WHERE id = {b}"));
    assert_eq!(bed.reader().published(&[a]).unwrap().remove(0).related, []);
    bed.raw(&format!(
        "UPDATE stories SET redirect_to = NULL WHERE id = {b}; UPDATE feeds SET private = 1 WHERE url LIKE '%b.example%'"
    ));
    assert_eq!(bed.reader().published(&[a]).unwrap().remove(0).related, []);
}
