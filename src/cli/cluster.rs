//! `courant cluster …`: several machines that share a database in PostgreSQL.

use super::failure::{Failure, Outcome};
use super::{run, setup};
use crate::cluster::{Engine, PostgresEngine};
use crate::config::Config;
use crate::daemon::cluster::{self, Ask};
use crate::daemon::socket::{self, ControlRequest, ControlResponse};
use crate::records::NodeStanding;
use crate::text;
use serde_json::json;
use std::io::Write;
use std::path::Path;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a cluster of this machine's database, in the PostgreSQL database that [cluster] names
    Create,
    /// Make this machine a node: its database is a snapshot of the cluster's
    Join,
    /// Who leads, which nodes there are, and how far each is
    Status {
        /// For people, or as one JSON object
        #[arg(long, value_enum, default_value = "table")]
        format: super::status::Format,
    },
    /// Let another node lead; this one must run, and lead
    Yield,
    /// Have every node compare its tables with the leader's, now
    Check,
    /// End a node's membership; it is refused until it joins again
    Remove {
        /// What the node is called
        node: String,
    },
    /// Begin the cluster's log anew from this machine's database: where the log is lost, on the node that has most of it; while
    /// no courant runs here
    Reseed,
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    let config = setup::config(named)?.config;
    if !config.cluster.is_on() {
        let why = "[cluster] names no database: set cluster.url (or cluster.secret) and cluster.node; docs/cluster.md";
        return Err(Failure::Error(anyhow::anyhow!(why)));
    }
    let runtime = setup::runtime()?;
    match command {
        Command::Create | Command::Reseed => {
            let owner = run::own(&config)?;
            let anew = matches!(command, Command::Reseed);
            let id = runtime.block_on(cluster::create(&config, anew))?;
            owner.end();
            say!("courant: cluster {id}: this machine is node {}; start it with `courant run`", config.cluster.node);
        }
        Command::Join => {
            let owner = run::own(&config)?;
            let seq = runtime.block_on(cluster::join(&config))?;
            owner.end();
            say!("courant: node {} begins behind record {seq}; start it with `courant run`", config.cluster.node);
        }
        Command::Status { format } => return status(&config, &runtime, *format),
        Command::Yield => told(ask(&config, Ask::Yield)?)?,
        Command::Check => told(ask(&config, Ask::Check)?)?,
        Command::Remove { node } => {
            runtime.block_on(async { engine(&config)?.remove(node).await.map_err(anyhow::Error::from) })?;
            say!("courant: node {} is removed", text::one_line(node));
        }
    }
    Ok(())
}

fn engine(config: &Config) -> anyhow::Result<PostgresEngine> {
    Ok(PostgresEngine::new(&config.cluster.address(&config.secrets).map_err(anyhow::Error::msg)?)?)
}

fn ask(config: &Config, ask: Ask) -> anyhow::Result<NodeStanding> {
    match socket::ask(&config.state_dir, &ControlRequest::Cluster { what: ask })? {
        None => anyhow::bail!("no courant runs here"),
        Some(ControlResponse::Node(standing)) => Ok(*standing),
        Some(ControlResponse::Error(why)) => anyhow::bail!("{why}"),
        Some(other) => anyhow::bail!("the running courant answered {other:?}"),
    }
}

fn told(standing: NodeStanding) -> Outcome {
    writeln!(std::io::stdout().lock(), "{}", text::one_line(&standing.sentence()))?;
    Ok(())
}

fn status(config: &Config, runtime: &tokio::runtime::Runtime, format: super::status::Format) -> Outcome {
    let here = ask(config, Ask::Status);
    let asked = runtime.block_on(async {
        let engine = engine(config)?;
        anyhow::Ok((
            engine.identity().await?,
            engine.leader().await?,
            engine.head().await?,
            engine.members().await?,
            engine.log_bytes().await?,
        ))
    });
    let mut out = std::io::stdout().lock();
    let (cluster, leader, head, members, log_bytes) = match asked {
        Ok(asked) => asked,
        Err(error) => {
            // What this node knows helps where the others cannot be asked.
            if let Ok(here) = here {
                writeln!(out, "{}", text::one_line(&here.sentence()))?;
            }
            return Err(Failure::Error(error));
        }
    };
    let leader = leader.map(|leader| leader.node);
    if matches!(format, super::status::Format::Json) {
        let nodes: Vec<_> = members
            .iter()
            .map(|seen| {
                json!({
                    "node": seen.member.node, "applied": seen.member.state.applied, "version": seen.member.state.version,
                    "url": seen.member.state.url, "lapsed_s": seen.lapsed.map(|lapsed| lapsed.as_secs()), "removed": seen.removed,
                    "view": seen.member.state.view,
                    "checked": seen.member.state.checked.as_ref().map(|(seq, hash)| json!({"record": seq, "hash": format!("{hash:032x}")})),
                })
            })
            .collect();
        let told = json!({
            "cluster": cluster, "leader": leader, "oldest": head.oldest, "newest": head.newest, "log_bytes": log_bytes,
            "nodes": nodes, "here": here.ok(),
        });
        serde_json::to_writer_pretty(&mut out, &told)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "cluster   {}", text::one_line(&cluster))?;
    writeln!(out, "leader    {}", leader.as_deref().map_or("nobody".into(), text::one_line))?;
    writeln!(out, "log       records {} to {}, {:.1} MB", head.oldest, head.newest, log_bytes as f64 / 1e6)?;
    for seen in &members {
        let state = &seen.member.state;
        let how = match (seen.removed, seen.lapsed) {
            (true, _) => "removed".into(),
            (_, Some(lapsed)) => format!("not heard of for {} s", lapsed.as_secs()),
            _ => format!("record {}, {} behind", state.applied, head.newest.saturating_sub(state.applied)),
        };
        writeln!(
            out,
            "node      {}: {how}, courant {}, {}",
            text::one_line(&seen.member.node),
            text::one_line(&state.version),
            text::one_line(&state.url)
        )?;
    }
    if let Ok(NodeStanding { stale: Some(why), .. }) = here {
        writeln!(out, "attention {}", text::one_line(&why))?;
    }
    Ok(())
}
