//! Domains that their owner lends to another node, for what a person or a hub wants asked there. A loan is a part of the view, so
//! that it changes hands as domains do: the owner says when nothing is out there, and the borrower waits once for the
//! spacing.

use super::node::{Loans, Node, Pending};
use crate::cluster::{boottime, owner, submission_id};
use crate::records::{Loan, Submitted, View};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;

/// A loan that is not asked for again ends after this.
const LOAN: Duration = Duration::from_secs(60);
/// It is asked for again so often.
const ASK_AGAIN: Duration = Duration::from_secs(20);
/// What is not needed any more is given back after this: the next candidate of a page is asked in a moment.
const LINGER: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Whether a node asks a domain in a view.
pub(super) fn owns(node: &str, domain: &str, view: &View, names: &[String]) -> bool {
    match view.loans.iter().find(|loan| loan.domain == domain) {
        Some(loan) => loan.node == node,
        None => owner(domain, names) == Some(node),
    }
}

/// The nodes of a view.
pub(super) fn names(view: &View) -> Vec<String> {
    view.nodes.iter().map(|node| node.node.clone()).collect()
}

/// What of it still holds, as a view has it; the rest is forgotten.
pub(super) fn lent(loans: &mut Loans, now: Duration, nodes: impl Fn(&str) -> bool) -> Vec<Loan> {
    loans.retain(|_, (node, until)| *until > now && nodes(node));
    loans.iter().map(|(domain, (node, _))| Loan { domain: domain.clone(), node: node.clone() }).collect()
}

/// What a new leader takes over from the view that it finds.
pub(super) fn taken_over(view: &View) -> Loans {
    let until = boottime() + LOAN;
    view.loans.iter().map(|loan| (loan.domain.clone(), (loan.node.clone(), until))).collect()
}

impl Node {
    /// While this node leads: a domain is lent with the next view, to one node at a time. `false`: another has it.
    pub(super) fn lend(&self, node: &str, domain: String) -> bool {
        let now = boottime();
        self.state(|state| {
            let is_anothers = state.loans.get(&domain).is_some_and(|(of, until)| of != node && *until > now);
            if !is_anothers {
                state.loans.insert(domain, (node.to_owned(), now + LOAN));
            }
            !is_anothers
        })
    }

    /// A domain is not lent any more, from the next view on; what another has by now stays with it.
    pub(super) fn take_back(&self, node: &str, domain: &str) {
        self.state(|state| {
            if state.loans.get(domain).is_some_and(|(of, _)| of == node) {
                state.loans.remove(domain);
            }
        });
    }

    /// Borrows what is wished for and another node's, and gives it back.
    pub(super) async fn borrow(self: Arc<Node>) -> anyhow::Result<()> {
        let mut wishes = self.duties.wishes();
        // When each was last asked for, and wished for.
        let mut borrowed: HashMap<String, (Duration, Duration)> = HashMap::new();
        loop {
            let now = boottime();
            let wanted: Vec<String> = wishes.borrow_and_update().keys().cloned().collect();
            let view = self.state(|state| state.view.clone());
            let names = names(&view);
            for domain in wanted {
                if owner(&domain, &names) == Some(&self.name) {
                    continue;
                }
                let (asked, wished) = borrowed.entry(domain.clone()).or_insert((Duration::ZERO, now));
                *wished = now;
                if now.saturating_sub(*asked) >= ASK_AGAIN && self.tell_leader(Submitted::Lend { domain }).await {
                    *asked = now;
                }
            }
            let over: Vec<String> =
                borrowed.extract_if(|_, (_, wished)| now.saturating_sub(*wished) >= LINGER).map(|(domain, _)| domain).collect();
            for domain in over {
                // Where nobody hears it the loan ends by itself.
                self.tell_leader(Submitted::GiveBack { domain }).await;
            }
            tokio::select! {
                changed = wishes.changed() => changed?,
                () = tokio::time::sleep(LOOK_EVERY), if !borrowed.is_empty() => {}
            }
        }
    }

    /// Whether the leader has heard it, and done it.
    async fn tell_leader(&self, what: Submitted) -> bool {
        if self.duties.leads() {
            match what {
                Submitted::Lend { domain } => return self.lend(&self.name, domain),
                Submitted::GiveBack { domain } => self.take_back(&self.name, &domain),
                Submitted::Command { .. } | Submitted::Snapshot => {}
            }
            return true;
        }
        let Some(session) = self.state(|state| state.session) else { return false };
        let id = submission_id(session, self.n_submitted.fetch_add(1, Ordering::SeqCst) as u32 + 1);
        let Ok(body) = super::forward::pack(&what) else { return false };
        let (answer, answered) = oneshot::channel();
        self.wait_for(id, Pending { answer, is_awaited: false });
        self.hand_in(session, &[(id, body)]).await;
        matches!(answered.await, Ok(Ok(_)))
    }
}
