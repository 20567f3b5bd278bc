//! How a feed is, at the room's door.

use courant::health::{Facts, State, Trouble, event, health};
use courant::model::Timestamp;
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn well() -> Facts {
    Facts { subscribed: true, last_polled: Some(NOW), newest: Some(NOW.minus(3 * DAY)), ..Facts::default() }
}

#[test]
fn each_state_has_its_sentence_and_says_what_to_do() {
    let failing = |trouble| Facts {
        trouble: Some(trouble),
        n_errors: 6,
        error: Some("HTTP 404".into()),
        failing_since: Some(NOW.minus(9 * DAY)),
        ..well()
    };
    let cases = [
        (well(), State::Well, "is well", false),
        (Facts { last_polled: None, ..well() }, State::New, "was not polled yet", false),
        (Facts { paused: true, ..failing(Trouble::NotFound) }, State::Paused, "is paused", false),
        (Facts { subscribed: false, ..failing(Trouble::NotFound) }, State::Unlisted, "is no longer in feeds.toml", false),
        (failing(Trouble::NotFound), State::Failing, "is not there any more (6 times in a row): HTTP 404", true),
        (Facts { n_errors: 1, ..failing(Trouble::Login) }, State::Failing, "wants a login (once): HTTP 404", true),
        (Facts { ended: true, ..failing(Trouble::Gone) }, State::Gone, "is gone for good and polled no more", true),
        (Facts { moved_to: Some("https://b.example/".into()), ..well() }, State::Moved, "has moved to https://b.example/", true),
        (Facts { newest: Some(NOW.minus(366 * DAY)), ..well() }, State::Silent, "has brought nothing new for a year", true),
        (Facts { newest: Some(Timestamp(-62_135_596_800_000)), ..well() }, State::Well, "is well", false),
        (Facts { newest: Some(NOW.minus(900 * DAY)), ..well() }, State::Silent, "has brought nothing new for 2 years", true),
    ];
    for (facts, state, sentence, attention) in cases {
        let found = health(NOW, &facts);
        assert_eq!((found.state, found.sentence.as_str(), found.needs_attention()), (state, sentence, attention));
        assert_eq!(!found.advice.is_empty(), attention, "{sentence}");
    }
}

#[test]
fn a_time_line_has_turns_only() {
    use Trouble::{NotFound, Server};
    assert_eq!(event(None, None, None, None), None);
    assert_eq!(event(None, Some(NotFound), Some("HTTP 404"), None).unwrap(), "is not there any more: HTTP 404");
    assert_eq!(event(Some(NotFound), Some(NotFound), Some("HTTP 404"), None), None);
    assert!(event(Some(NotFound), Some(Server), Some("HTTP 500"), None).is_some());
    assert_eq!(event(Some(Server), None, None, None).unwrap(), "well again");
    assert_eq!(event(None, None, None, Some("https://b.example/")).unwrap(), "moved to https://b.example/");
}
