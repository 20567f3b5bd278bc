//! What the first poll is doing, on one line of a terminal.

use crate::daemon::{Engine, Stats};
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

/// Shows progress on stderr, where that is a terminal, until dropped.
pub struct Progress(Option<tokio::task::JoinHandle<()>>);

impl Progress {
    pub fn start(engine: &Arc<Engine>, n_feeds: usize) -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress(None);
        }
        let engine = engine.clone();
        Progress(Some(tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(200));
            loop {
                tick.tick().await;
                show(&line(&engine.stats, n_feeds));
            }
        })))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            show("");
        }
    }
}

fn line(stats: &Stats, n_feeds: usize) -> String {
    let polled = Stats::get(&stats.polled);
    let failed = Stats::get(&stats.failed);
    let mut line = format!("polled {polled} of {n_feeds} feeds · {} new entries", Stats::get(&stats.new_entries));
    let (here, none, out) = (Stats::get(&stats.articles), Stats::get(&stats.without_article), Stats::get(&stats.pages_in_flight));
    if here + none + out > 0 {
        line.push_str(&format!(" · {here} articles"));
    }
    line.push_str(&format!(" · {} settled", Stats::get(&stats.settled)));
    if failed > 0 {
        line.push_str(&format!(" · {failed} failed"));
    }
    line
}

/// Replaces the line; progress that cannot be shown is not a failure.
fn show(line: &str) {
    let mut terminal = std::io::stderr().lock();
    let _ = write!(terminal, "\r\x1b[2K{line}").and_then(|()| terminal.flush());
}
