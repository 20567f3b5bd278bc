//! What nodes of a cluster agree on, and how one stands among them.

use serde::{Deserialize, Serialize};

/// Who polls and serves, from one record of the log on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Grows with each.
    pub n: u64,
    /// In the order of their names.
    pub nodes: Vec<ViewedNode>,
    /// Domains that another than their owner asks for now, in their order.
    #[serde(default)]
    pub loans: Vec<Loan>,
}

impl View {
    /// Whether all that differs from the view before it is that some nodes are gone: whatever has another owner by that was theirs,
    /// and nobody who is there has lost anything.
    pub fn is_without_some_of(&self, before: &View) -> bool {
        let is_there = |node: &str| self.nodes.iter().any(|known| known.node == node);
        let is_as_before =
            |node: &ViewedNode| before.nodes.iter().any(|was| (&was.node, was.session) == (&node.node, node.session));
        self.n == before.n + 1
            && self.nodes.len() < before.nodes.len()
            && self.nodes.iter().all(is_as_before)
            && self.loans.iter().eq(before.loans.iter().filter(|loan| is_there(&loan.node)))
    }
}

/// A domain that its owner leaves to another node for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    pub domain: String,
    pub node: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewedNode {
    pub node: String,
    /// Its membership: another one after each lapse.
    pub session: u64,
    /// Where it serves.
    pub url: String,
}

/// What a transaction changed that nodes act on beside what they publish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterNews {
    /// Who polls.
    pub view: bool,
    /// The list of subscriptions.
    pub list: bool,
    /// Every node is to say what its tables hash to.
    pub check: bool,
}

/// A node as `status`, the page and `/metrics` tell of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStanding {
    pub node: String,
    pub leads: bool,
    pub leader: Option<String>,
    pub term: u64,
    /// Newest record in this node's database, and in the log as it was last heard of.
    pub applied: u64,
    pub head: u64,
    /// Since the engine answered last, in seconds.
    pub silent_s: u64,
    /// It is not up to date, and why.
    pub stale: Option<String>,
    pub members: Vec<String>,
}

impl NodeStanding {
    pub fn sentence(&self) -> String {
        let NodeStanding { node, applied, head, .. } = self;
        let role = match (&self.leader, self.leads) {
            (_, true) => "leads".to_owned(),
            (Some(leader), _) => format!("follows {leader}"),
            (None, _) => "nobody leads".to_owned(),
        };
        let behind = match head.saturating_sub(*applied) {
            0 => String::new(),
            n => format!(", {n} behind"),
        };
        let stale = self.stale.as_ref().map_or(String::new(), |why| format!("; stale: {why}"));
        format!("node {node} of {}: {role}, record {applied}{behind}{stale}", self.members.join(", "))
    }
}
