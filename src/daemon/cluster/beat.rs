//! Membership and the lead: renewed again and again, and what follows from losing either.

use super::super::parts::clock;
use super::loans::{lent, taken_over};
use super::log::LeadersLog;
use super::node::{CHANCE, Node, Standing};
use super::snapshot::fetch_another;
use crate::cluster::{EngineError, Leader, Member, MemberState, boottime};
use crate::records::{Command, View, ViewedNode};
use crate::store::schema_version;
use anyhow::Context;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Between two renewals of a membership that lapses after 6 s, and of a lead that lapses after 3 s.
const RENEW_EVERY: Duration = Duration::from_secs(1);
/// The same while others are to let go what this node has gained.
const HAND_OVER_EVERY: Duration = Duration::from_millis(200);
const KEEP_EVERY: Duration = Duration::from_millis(300);
/// A renewal that comes so long after another's membership was to end finds that it has.
const LAPSED_BY: Duration = Duration::from_millis(10);
/// Between two tries to take a lead that is free.
const TRY_EVERY: Duration = Duration::from_millis(500);

/// Whoever gave the lead up does not try for so long to have it back.
const PASSED_ON_FOR: Duration = Duration::from_secs(10);

/// Between two tries to fetch a snapshot.
const BETWEEN_FETCHES: Duration = Duration::from_secs(2);

/// A node joins when so many records at most are missing in its database.
const NEARLY_THERE: u64 = 64;

impl Node {
    /// Renews this node's membership, and polls nobody without one. Where another's is about to end this node looks when it has:
    /// nobody asks what is that one's before the leader knows.
    pub(super) async fn be_member(self: Arc<Node>) -> anyhow::Result<()> {
        loop {
            match self.renew().await {
                Ok(()) => self.heard(),
                Err(EngineError::Removed(node)) => {
                    self.end_membership().await;
                    anyhow::bail!("node \"{node}\" was removed from the cluster; `courant cluster join` lets it in again");
                }
                Err(error) => self.not_heard(&error),
            }
            let now = boottime();
            let ends = self.licences.poll_ends().map(|ends| ends.saturating_sub(now));
            let (every, lapse) = self.state(|state| {
                let every = if state.waits_for_others { HAND_OVER_EVERY } else { RENEW_EVERY };
                (every, state.next_lapse.take().map(|lapse| lapse.saturating_sub(now) + LAPSED_BY))
            });
            tokio::select! {
                () = tokio::time::sleep([ends, lapse].into_iter().flatten().fold(every, Duration::min)) => {}
                () = self.renew_soon.notified() => {}
            }
            if !self.may_be_member() {
                // Others ask what it asked.
                self.give_membership_back().await;
            }
            if self.state(|state| state.session.is_some()) && !self.licences.may_poll() {
                tracing::warn!("this node has not heard of the others for 4 s: it polls nobody until it has");
                self.end_membership().await;
            }
        }
    }

    async fn renew(&self) -> Result<(), EngineError> {
        let sent = boottime();
        let state = self.member_state();
        let Some(session) = self.state(|state| state.session) else {
            let head = self.engine.head().await?.newest;
            self.state(|state| state.head = head);
            if head.saturating_sub(state.applied) > NEARLY_THERE || !self.goes_on() {
                return Ok(());
            }
            self.check_identity().await?;
            self.look_at_clocks().await?;
            if self.state(|state| state.clock_off.is_some()) {
                return Ok(());
            }
            self.licences.trust_wall();
            let session = self.engine.join(&self.name, &state).await?;
            tracing::info!(node = self.name, session, "joined the cluster");
            self.n_submitted.store(0, Ordering::SeqCst);
            self.state(|state| {
                state.session = Some(session);
                // Who is there, and has let go what, is told by the first renewal.
                state.members.clear();
            });
            self.licences.renewed(sent);
            self.renew_soon.notify_one();
            return Ok(());
        };
        let renewed = tokio::time::timeout(RENEW_EVERY * 2, self.engine.renew(&self.name, session, &state)).await;
        match renewed.map_err(|_| EngineError::Unreachable("no answer to a renewal".into()))?? {
            Some(members) => {
                self.licences.renewed(sent);
                self.note_members(members, sent);
            }
            None => self.lose_session().await,
        }
        Ok(())
    }

