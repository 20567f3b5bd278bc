//! How a poll ended, what that means for a person, and when the next one is.

use crate::feed::{Hints, NotAFeed};
use crate::fetch::{self, FetchError, Head, Outcome, Validators};
use crate::health::{self, Trouble};
use crate::model::{Key, Timestamp};
use crate::records::{Document, DueFeed, Poll, Postponed};
use crate::schedule::{self, FeedState, Policy, Polled, Redirect};
use crate::text;
use crate::websub::HubOffer;

/// What is known of a feed when its answer comes.
#[derive(Clone, Copy, Debug)]
pub struct Poller<'a> {
    pub due: &'a DueFeed,
    pub policy: &'a Policy,
    pub at: Timestamp,
    /// What is remembered of it: as it was handed out, with what the answer's length says ([`schedule::empty_is_unchanged`]).
    pub state: &'a FeedState,
    /// It was asked without its validators, and why ([`schedule::unconditional`]).
    pub look: Option<&'a str>,
}

/// What came of a poll, before it is known when the next one is.
#[derive(Default)]
struct PollOutcome {
    error: Option<String>,
    trouble: Option<Trouble>,
    held: Option<(String, Timestamp)>,
    validators: Option<Option<Validators>>,
    hub: Option<Option<HubOffer>>,
    wire_bytes: u64,
    document: Option<Document>,
}

impl Poller<'_> {
    fn next(&self, polled: &Polled) -> schedule::Next {
        schedule::next(self.at, &self.due.key, self.policy, self.state, polled)
    }

    /// The same of a whole answer, with what a look without validators found out.
    fn next_of(&self, polled: &Polled, head: &Head, n_new: usize) -> schedule::Next {
        let Some(look) = self.look else { return self.next(polled) };
        let mut state = self.state.clone();
        schedule::looked(self.at, &mut state, head.validators == self.due.validators, n_new);
        let mut next = schedule::next(self.at, &self.due.key, self.policy, &state, polled);
        let found = if n_new == 0 { "nothing that was not known".to_owned() } else { format!("{n_new} new entries") };
        next.reasons.push(format!("{look}; found {found}"));
        next
    }

    fn record(&self, next: schedule::Next, outcome: PollOutcome) -> Poll {
        let moved_to = next.moved_to.filter(|_| outcome.error.is_none());
        Poll {
            feed: self.due.id,
            at: self.at,
            state: next.state,
            next_poll: next.at,
            reasons: next.reasons,
            event: health::event(
                self.due.trouble,
                outcome.trouble,
                outcome.error.as_deref(),
                moved_to.as_deref().map(text::redact_url).as_deref(),
            ),
            error: outcome.error,
            trouble: outcome.trouble,
            moved_to,
            held: outcome.held,
            validators: outcome.validators,
            hub: outcome.hub,
            wire_bytes: outcome.wire_bytes,
            document: outcome.document,
        }
    }

    fn failed(&self, trouble: Trouble, error: String, polled: &Polled) -> Poll {
        self.record(self.next(polled), PollOutcome { error: Some(error), trouble: Some(trouble), ..PollOutcome::default() })
    }
}

/// What an answer without a document means. `Err`: it has one, which is to be read first.
pub fn without_document(poller: &Poller, outcome: Outcome) -> Result<Poll, Box<(Head, fetch::Body)>> {
    Ok(match outcome {
        Outcome::Fetched(head, body) => return Err(Box::new((head, body))),
        Outcome::Doubtful { error, others_heard } => doubtful(poller, trouble_of(&error), &error.to_string(), others_heard),
        Outcome::Failed(error) => poller.failed(trouble_of(&error), error.to_string(), &Polled::Failed { retry_after: None }),
        Outcome::Gone(_) => poller.failed(Trouble::Gone, "the feed is gone (HTTP 410)".into(), &Polled::Gone),
        Outcome::Throttled(head) => {
            let error = format!("the server asks for patience (HTTP {})", head.status);
            let next = poller.next(&Polled::Throttled { retry_after: head.retry_after });
            // At a private address many unrelated feeds may come from one bridge: there it is the URL alone that waits.
            let domain = fetch::address::registrable_domain(&head.final_url).filter(|_| head.status == 429);
            let held = domain.zip(next.state.hold_until);
            let outcome = PollOutcome { error: Some(error), trouble: Some(Trouble::Throttled), held, ..PollOutcome::default() };
            poller.record(next, outcome)
        }
        Outcome::Refused(head) => {
            let trouble = Trouble::of_status(head.status);
            poller.failed(trouble, format!("HTTP {}", head.status), &Polled::Failed { retry_after: head.retry_after })
        }
        Outcome::NotModified(head) => {
            // What a 304 does not repeat still holds; what it repeats is stored already.
            let validators = head.validators.as_ref().zip(poller.due.validators.as_ref()).and_then(|(new, known)| {
                let refreshed = known.refreshed(Some(new));
                (refreshed != *known).then_some(Some(refreshed))
            });
            let outcome = PollOutcome { validators, wire_bytes: head.wire_bytes, ..PollOutcome::default() };
            poller.record(unchanged(poller, &head), outcome)
        }
    })
}

