//! What the process was started with: the variables that say where things are and what courant.toml has otherwise.

use super::diagnose;
use super::error::ConfigError;
use super::logs::{Level, LogFormat};
use std::path::{Path, PathBuf};

/// Where a process looks for things: the variables of the environment that matter, so that a test can fake them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    pub variables: Vec<(String, String)>,
}

impl Environment {
    pub fn of_process() -> Environment {
        let known = |name: &str| {
            name.starts_with("COURANT_")
                || [
                    "HOME",
                    "XDG_CONFIG_HOME",
                    "XDG_STATE_HOME",
                    "STATE_DIRECTORY",
                    "CONFIGURATION_DIRECTORY",
                    "CREDENTIALS_DIRECTORY",
                ]
                .contains(&name)
        };
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Environment { variables: variables.filter(|(name, _)| known(name)).collect() }
    }

    /// A variable's value; an empty one is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The variable that sets a key, and its value: `COURANT_POLL_INTERVAL` sets `poll.interval`, and `COURANT_LOG` the level.
    pub fn set_by(&self, key: &str) -> Option<(String, &str)> {
        if key == "log.level" && self.has_level() {
            return self.get("COURANT_LOG").map(|value| ("COURANT_LOG".into(), value));
        }
        let variable = format!("COURANT_{}", key.replace('.', "_").to_ascii_uppercase());
        let value = self.get(&variable)?;
        Some((variable, value))
    }

    /// What is wrong with `COURANT_LOG`, which is not heeded then: no level of the log keeps anything from its work.
    pub fn wrong_level(&self) -> Option<String> {
        let level = toml::Value::String(self.get("COURANT_LOG")?.to_ascii_lowercase());
        let wrong = level.try_into::<Level>().err()?;
        let wrong = diagnose::diagnose("", "", &wrong);
        Some(format!("COURANT_LOG: {}; log.level holds", wrong.trim_start_matches(": ")))
    }

    /// Whether `COURANT_LOG` names a level.
    pub(super) fn has_level(&self) -> bool {
        self.get("COURANT_LOG").is_some() && self.wrong_level().is_none()
    }

    /// Where `courant.toml` is looked for, best first.
    pub fn config_dirs(&self) -> Vec<PathBuf> {
        let user = match (self.get("XDG_CONFIG_HOME"), self.get("HOME")) {
            (Some(base), _) => Some(Path::new(base).join("courant")),
            (None, Some(home)) => Some(Path::new(home).join(".config/courant")),
            (None, None) => None,
        };
        // systemd joins several folders with colons; the first is ours.
        let service = self.get("CONFIGURATION_DIRECTORY").and_then(|all| all.split(':').next()).map(PathBuf::from);
        service.into_iter().chain(user).chain([PathBuf::from("/etc/courant")]).collect()
    }

    pub(super) fn state_dir(&self) -> Result<PathBuf, ConfigError> {
        if let Some(first) = self.get("STATE_DIRECTORY").and_then(|all| all.split(':').next()) {
            return Ok(first.into());
        }
        match (self.get("XDG_STATE_HOME"), self.get("HOME")) {
            (Some(base), _) => Ok(Path::new(base).join("courant")),
            (None, Some(home)) => Ok(Path::new(home).join(".local/state/courant")),
            (None, None) => {
                Err(ConfigError("no home folder is known; set state_dir in courant.toml, or COURANT_STATE_DIR".into()))
            }
        }
    }
}

/// Where a configuration came from, so that it can be read again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The file that a person named.
    pub named: Option<PathBuf>,
    pub environment: Environment,
    /// How a person wanted the log, whatever the file says.
    pub log_format: Option<LogFormat>,
}