    /// The engine says that this node's session is over. Where its licence holds still, the log was begun anew, and all sessions
    /// with it: nobody owns this node's domains before the next view, so that what it has in hand is handed in by its next
    /// session.
    async fn lose_session(&self) {
        let now = boottime();
        let again = self.state(|state| state.lost_session.replace(now)).is_some_and(|last| now.saturating_sub(last) < CHANCE);
        if again {
            tracing::error!(node = self.name, "another process may be called as this node is: each ends the other's membership");
        }
        if again || !self.licences.may_poll() {
            return self.end_membership().await;
        }
        self.state(|state| state.session = None);
        self.fail_pending("this membership is over");
    }

    /// Whether the engine keeps the cluster that this database is of.
    async fn check_identity(&self) -> Result<(), EngineError> {
        let found = self.engine.identity().await?;
        match found == self.cluster {
            true => Ok(()),
            false => Err(EngineError::Refused(format!("it keeps cluster {found}, and this database is of {}", self.cluster))),
        }
    }

    fn member_state(&self) -> MemberState {
        let applied = *self.applied.borrow();
        let (view, checked) = self.state(|state| (state.let_go, state.checked));
        MemberState {
            version: env!("CARGO_PKG_VERSION").into(),
            schema: u32::try_from(schema_version()).unwrap_or(0),
            polls: true,
            applied,
            view,
            url: self.config.get().base_url(),
            checked,
            clock: clock().0,
        }
    }

    /// What a renewal that was sent at `sent` told.
    fn note_members(&self, members: Vec<Member>, sent: Duration) {
        self.compare_checks(&members);
        self.compare_clocks(members.iter().filter(|member| member.node != self.name));
        let members: Vec<Member> = members.into_iter().filter(|member| member.state.polls).collect();
        let now = boottime();
        let is_new = self.state(|state| {
            let standing = |member: &Member| Standing { let_go: member.state.view, applied: member.state.applied };
            state.members = members.iter().map(|member| (member.node.clone(), standing(member))).collect();
            let others = members.iter().filter(|member| member.node != self.name);
            state.next_lapse = others.map(|member| now + member.holds_for).min();
            if sent < state.led_since {
                // Who has come since, and was in the former leader's view, may be missing.
                return false;
            }
            state.viewed = members
                .into_iter()
                .map(|member| ViewedNode { node: member.node, session: member.session, url: member.state.url })
                .collect();
            state.viewed != state.view.nodes
        });
        if is_new {
            self.view_due.notify_one();
        }
        self.membership_moved.notify_waiters();
    }

    /// A node whose tables are others than the leader's at the same record has a damaged database.
    fn compare_checks(&self, members: &[Member]) {
        let leader = self.state(|state| state.leader.clone());
        // Of another version it may have other columns.
        let is_like = |member: &&Member| i64::from(member.state.schema) == i64::from(schema_version());
        let of = |node: &str| {
            members.iter().filter(is_like).find(|member| member.node == node).and_then(|member| member.state.checked)
        };
        let (Some(ours), Some(leaders)) = (self.state(|state| state.checked), leader.as_deref().and_then(of)) else {
            return;
        };
        if !self.duties.leads() && ours.0 == leaders.0 && ours.1 != leaders.1 {
            self.diverged(format!("its tables are others than the leader's at record {}", ours.0), ours.0);
        }
    }

    /// Ends what this node may do as a member: nothing is asked any more, and what it submitted is nobody's.
    pub(super) async fn end_membership(&self) {
        self.licences.end_poll();
        self.duties.lapse().await;
        self.polls.unchanged.forget();
        self.state(|state| state.session = None);
        self.fail_pending("this node is not in touch with its cluster");
        self.kept_views.lock().await.clear();
    }

    /// Whether this node's tables go on: where they stand still, or its disk takes nothing, it does not know what was asked.
    fn goes_on(&self) -> bool {
        self.writer.trouble().is_none() && self.state(|state| state.stuck.is_none() && state.diverged.is_none())
    }

    /// Whether what this node asks can be relied on.
    fn may_be_member(&self) -> bool {
        self.goes_on() && !self.licences.wall_was_set() && self.state(|state| state.clock_off.is_none())
    }

    /// Ends it, and the others need not wait until it would end by itself: nothing of this node is out.
    async fn give_membership_back(&self) {
        let Some(session) = self.state(|state| state.session) else { return };
        tracing::warn!("this node's tables or clock are not to be relied on: others ask what it asked");
        self.end_membership().await;
        if let Err(error) = self.engine.leave(&self.name, session).await {
            tracing::debug!(%error, "the others will see by themselves that this node is no member");
        }
    }

