//! What takes long, on one line of a terminal: the first poll in figures, other work with its time.

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

/// Says on stderr what takes long, and for how long it has, where that is a terminal, until dropped.
pub struct Waiting(Option<(std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>)>);

impl Waiting {
    /// `what`: "checking the database".
    pub fn start(what: &'static str) -> Waiting {
        if !std::io::stderr().is_terminal() {
            return Waiting(None);
        }
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let started = std::time::Instant::now();
        let thread = std::thread::spawn(move || {
            // Ends when the other end of the channel is gone.
            while stopped.recv_timeout(Duration::from_secs(1)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                show(&format!("{what} … {} s", started.elapsed().as_secs()));
            }
            show("");
        });
        Waiting(Some((stop, thread)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // A thread that only writes a line has nothing to tell.
            let _ = thread.join();
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
