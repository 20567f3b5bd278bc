//! The list of subscriptions changed by a command, and a running courant told of it.

use super::failure::{Failure, Outcome};
use super::setup;
use crate::config::subscriptions::{self, Edit};
use crate::config::{Config, ConfigError, Loaded};
use crate::daemon::socket::{self, ControlRequest, ControlResponse};

/// Applies edits to the list, all or none.
pub fn change(loaded: &Loaded, edits: &[Edit]) -> Result<(), ConfigError> {
    let file = setup::feeds_file(loaded);
    let mut list = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        // The first subscription of somebody who starts with an empty list of their own.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(ConfigError::reading(&file, &error)),
    };
    for edit in edits {
        list = subscriptions::edit(&file.display().to_string(), &list, edit)?;
    }
    subscriptions::write(&file, &list)
}

/// Lets a running courant read the list again; where none runs the next start does.
pub fn tell_owner(config: &Config) -> Outcome {
    match socket::ask(&config.state_dir, &ControlRequest::Reload)? {
        Some(ControlResponse::Error(error)) => Err(Failure::Error(anyhow::anyhow!(error))),
        _ => Ok(()),
    }
}