    /// Takes the lead where it is free, and keeps it.
    pub(super) async fn be_leader(self: Arc<Node>) -> anyhow::Result<()> {
        loop {
            if self.state(|state| state.term.is_some()) {
                self.keep().await;
                tokio::select! {
                    () = tokio::time::sleep(KEEP_EVERY) => {}
                    () = self.view_due.notified() => {}
                }
            } else {
                match self.try_to_lead().await {
                    Ok(()) => {}
                    Err(error) if error.is::<EngineError>() || super::super::disk::passes(&error) => {
                        tracing::debug!(error = format!("{error:#}"), "the lead could not be taken");
                    }
                    Err(error) => return Err(error),
                }
                tokio::time::sleep(TRY_EVERY).await;
            }
        }
    }

    async fn keep(&self) {
        let Some(term) = self.state(|state| state.term) else { return };
        if !self.licences.may_lead() {
            // A renewal that nobody answers would only have the others wait longer: first it is asked whether anybody does.
            let asked = tokio::time::timeout(RENEW_EVERY, self.engine.leader()).await;
            let is_ours = |leader: &Leader| leader.node == self.name && leader.term == term;
            if !asked.is_ok_and(|answered| answered.is_ok_and(|leader| leader.as_ref().is_some_and(is_ours))) {
                return self.stop_leading().await;
            }
        }
        let is_kept = self.renew_lead(term).await;
        if !self.may_be_member() {
            tracing::warn!("this node's disk or clock is not to be relied on: another one is to lead");
            return self.pass_the_lead_on().await;
        }
        // The writer may have found out first.
        if !is_kept || !self.licences.may_lead() || !*self.leads.borrow() {
            self.stop_leading().await;
        } else if let Err(error) = self.beside_renewals(term, self.publish_view()).await {
            tracing::debug!(error = format!("{error:#}"), "who polls could not be published");
        }
    }

    /// Whether this node still leads, as far as it knows.
    async fn renew_lead(&self, term: u64) -> bool {
        let sent = boottime();
        match tokio::time::timeout(RENEW_EVERY * 2, self.engine.keep(&self.name, term)).await {
            Ok(Ok(true)) => {
                self.licences.kept(sent);
                self.heard();
                true
            }
            Ok(Ok(false)) => false,
            Ok(Err(error)) => {
                self.not_heard(&error);
                self.licences.may_lead()
            }
            Err(_) => self.licences.may_lead(),
        }
    }

