//! This node's wall clock among those of the cluster: one that is wrong decides nothing.

use super::super::parts::clock;
use super::node::{Node, boot_ms};
use crate::cluster::{EngineError, Member, NODE_LEASE, wrong_by};

impl Node {
    /// Before this node joins: its clock beside the engine's and those of whoever is there.
    pub(super) async fn look_at_clocks(&self) -> Result<(), EngineError> {
        let (engine, members) = (self.engine.clock().await?, self.engine.members().await?);
        self.state(|state| state.engine_ahead = Some(engine.saturating_sub(boot_ms())));
        let there = members.iter().filter(|seen| seen.lapsed.is_none()).map(|seen| &seen.member);
        self.compare_clocks(there.filter(|member| member.node != self.name));
        Ok(())
    }

    /// A node whose clock is not as most are would plan polls, and date entries, as nobody else does.
    pub(super) fn compare_clocks<'a>(&self, others: impl Iterator<Item = &'a Member>) {
        // Each said it when it was renewed.
        let since = |member: &Member| i64::try_from(NODE_LEASE.saturating_sub(member.holds_for).as_millis()).unwrap_or(0);
        let now = clock().0;
        let said = others.filter(|member| member.state.clock > 0).map(|member| member.state.clock.saturating_add(since(member)));
        let engine = self.state(|state| state.engine_ahead).map(|ahead| boot_ms().saturating_add(ahead));
        let wrong = wrong_by(now, &said.chain(engine).collect::<Vec<_>>());
        let why = wrong.map(|by| {
            let how = if by > 0 { "ahead of" } else { "behind" };
            format!(
                "this node's clock is {} s {how} most of the cluster's: it asks nobody until that is set right",
                by.unsigned_abs() / 1000
            )
        });
        let was_off = self.state(|state| std::mem::replace(&mut state.clock_off, why.clone()).is_some());
        match why {
            Some(why) if !was_off => tracing::error!(why, "the clock is wrong"),
            None if was_off => tracing::info!("the clock is right again"),
            _ => {}
        }
    }
}
