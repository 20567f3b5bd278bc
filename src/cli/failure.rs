//! How a command ends when it does not end well.

use crate::config::{ConfigError, PERMISSION_HINT};
use crate::text;
use std::io::ErrorKind;
use std::process::ExitCode;

/// A reason and an exit code.
#[derive(Debug)]
pub enum Failure {
    /// 1
    Error(anyhow::Error),
    /// 2
    Usage(String),
    /// 3
    Config(ConfigError),
    /// 3: right as text, and still it cannot work.
    Misfit(String),
    /// 4
    NothingFound(String),
    /// 5; the summary has been printed.
    SomeFeedsFailed,
}

impl Failure {
    /// Says why on stderr and gives the exit code.
    pub fn report(self) -> ExitCode {
        let (code, message) = match self {
            // Whoever read our output has seen enough: `courant stories | head`.
            Failure::Error(error) if is(&error, ErrorKind::BrokenPipe) => (0, None),
            Failure::Error(error) => {
                let message = format!("{error:#}");
                let hint = if is(&error, ErrorKind::PermissionDenied) { PERMISSION_HINT } else { "" };
                (1, Some(message + hint))
            }
            Failure::Usage(message) => (2, Some(message)),
            Failure::Config(error) => (3, Some(error.to_string())),
            Failure::Misfit(message) => (3, Some(message)),
            Failure::NothingFound(message) => (4, Some(message)),
            Failure::SomeFeedsFailed => (5, None),
        };
        if let Some(message) = message {
            for line in message.lines() {
                say!("courant: {}", text::one_line(line));
            }
        }
        ExitCode::from(code)
    }
}

fn is(error: &anyhow::Error, kind: ErrorKind) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|error| error.kind() == kind)
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        match error.into().downcast::<ConfigError>() {
            Ok(error) => Failure::Config(error),
            Err(error) => Failure::Error(error),
        }
    }
}

pub type Outcome = Result<(), Failure>;
