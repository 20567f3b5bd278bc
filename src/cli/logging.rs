//! Logs on stderr: in colour and with the time on a terminal; with a priority for systemd's journal, which adds the time;
//! as JSON where that is asked for.

use crate::config::{Level, Log, LogFormat};
use std::fmt;
use std::io::IsTerminal;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{Compact, Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::{Layer, layer::SubscriberExt, reload, util::SubscriberInitExt};

/// The levels of a log that is being written.
pub struct Levels(reload::Handle<Targets, Registry>);

impl Levels {
    /// They hold from now on.
    pub fn set(&self, log: &Log) {
        if let Err(error) = self.0.reload(targets(log)) {
            tracing::warn!(%error, "the levels of the log stay as they were");
        }
    }
}

/// Begins to log.
pub fn start(log: &Log) -> Levels {
    let (filter, levels) = reload::Layer::new(targets(log));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Auto if is_journal() => lines.event_format(Journal::new()).with_ansi(false).boxed(),
        LogFormat::Auto | LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            lines.compact().with_ansi(colours).with_target(false).boxed()
        }
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
    Levels(levels)
}

fn targets(log: &Log) -> Targets {
    let level = level_of(log.level);
    // Other crates' own chatter is for their authors: their warnings are enough.
    let all = Targets::new().with_default(level.min(tracing::Level::WARN)).with_target("courant", level);
    all.with_targets(log.rooms.iter().map(|(room, level)| (format!("courant::{room}"), level_of(*level))))
}

fn level_of(level: Level) -> tracing::Level {
    match level {
        Level::Error => tracing::Level::ERROR,
        Level::Warn => tracing::Level::WARN,
        Level::Info => tracing::Level::INFO,
        Level::Debug => tracing::Level::DEBUG,
        Level::Trace => tracing::Level::TRACE,
    }
}

/// Whether stderr is systemd's journal, and not a file to which somebody sent it (systemd.exec(5), `$JOURNAL_STREAM`).
fn is_journal() -> bool {
    let stream = std::env::var("JOURNAL_STREAM").ok();
    let stderr = rustix::fs::fstat(std::io::stderr()).ok();
    stream.zip(stderr).is_some_and(|(stream, stderr)| stream == format!("{}:{}", stderr.st_dev, stderr.st_ino))
}

/// Lines as the journal reads them: the priority first (sd-daemon(3)), no time.
struct Journal(Format<Compact, ()>);

impl Journal {
    fn new() -> Journal {
        Journal(tracing_subscriber::fmt::format().compact().without_time().with_target(false))
    }
}

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let priority = match *event.metadata().level() {
            tracing::Level::ERROR => 3,
            tracing::Level::WARN => 4,
            tracing::Level::INFO => 6,
            tracing::Level::DEBUG | tracing::Level::TRACE => 7,
        };
        write!(to, "<{priority}>")?;
        self.0.format_event(context, to, event)
    }
}
