//! What is told to who wrote a configuration that cannot be.

use std::path::Path;

/// What is wrong with a configuration: a sentence that names the place, the value and the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl ConfigError {
    /// A file that cannot be read or written.
    pub fn reading(file: &Path, error: &std::io::Error) -> ConfigError {
        let hint = if error.kind() == std::io::ErrorKind::PermissionDenied { PERMISSION_HINT } else { "" };
        ConfigError(format!("{}: {error}{hint}", file.display()))
    }
}

/// What to do where permission is denied: the service's files are for its group.
pub const PERMISSION_HINT: &str = "; be in the group courant, or use sudo";
