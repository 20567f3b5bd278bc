//! Failures that may be the network's: they count for nobody, and the feed is asked again soon.

use super::types::FeedState;
use crate::model::Timestamp;
use std::time::Duration;

/// A feed that could not be asked because the network was down is due again so soon.
pub(super) const NETWORK_RETRY: Duration = Duration::from_secs(60);

/// What is overdue when the network is back comes back over this time.
pub(super) const COME_BACK: Duration = Duration::from_secs(60);

/// So often, one after the other, a failure may be in doubt; each doubt doubles the wait, so that this is about an hour.
const MOST_DOUBTS: u32 = 6;

/// Whether a failure of which nobody knows whose fault it is is left uncounted. Not where the feed was failing before; not
/// where others answered since the first doubt, because then the network was there and the feed failed again; and not for
/// ever.
pub fn is_doubtful(state: &FeedState, others_heard: Option<Timestamp>) -> bool {
    let was_proved = state.doubted_since.is_some_and(|since| others_heard.is_some_and(|heard| heard > since));
    state.n_errors == 0 && state.n_doubts < MOST_DOUBTS && !was_proved
}

/// How long a feed in doubt is left alone.
pub(super) fn doubtful_wait(n_doubts: u32) -> Duration {
    NETWORK_RETRY.saturating_mul(1 << n_doubts.min(MOST_DOUBTS))
}
