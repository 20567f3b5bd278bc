//! `[cluster]`: several machines.

use super::{secrets, values};
use serde::Deserialize;
use std::time::Duration;

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Cluster {
    /// Of the PostgreSQL database that holds the log; empty, and no `secret`: this machine is alone.
    pub url: String,
    /// The name of the secret that holds the address instead.
    pub secret: String,
    /// What this machine is called among the others.
    pub node: String,
    /// A node that has not heard of the others for so long says that it is not well.
    #[serde(with = "values::duration")]
    pub max_stale: Duration,
    /// A snapshot takes the place of so much of the log.
    #[serde(deserialize_with = "values::size")]
    pub log_bytes: usize,
}

impl Default for Cluster {
    fn default() -> Cluster {
        // Readers poll outputs about hourly; half of that is noticed by a load balancer before they do.
        Cluster {
            url: String::new(),
            secret: String::new(),
            node: String::new(),
            max_stale: Duration::from_secs(30 * 60),
            log_bytes: 256_000_000,
        }
    }
}

impl Cluster {
    /// Whether this machine is one of several.
    pub fn is_on(&self) -> bool {
        !(self.url.is_empty() && self.secret.is_empty())
    }

    /// The address of the cluster's database.
    pub fn address(&self, places: &secrets::Places) -> Result<String, String> {
        match self.secret.as_str() {
            "" => Ok(self.url.clone()),
            name => secrets::read(name, places),
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !self.is_on() {
            return Ok(());
        }
        if cfg!(not(feature = "cluster")) {
            return Err("[cluster]: this courant was built without it; build with `--features cluster`".into());
        }
        if !self.url.is_empty() && !self.secret.is_empty() {
            return Err("cluster.url and cluster.secret both say where the cluster is; keep one of them".into());
        }
        if !self.secret.is_empty() {
            secrets::check_name(&self.secret).map_err(|why| format!("cluster.{why}"))?;
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.node.is_empty() || self.node.len() > 63 || !self.node.chars().all(plain) {
            return Err(format!(
                "cluster.node = {:?} must be of a–z, 0–9 and -, 63 at most; no other node may have it",
                self.node
            ));
        }
        if self.log_bytes < 1_000_000 {
            return Err("cluster.log_bytes must be 1MB at least".into());
        }
        Ok(())
    }
}
