//! How things stand, noted now and then for the page at `/status`.

use super::engine::Engine;
use super::exposition::sizes;
use super::parts::clock;
use super::pass::Done;
use crate::model::Sample;
use crate::records::Command;

/// Notes what was done since the last time, and how things stand.
pub(super) async fn note(engine: &Engine, done: &Done) -> anyhow::Result<()> {
    // Of several nodes the leader counts what all of them did.
    if !engine.duties.leads() {
        return Ok(());
    }
    let counts = engine.readers.ask(|reader| reader.counts()).await?;
    let (bytes, memory_bytes) = tokio::join!(sizes(engine), memory_bytes());
    let sample = Sample {
        at: clock(),
        n_polls: done.polled,
        n_failed: done.failed,
        n_entries: done.new_entries,
        n_stories: counts.stories.unsigned_abs(),
        n_waiting: (counts.articles_wanted + counts.pending).unsigned_abs(),
        database_bytes: bytes?.database,
        memory_bytes,
    };
    engine.writer.submit(Command::Sample { sample }).await?;
    Ok(())
}

/// What the process has in memory (`VmRSS` of proc(5)); `None`: the system does not say.
async fn memory_bytes() -> Option<u64> {
    let status = tokio::fs::read_to_string("/proc/self/status").await.ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