    /// Does what may take longer than a lead lasts that is not renewed. Once the lead is lost it is not renewed any more; what was
    /// begun is ended all the same.
    async fn beside_renewals<T>(&self, term: u64, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        tokio::pin!(work);
        let mut is_kept = true;
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(KEEP_EVERY), if is_kept => is_kept = self.renew_lead(term).await,
            }
        }
    }

    /// Follows from now on.
    pub(super) async fn stop_leading(&self) {
        let Some(term) = self.state(|state| state.term.take()) else { return };
        tracing::info!(term, "no longer leads");
        self.licences.end_lead();
        self.duties.set_leads(false);
        // An error means that the writer has ended, and the service with it.
        _ = self.writer.step_down().await;
        _ = self.engine.yield_lead(&self.name, term).await;
    }

    /// Another node may lead: this one does not try for a while.
    pub(super) async fn pass_the_lead_on(&self) {
        self.state(|state| state.no_lead_until = boottime() + PASSED_ON_FOR);
        self.stop_leading().await;
    }

    async fn try_to_lead(&self) -> anyhow::Result<()> {
        let leader = self.engine.leader().await?;
        self.state(|state| state.leader = leader.as_ref().map(|leader| leader.node.clone()));
        let may_try = self.state(|state| {
            state.session.is_some() && state.stuck.is_none() && state.diverged.is_none() && boottime() >= state.no_lead_until
        });
        if leader.is_some() || !may_try || self.writer.trouble().is_some() || !self.is_furthest().await? {
            return Ok(());
        }
        self.check_identity().await?;
        let sent = boottime();
        let Some(term) = self.engine.lead(&self.name).await? else { return Ok(()) };
        // From here on nobody else can append: what is in the log is all there is.
        let _following = self.following.lock().await;
        let done = self.begin_to_lead(term, sent).await;
        if done.is_err() {
            _ = self.engine.yield_lead(&self.name, term).await;
        }
        done
    }

    /// Whether nobody is known to have more of the log than this node, and a snapshot is there for those who have less. A node
    /// that was there a moment ago has its chance first.
    async fn is_furthest(&self) -> Result<bool, EngineError> {
        let (head, applied) = (self.engine.head().await?.newest, *self.applied.borrow());
        if self.engine.snapshot().await?.is_none() {
            return Ok(false);
        }
        let members = self.engine.members().await?;
        let there = members.iter().filter(|seen| !seen.removed && seen.lapsed.is_none_or(|lapsed| lapsed < CHANCE));
        Ok(there.map(|seen| seen.member.state.applied).all(|theirs| theirs <= applied.max(head)))
    }

    async fn begin_to_lead(&self, term: u64, sent: Duration) -> anyhow::Result<()> {
        self.licences.kept(sent);
        let caught_up = async {
            while self.follow_some().await? {}
            anyhow::Ok(())
        };
        self.beside_renewals(term, caught_up).await?;
        anyhow::ensure!(self.licences.may_lead(), "the lead was lost while the log was read");
        let (head, applied) = (self.engine.head().await?, *self.applied.borrow());
        anyhow::ensure!(applied >= head.newest, "this database ends at record {applied}, and the cluster at {}", head.newest);
        if applied > head.newest {
            tracing::warn!(
                n_lost = applied - head.newest,
                "the cluster's database has lost the newest part of the log: it is begun anew from this node's database"
            );
            return self.reseed().await;
        }
        let leading = async { self.writer.lead(Box::new(LeadersLog::new(self, term))).await.context("the writer cannot lead") };
        self.beside_renewals(term, leading).await?;
        tracing::info!(node = self.name, term, applied, "leads the cluster");
        self.state(|state| {
            state.term = Some(term);
            state.led_since = boottime();
            state.viewed.clear();
            state.loans = taken_over(&state.view);
            state.leader = Some(self.name.clone());
        });
        let config = self.config.get();
        let (rules, triggers) = (config.rules.clone(), config.triggers());
        let watch = async { Ok(self.writer.submit(Command::Watch { rules, triggers, at: clock() }).await?) };
        self.beside_renewals(term, watch).await?;
        self.duties.set_leads(true);
        self.renew_soon.notify_one();
        self.bells.feeds_changed.notify_one();
        Ok(())
    }

    /// Says who polls, where that is others than before.
    async fn publish_view(&self) -> anyhow::Result<()> {
        let now = boottime();
        let news = self.state(|state| {
            // Where it is not known who is there, no loan is forgotten either.
            if state.viewed.is_empty() || now < state.no_view_until {
                return None;
            }
            let is_there = |node: &str| state.viewed.iter().any(|viewed| viewed.node == node);
            let loans = lent(&mut state.loans, now, is_there);
            let is_same = state.viewed == state.view.nodes && loans == state.view.loans;
            (!is_same).then(|| (state.viewed.clone(), state.view.clone(), loans))
        });
        let Some((viewed, view, loans)) = news else { return Ok(()) };
        match viewed == view.nodes {
            true => tracing::debug!(view = view.n + 1, n_loans = loans.len(), "domains are lent, or given back"),
            false => {
                let names: Vec<&str> = viewed.iter().map(|node| node.node.as_str()).collect();
                tracing::info!(view = view.n + 1, nodes = names.join(", "), "these nodes poll from now on");
            }
        }
        let view = View { n: view.n + 1, nodes: viewed, loans };
        self.writer.submit(Command::View { view: view.clone() }).await?;
        self.viewed(view).await;
        Ok(())
    }

    /// Where this node's database cannot go on: fetches another, while this one is served, and ends when it is here.
    pub(super) async fn until_diverged(self: Arc<Node>) -> anyhow::Result<()> {
        loop {
            let moved = self.membership_moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            let Some(needs) = self.state(|state| state.diverged.clone()) else {
                moved.await;
                continue;
            };
            // Others ask what it asked, as soon as nothing of it is out.
            self.give_membership_back().await;
            match fetch_another(&*self.engine, &self.config.get(), &needs).await {
                Ok(()) => return Err(needs.into()),
                Err(error) => tracing::warn!(error = format!("{error:#}"), "no snapshot could be had yet"),
            }
            tokio::time::sleep(BETWEEN_FETCHES).await;
        }
    }
}
