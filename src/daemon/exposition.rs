//! How things stand, looked up for whoever asks for metrics.

use super::engine::Engine;
use super::metrics::Figures;
use super::parts::Stats;
use crate::store::files::Sizes;

/// The metrics of a running service as OpenMetrics text.
pub async fn metrics(engine: &Engine) -> anyhow::Result<String> {
    let counts = engine.readers.ask(|reader| reader.counts()).await?;
    let bytes = sizes(engine).await?;
    let figures = Figures {
        counts,
        polls_in_flight: Stats::get(&engine.stats.polls_in_flight),
        pages_in_flight: Stats::get(&engine.stats.pages_in_flight),
        n_writer: engine.writer.n_waiting(),
        database_bytes: bytes.database,
        log_bytes: bytes.log,
        network_is_down: engine.network().is_some(),
        node: engine.node(),
        reload_failed: engine.reloads.standing().failed.is_some(),
    };
    Ok(engine.metrics.text(&figures)?)
}

/// Of the database's files.
pub(super) async fn sizes(engine: &Engine) -> anyhow::Result<Sizes> {
    let database = engine.config.get().database();
    Ok(tokio::task::spawn_blocking(move || Sizes::of(&database)).await?)
}
