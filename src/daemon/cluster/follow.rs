//! The log → this node's database; and, as all nodes agree by it, who owns which domain.

use super::super::parts::clock;
use super::loans::{names, owns};
use super::node::{CHANCE, NeedsSnapshot, Node};
use crate::cluster::{Bell, EngineError, boottime};
use crate::fetch::address::asked_domain;
use crate::records::{Committed, Share, View};
use crate::store::FollowError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Of the log at one time.
const READ_BYTES: usize = 4 << 20;
/// The log is looked at so often, whoever rings.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// After what passes by itself.
const BREATH: Duration = Duration::from_secs(1);

impl Node {
    /// Applies what others commit, while another node leads.
    pub(super) async fn follow(self: Arc<Node>) -> anyhow::Result<()> {
        let mut heard = 0;
        self.viewed(self.readers.ask(|reader| reader.view()).await?).await;
        loop {
            // While this node leads nobody else appends; a database that is to be replaced stands still.
            let more = match self.state(|state| state.term.is_some() || state.diverged.is_some()) {
                true => Ok(false),
                false => {
                    let _following = self.following.lock().await;
                    self.follow_some().await
                }
            };
            match more {
                Ok(true) => continue,
                Ok(false) => heard = self.engine.wait(Bell::Log, heard, LOOK_EVERY).await,
                Err(error) => {
                    match error.downcast_ref::<EngineError>() {
                        Some(error) => self.not_heard(error),
                        None => tracing::debug!(error = format!("{error:#}"), "the log is not followed now"),
                    }
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }

    /// Applies what is next in the log; `false`: there is nothing. The caller holds `following`.
    pub(super) async fn follow_some(&self) -> anyhow::Result<bool> {
        let replica = self.readers.ask(|reader| reader.replica()).await?;
        let applied = replica.map_or(0, |replica| replica.seq);
        self.applied.send_replace(applied);
        let records = self.engine.read(applied, READ_BYTES).await?;
        let Some(first) = records.first() else {
            self.heard();
            return self.is_whole(applied).await.map(|()| false);
        };
        self.heard();
        self.state(|state| state.head = state.head.max(records.last().map_or(0, |record| record.seq)));
        if first.seq != applied + 1 {
            let why = format!("the log begins at {}, and this database ends at {applied}", first.seq);
            self.diverged(why, first.seq - 1);
            return Ok(false);
        }
        let records = records.into_iter().map(|record| (record.seq, record.body)).collect();
        match self.writer.follow(records).await {
            Ok(followed) => {
                self.applied.send_replace(followed.seq);
                self.state(|state| state.stuck = None);
                self.take_news(&followed.news).await?;
                Ok(true)
            }
            Err(FollowError::Diverged { seq, why }) => {
                self.diverged(format!("record {seq}: {why}"), seq);
                Ok(false)
            }
            Err(newer @ FollowError::Newer { .. }) => {
                let why = newer.to_string();
                if self.state(|state| state.stuck.replace(why.clone())).is_none() {
                    tracing::error!(why, "this node serves what it has");
                }
                Ok(false)
            }
            Err(FollowError::Write(error)) => Err(error.into()),
        }
    }

    /// Whether what is missing here can still be read, where nothing is: the log may have been cut, or begun anew. A database that
    /// is ahead of the log is that of a leader whose newest records the engine has lost; where another leads by now they are
    /// lost.
    async fn is_whole(&self, applied: u64) -> anyhow::Result<()> {
        let head = self.engine.head().await?;
        self.state(|state| state.head = head.newest);
        let is_led = || async { anyhow::Ok(self.engine.leader().await?.is_some_and(|leader| leader.node != self.name)) };
        // What was appended since it was read is read next.
        let begins = if head.oldest == 0 { head.newest + 1 } else { head.oldest };
        if begins > applied + 1 {
            self.diverged(format!("the log begins at {begins}, and this database ends at {applied}"), begins - 1);
            return Ok(());
        }
        // Whoever leads finds it too, and may begin the log anew from as much.
        let is_ahead = applied > head.newest && is_led().await?;
        let since = self.state(|state| {
            state.ahead_since = is_ahead.then(|| state.ahead_since.unwrap_or_else(boottime));
            state.ahead_since
        });
        if since.is_some_and(|since| boottime().saturating_sub(since) > CHANCE) {
            self.diverged(format!("the log ends at {}, and this database at {applied}", head.newest), 0);
        }
        Ok(())
    }

    /// Another database is to take the place of this node's.
    pub(super) fn diverged(&self, why: String, seq: u64) {
        let needs = NeedsSnapshot { why: why.clone(), seq };
        if self.state(|state| state.diverged.replace(needs)).is_none() {
            tracing::error!(why, "this node's database cannot go on by the log: a snapshot takes its place");
        }
        self.membership_moved.notify_waiters();
    }

    async fn take_news(&self, news: &Committed) -> anyhow::Result<()> {
        if news.cluster.view {
            self.viewed(self.readers.ask(|reader| reader.view()).await?).await;
        }
        if news.cluster.list {
            self.list_moved.notify_one();
        }
        Ok(())
    }

    /// These nodes poll from now on: what this one has lost it lets go, what it has gained it asks when the others have done
    /// the same.
    pub(super) async fn viewed(&self, view: View) {
        let session = self.state(|state| {
            state.view = view.clone();
            state.session
        });
        let ours = view.nodes.iter().any(|node| node.node == self.name && Some(node.session) == session);
        let mut kept = self.kept_views.lock().await;
        if !ours {
            // A membership that is not published yet, or that others say is over: what was this node's is theirs.
            if !kept.is_empty() {
                kept.clear();
                self.duties.lapse().await;
                self.polls.unchanged.forget();
            }
            return;
        }
        if kept.is_empty() {
            // New: nothing was this node's before.
            kept.push(View::default());
        }
        if kept.last().is_some_and(|last| view.is_without_some_of(last)) && self.learn_what_others_asked().await {
            // The view that they were in need not be waited for: the gone have nothing out, and all that they did is known here.
            kept.pop();
        }
        kept.push(view);
        self.duties.poll(share(&self.name, kept.clone()));
        self.bells.feeds_changed.notify_one();
        self.bells.pages_wanted.notify_one();
        drop(kept);
        self.membership_moved.notify_waiters();
    }

    /// Lets go what a new view has given to others, and takes what it has given to this node when nobody else asks there.
    pub(super) async fn hand_over(self: Arc<Node>) -> anyhow::Result<()> {
        loop {
            let moved = self.membership_moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            let (view, let_go) = self.state(|state| (state.view.clone(), state.let_go));
            if view.n > let_go {
                let names = names(&view);
                let mut lost = Box::pin(self.duties.until_none_out(|domain| !owns(&self.name, domain, &view, &names)));
                tokio::select! {
                    () = &mut lost => {
                        // Polls that found nothing are handed in together, after their requests have ended: whoever asks there
                        // next is to know of them.
                        if let Some(session) = self.state(|state| state.session) {
                            tokio::select! {
                                () = self.polls.unchanged.flush() => {}
                                () = self.session_ends(session) => {}
                            }
                        }
                        self.state(|state| state.let_go = view.n);
                        self.renew_soon.notify_one();
                    }
                    // Of a newer view, perhaps.
                    () = &mut moved => continue,
                }
            }
            // What others asked before is to be known here, or it would be asked again.
            let applied = *self.applied.borrow();
            let all_let_go = self.state(|state| {
                let has_let_go = |node: &str| {
                    state.members.get(node).is_none_or(|theirs| theirs.let_go >= view.n && theirs.applied <= applied)
                };
                state.members.contains_key(&self.name)
                    && view.nodes.iter().all(|node| node.node == self.name || has_let_go(&node.node))
            });
            let is_in = view.nodes.iter().any(|node| node.node == self.name);
            let has_gained = is_in && self.kept_views.lock().await.len() > 1;
            self.state(|state| state.waits_for_others = has_gained && !all_let_go);
            if has_gained && all_let_go {
                self.take_over(&view).await;
            }
            moved.await;
        }
    }

    /// Before this node asks what others have asked until now; `false`: it cannot be read just now.
    async fn learn_what_others_asked(&self) -> bool {
        let now = clock();
        match self.readers.ask(move |reader| reader.robots(now)).await {
            Ok(robots) => {
                self.client.take_over(robots);
                true
            }
            Err(error) => {
                tracing::debug!(error = format!("{error:#}"), "what others have asked cannot be read now");
                false
            }
        }
    }

    async fn take_over(&self, view: &View) {
        let mut kept = self.kept_views.lock().await;
        if self.state(|state| state.view != *view) || !self.learn_what_others_asked().await {
            // Looked at again with the next renewal at the latest.
            return;
        }
        let n_before = kept.len().saturating_sub(1);
        kept.drain(..n_before);
        self.duties.poll(share(&self.name, kept.clone()));
        tracing::debug!(view = view.n, "asks what this view gives it");
        self.bells.feeds_changed.notify_one();
        self.bells.pages_wanted.notify_one();
    }
}

/// What a node asks: domains that were its own in all of these views.
fn share(node: &str, views: Vec<View>) -> Share {
    let node = node.to_owned();
    let views: Vec<_> = views.into_iter().map(|view| (names(&view), view)).collect();
    let known: Mutex<HashMap<String, bool>> = Mutex::default();
    Share(Arc::new(move |url| {
        let domain = asked_domain(url);
        // A poisoned memory is still one.
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owns) = known.get(&domain) {
            return *owns;
        }
        let owns = views.iter().all(|(names, view)| owns(&node, &domain, view, names));
        if known.len() < MOST_DOMAINS {
            known.insert(domain, owns);
        }
        owns
    }))
}

/// Domains whose owner is remembered: it costs a hash a node to find out again.
const MOST_DOMAINS: usize = 100_000;
