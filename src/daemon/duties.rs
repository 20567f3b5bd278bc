//! What is this process's to do: everything, where it is alone; in a cluster the share of the domains that it owns while its
//! licence holds, and what the leader does while it leads.

use crate::fetch::address::asked_domain;
use crate::records::Share;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Cheap to clone.
#[derive(Clone)]
pub struct Duties {
    now: Arc<watch::Sender<Duty>>,
    out: Arc<Out>,
    /// Domains that are to be asked whoever's they are, each as often as it is wished for.
    wishes: Arc<watch::Sender<BTreeMap<String, usize>>>,
}

#[derive(Clone)]
struct Duty {
    polls: bool,
    leads: bool,
    /// `None`: every domain.
    share: Option<Share>,
    /// Counts the times when everything that was out had to be dropped.
    n_lapses: u64,
}

/// Domains at which something is being asked, where others own some.
#[derive(Default)]
struct Out {
    domains: Mutex<HashMap<String, usize>>,
    moved: Notify,
}

/// A domain is wished for until this is dropped.
struct Wish {
    wishes: Arc<watch::Sender<BTreeMap<String, usize>>>,
    domain: String,
}

/// An errand waits so long for a domain that is another's: whatever is out there comes to its end first.
const PATIENCE: Duration = Duration::from_secs(40);

/// One request's place among them, given back when dropped.
struct GoneOut {
    out: Arc<Out>,
    domain: String,
}

impl Duties {
    /// Of a process that is alone.
    pub fn all() -> Duties {
        Duties::new(Duty { polls: true, leads: true, share: None, n_lapses: 0 })
    }

    /// Of a node of a cluster, before it has any.
    #[cfg(feature = "cluster")]
    pub fn none() -> Duties {
        Duties::new(Duty { polls: false, leads: false, share: Some(Share(Arc::new(|_| false))), n_lapses: 0 })
    }

    fn new(duty: Duty) -> Duties {
        Duties { now: Arc::new(watch::Sender::new(duty)), out: Arc::default(), wishes: Arc::default() }
    }

    pub fn leads(&self) -> bool {
        self.now.borrow().leads
    }

    pub fn polls(&self) -> bool {
        self.now.borrow().polls
    }

    pub fn share(&self) -> Option<Share> {
        self.now.borrow().share.clone()
    }

    /// Returns when this process polls.
    pub async fn to_poll(&self) {
        self.wait_for(|duty| duty.polls).await;
    }

    /// Returns when this process leads.
    pub async fn to_lead(&self) {
        self.wait_for(|duty| duty.leads).await;
    }

    async fn wait_for(&self, wanted: impl FnMut(&Duty) -> bool) {
        // The sender is here: it is not gone.
        let _ = self.now.subscribe().wait_for(wanted).await;
    }

    /// Does what is asked at an address, and says so meanwhile; `None`: it had to be dropped, or must not begin.
    pub async fn ask_at<T>(&self, url: &str, asking: impl Future<Output = T>) -> Option<T> {
        let mut now = self.now.subscribe();
        let n_lapses = {
            let duty = now.borrow_and_update();
            match duty.share {
                None => None,
                // Without a licence it would wait at the gate for a lapse that has been.
                Some(_) if !duty.polls => return None,
                Some(_) => Some(duty.n_lapses),
            }
        };
        let Some(n_lapses) = n_lapses else { return Some(asking.await) };
        let _out = GoneOut::new(&self.out, asked_domain(url));
        tokio::select! {
            answered = asking => Some(answered),
            _ = now.wait_for(|duty| duty.n_lapses != n_lapses) => None,
        }
    }
}

impl Duties {
    /// The same wherever it is: a domain that is another's is lent to this process meanwhile. `None`: it could not be had.
    pub async fn ask_anywhere<T>(&self, url: &str, asking: impl Future<Output = T>) -> Option<T> {
        if self.share().is_none() {
            return Some(asking.await);
        }
        let _wish = Wish::new(&self.wishes, asked_domain(url));
        let is_ours = |duty: &Duty| duty.polls && duty.share.as_ref().is_some_and(|share| share.holds(url));
        tokio::time::timeout(PATIENCE, self.wait_for(is_ours)).await.ok()?;
        self.ask_at(url, asking).await
    }
}

impl Wish {
    fn new(wishes: &Arc<watch::Sender<BTreeMap<String, usize>>>, domain: String) -> Wish {
        wishes.send_modify(|wishes| *wishes.entry(domain.clone()).or_default() += 1);
        Wish { wishes: wishes.clone(), domain }
    }
}

impl Drop for Wish {
    fn drop(&mut self) {
        self.wishes.send_modify(|wishes| {
            if let Some(n) = wishes.get_mut(&self.domain) {
                *n -= 1;
                if *n == 0 {
                    wishes.remove(&self.domain);
                }
            }
        });
    }
}

#[cfg(feature = "cluster")]
impl Duties {
    /// Domains that are wished for.
    pub fn wishes(&self) -> watch::Receiver<BTreeMap<String, usize>> {
        self.wishes.subscribe()
    }

    pub fn set_leads(&self, leads: bool) {
        self.now.send_if_modified(|duty| std::mem::replace(&mut duty.leads, leads) != leads);
    }

    /// Polls its share from now on.
    pub fn poll(&self, share: Share) {
        self.now.send_modify(|duty| {
            duty.polls = true;
            duty.share = Some(share);
        });
    }

    /// Asks nobody any more; what is out is dropped. Returns when nothing is.
    pub async fn lapse(&self) {
        self.now.send_modify(|duty| {
            duty.polls = false;
            duty.share = Some(Share(Arc::new(|_| false)));
            duty.n_lapses += 1;
        });
        self.until_none_out(|_| true).await;
    }

    /// Returns when nothing is asked any more at domains that are meant.
    pub async fn until_none_out(&self, meant: impl Fn(&str) -> bool) {
        loop {
            let moved = self.out.moved.notified();
            tokio::pin!(moved);
            // Told of whatever comes back from here on.
            moved.as_mut().enable();
            if !self.out.lock().keys().any(|domain| meant(domain)) {
                return;
            }
            moved.await;
        }
    }
}

impl Out {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        // Counts are whole between any two statements.
        self.domains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GoneOut {
    fn new(out: &Arc<Out>, domain: String) -> GoneOut {
        *out.lock().entry(domain.clone()).or_default() += 1;
        GoneOut { out: out.clone(), domain }
    }
}

impl Drop for GoneOut {
    fn drop(&mut self) {
        let mut domains = self.out.lock();
        if let Some(n) = domains.get_mut(&self.domain) {
            *n -= 1;
            if *n == 0 {
                domains.remove(&self.domain);
            }
        }
        drop(domains);
        self.out.moved.notify_waiters();
    }
}
