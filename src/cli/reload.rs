//! `courant reload`: the running service reads its files again.

use super::failure::{Failure, Outcome};
use super::setup;
use crate::daemon::socket::{self, ControlRequest, ControlResponse};
use std::path::Path;

pub fn run(named: Option<&Path>) -> Outcome {
    // Only the place of its socket is wanted; a list that is wrong is named by the service, which keeps what it has.
    let config = setup::config(named)?.config;
    match socket::ask(&config.state_dir, &ControlRequest::Reload)? {
        Some(ControlResponse::Reloaded { n_feeds, n_added, n_removed, waiting }) => {
            println!("reloaded: {n_feeds} feeds, {n_added} new, {n_removed} no longer listed");
            if !waiting.is_empty() {
                println!("after a restart: {}", waiting.join(", "));
            }
            Ok(())
        }
        Some(ControlResponse::Misconfigured(why)) => Err(Failure::Misfit(format!("not reloaded, all stays as it was: {why}"))),
        Some(ControlResponse::Error(why)) => Err(Failure::Error(anyhow::anyhow!("not reloaded, all stays as it was: {why}"))),
        Some(_) => Err(Failure::Error(anyhow::anyhow!("the running courant is of another version; restart it"))),
        None => Err(Failure::Error(anyhow::anyhow!("no courant runs in {}", config.state_dir.display()))),
    }
}
