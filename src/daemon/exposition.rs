//! How things stand, looked up for whoever asks for metrics.

use super::engine::Engine;
use super::metrics::Figures;
use super::parts::Stats;
use std::path::{Path, PathBuf};

/// The metrics of a running service as OpenMetrics text.
pub async fn metrics(engine: &Engine) -> anyhow::Result<String> {
    let counts = engine.readers.ask(|reader| reader.counts()).await?;
    let database = engine.config.get().database();
    let log = tokio::task::spawn_blocking(move || size(&log_of(&database)));
    let (database_bytes, log_bytes) = (database_bytes(engine).await?, log.await?);
    let figures = Figures {
        counts,
        polls_in_flight: Stats::get(&engine.stats.polls_in_flight),
        pages_in_flight: Stats::get(&engine.stats.pages_in_flight),
        n_writer: engine.writer.n_waiting(),
        database_bytes,
        log_bytes,
        network_is_down: engine.network().is_some(),
        node: engine.node(),
        reload_failed: engine.reloads.standing().failed.is_some(),
    };
    Ok(engine.metrics.text(&figures)?)
}

/// Of the database's file.
pub(super) async fn database_bytes(engine: &Engine) -> anyhow::Result<u64> {
    let database = engine.config.get().database();
    Ok(tokio::task::spawn_blocking(move || size(&database)).await?)
}

fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// 0: it is not there.
fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}