/// What kept a poll from its feed was not the feed's fault: what of its plans changes. `why`: completes "because: …".
pub fn postponed(poller: &Poller, why: &str) -> Postponed {
    let next = poller.next(&Polled::NetworkDown);
    Postponed { feed: poller.due.id, at: poller.at, state: next.state, next_poll: next.at, reasons: vec![why.to_owned()] }
}

/// It failed as if the network were down, and nobody else was heard.
fn doubtful(poller: &Poller, trouble: Trouble, error: &str, others_heard: Option<Timestamp>) -> Poll {
    let polled = Polled::Doubtful { others_heard };
    if !schedule::is_doubtful(poller.state, others_heard) {
        return poller.failed(trouble, error.to_owned(), &polled);
    }
    let error = Some(format!("{error} (it may be the network: nobody else was heard)"));
    poller.record(poller.next(&polled), PollOutcome { error, trouble: poller.due.trouble, ..PollOutcome::default() })
}

fn unchanged(poller: &Poller, head: &Head) -> schedule::Next {
    let redirect = permanent_path(head);
    let redirect = redirect.as_deref().map(|to| Redirect { to });
    poller.next_of(&Polled::NotModified { max_age: head.max_age, redirect }, head, 0)
}

/// An answer with nothing in it, which counts as "unchanged" once: some servers say nothing where they mean 304. What it
/// says of validators is not believed.
pub fn nothing_said(poller: &Poller, head: &Head) -> Poll {
    let mut next = unchanged(poller, head);
    next.reasons.push("its server answered with nothing at all: taken for \"unchanged\", once".to_owned());
    poller.record(next, PollOutcome { wire_bytes: head.wire_bytes, ..PollOutcome::default() })
}

/// What a document that was read said, for the schedule; `None`: the same bytes as last time, nothing was read, and the
/// hints are what they were.
pub struct Said<'a> {
    pub hints: &'a Hints,
    pub entry_times: &'a [Timestamp],
    pub n_unknown: usize,
    /// When an edit is due that was not taken yet.
    pub put_off: Option<Timestamp>,
    pub document: Document,
}

/// What an answer with a document means. `hub`: what the feed names, where hubs can reach us.
pub fn document_read(poller: &Poller, head: Head, said: Option<Said>, hub: Option<Option<HubOffer>>) -> Poll {
    let next = match &said {
        None => unchanged(poller, &head),
        Some(said) => {
            let redirect = permanent_path(&head);
            let polled = Polled::Feed {
                hints: said.hints,
                max_age: head.max_age,
                entry_times: said.entry_times,
                n_new: said.n_unknown,
                redirect: redirect.as_deref().map(|to| Redirect { to }),
            };
            let mut next = poller.next_of(&polled, &head, said.n_unknown);
            next.state.put_off = said.put_off;
            next
        }
    };
    let outcome = PollOutcome {
        validators: (head.validators != poller.due.validators).then_some(head.validators),
        hub,
        wire_bytes: head.wire_bytes,
        document: said.map(|said| said.document),
        ..PollOutcome::default()
    };
    poller.record(next, outcome)
}

/// The answer's body is not a feed.
pub fn not_a_feed(poller: &Poller, body: &NotAFeed) -> Poll {
    poller.failed(trouble_of_body(body), body.to_string(), &Polled::Failed { retry_after: None })
}

/// The same while nobody else was heard, so that it may be the network's.
pub fn doubtful_body(poller: &Poller, body: &NotAFeed, others_heard: Option<Timestamp>) -> Poll {
    doubtful(poller, trouble_of_body(body), &body.to_string(), others_heard)
}

/// By what a web page is known that stands where a feed was: where redirects led elsewhere the host there, because a portal
/// says on its page where one wanted to go; else the page itself.
pub fn page_mark(head: &Head, hash: Key) -> u64 {
    let host = url::Url::parse(&head.final_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    match host.filter(|host| *host != head.asked.host) {
        Some(host) => xxhash_rust::xxh3::xxh3_64(host.as_bytes()),
        None => xxhash_rust::xxh3::xxh3_64(&hash),
    }
}

/// The stage that reads feeds failed on this one.
pub fn stage_failed(poller: &Poller, why: String) -> Poll {
    poller.failed(Trouble::Other, why, &Polled::Failed { retry_after: None })
}

/// What a failed request means for a person.
fn trouble_of(error: &FetchError) -> Trouble {
    match error {
        FetchError::Address(_) => Trouble::Refused,
        FetchError::Timeout(_) | FetchError::Headers(_) | FetchError::Drip(_) => Trouble::Slow,
        FetchError::Connect(_) => Trouble::Unreachable,
        FetchError::Tls(_) => Trouble::Certificate,
        FetchError::TooLarge { .. } | FetchError::Ratio(_) => Trouble::TooLarge,
        FetchError::Robots { .. }
        | FetchError::Redirects(_)
        | FetchError::Broken(_)
        | FetchError::Local(_)
        | FetchError::Offline => Trouble::Other,
    }
}

/// The same of a body that is not a feed.
fn trouble_of_body(body: &NotAFeed) -> Trouble {
    match body {
        NotAFeed::Html { .. } => Trouble::WebPage,
        _ => Trouble::NotAFeed,
    }
}

/// Where the wholly permanent beginning of a chain of redirects ends.
fn permanent_path(head: &Head) -> Option<String> {
    head.hops.iter().take_while(|hop| hop.permanent).last().map(|hop| hop.to.to_string())
}
