//! The list of subscriptions changed by a command, and a running courant told of it.

use super::failure::{Failure, Outcome};
use super::setup;
use crate::config::subscriptions::{self, Edit};
use crate::config::{Config, ConfigError, Loaded};
use crate::daemon::socket::{self, ControlRequest, ControlResponse};

/// Applies edits to the list, all or none.
pub fn change(loaded: &Loaded, edits: &[Edit]) -> Result<(), ConfigError> {
    subscriptions::change(&setup::feeds_file(loaded), edits)
}

/// Lets a running courant read the list again; where none runs the next start does.
pub fn tell_owner(config: &Config) -> Outcome {
    match socket::ask(&config.state_dir, &ControlRequest::Reload)? {
        Some(ControlResponse::Error(error)) => Err(Failure::Error(anyhow::anyhow!(error))),
        _ => Ok(()),
    }
}
