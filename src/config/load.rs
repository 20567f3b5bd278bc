//! The file and the variables, read, joined and checked; every path in its place.

use super::environment::{Environment, Origin};
use super::error::ConfigError;
use super::{Config, diagnose, secrets};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A configuration and the file that it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// `None`: the built-in defaults.
    pub file: Option<PathBuf>,
}

/// Loads the configuration: `named` (which must exist), else `COURANT_CONFIG`, else the first `courant.toml` of the
/// usual folders, else the defaults; then the `COURANT_…` variables.
pub fn load(named: Option<&Path>, environment: &Environment) -> Result<Loaded, ConfigError> {
    let file = file_of(named, environment);
    let text = match &file {
        None => String::new(),
        Some(file) => std::fs::read_to_string(file).map_err(|error| ConfigError::reading(file, &error))?,
    };
    let name = file.as_ref().map_or_else(|| "courant.toml".into(), |file| file.display().to_string());
    let mut config = parse(&name, &text, environment)?;

    if config.state_dir.as_os_str().is_empty() {
        config.state_dir = environment.state_dir()?;
    }
    let base = match &file {
        Some(file) => file.parent().map(Path::to_owned).unwrap_or_default(),
        None => default_feeds_dir(environment, &config.state_dir),
    };
    config.state_dir = base.join(&config.state_dir);
    config.has_usual_feeds = config.feeds == Config::default().feeds;
    config.feeds = base.join(&config.feeds);
    config.backup.folder = match config.backup.folder.as_os_str().is_empty() {
        true => config.state_dir.join("backups"),
        false => base.join(&config.backup.folder),
    };
    config.article.site_rules = base.join(&config.article.site_rules);
    config.fetch.secrets = base.join(&config.fetch.secrets);
    config.secrets = secrets::Places {
        credentials: environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        folder: config.fetch.secrets.clone(),
    };
    config.origin = Some(Origin { named: named.map(Path::to_owned), environment: environment.clone(), log_format: None });
    Ok(Loaded { config, file })
}

fn file_of(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let chosen = named.map(Path::to_owned).or_else(|| environment.get("COURANT_CONFIG").map(PathBuf::from));
    chosen.or_else(|| environment.config_dirs().iter().map(|dir| dir.join("courant.toml")).find(|file| file.exists()))
}

/// The state folder as a configuration that cannot be loaded names it, by its line alone: the rest of it may be anything.
pub fn state_dir_of(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Line {
        state_dir: PathBuf,
    }
    let file = file_of(named, environment)?;
    let base = file.parent().map(Path::to_owned).unwrap_or_default();
    let variable = environment.get("COURANT_STATE_DIR").map(PathBuf::from);
    let in_file = || {
        let text = std::fs::read_to_string(&file).ok()?;
        text.lines().find_map(|line| toml::from_str::<Line>(line).ok()).map(|line| line.state_dir)
    };
    let named = variable.or_else(in_file).or_else(|| environment.state_dir().ok())?;
    Some(base.join(named))
}

/// Without a configuration file the subscriptions are where a person would put one; under systemd, whose
/// configuration folder is read-only, in the state folder.
fn default_feeds_dir(environment: &Environment, state_dir: &Path) -> PathBuf {
    if environment.get("STATE_DIRECTORY").is_some() {
        return state_dir.to_owned();
    }
    environment.config_dirs().into_iter().next().unwrap_or_else(|| state_dir.to_owned())
}

/// Parses and validates; paths stay as they are written.
pub fn parse(file: &str, text: &str, environment: &Environment) -> Result<Config, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|error| ConfigError(diagnose::diagnose(file, text, &error)))?;
    let config = override_from(environment, text, config)?;
    config.check().map_err(|wrong| located(file, text, environment, &wrong))?;
    Ok(config)
}

/// A complaint that begins with the key that it is about, with the place where that is set: the variable, or the line.
fn located(file: &str, text: &str, environment: &Environment, wrong: &str) -> ConfigError {
    let key = wrong.split([' ', ':']).next().unwrap_or_default();
    if let Some((variable, _)) = environment.set_by(key) {
        return ConfigError(format!("{variable}: {wrong}"));
    }
    match diagnose::find(text, key) {
        Some(at) => ConfigError(format!("{}: {wrong}", diagnose::place(file, text, at))),
        None => ConfigError(format!("{file}: {wrong}")),
    }
}

/// Keys that can be set by a variable: `COURANT_POLL_INTERVAL` is `poll.interval`.
const SECTIONS: [&str; 10] = ["poll", "fetch", "article", "story", "store", "backup", "serve", "sync", "cluster", "log"];

fn override_from(environment: &Environment, text: &str, config: Config) -> Result<Config, ConfigError> {
    let mut table: toml::Table = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
    let mut any = false;
    for (variable, value) in &environment.variables {
        let Some(name) = variable.strip_prefix("COURANT_").map(str::to_ascii_lowercase) else { continue };
        // The short name of the level beats the long one.
        let has_level = environment.has_level();
        if name == "config" || name == "log" && !has_level || name == "log_level" && has_level {
            continue;
        }
        let (name, value) = match name.as_str() {
            "log" => ("log_level".to_owned(), &value.to_ascii_lowercase()),
            _ => (name, value),
        };
        // A value that is not TOML (1h, debug) is a string.
        let value = toml::from_str::<toml::Table>(&format!("v = {value}"))
            .ok()
            .and_then(|mut table| table.remove("v"))
            .unwrap_or_else(|| toml::Value::String(value.clone()));
        let section = SECTIONS.iter().find_map(|section| Some((*section, name.strip_prefix(section)?.strip_prefix('_')?)));
        let mut changed = table.clone();
        match section {
            Some((section, key)) => {
                let inside = changed.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
                if let Some(inside) = inside.as_table_mut() {
                    inside.insert(key.to_owned(), value);
                }
            }
            None => {
                changed.insert(name, value);
            }
        }
        Config::deserialize(toml::Value::Table(changed.clone())).map_err(|error| {
            ConfigError(format!("{variable}: {}", diagnose::diagnose("", "", &error).trim_start_matches(": ")))
        })?;
        (table, any) = (changed, true);
    }
    if !any {
        return Ok(config);
    }
    Config::deserialize(toml::Value::Table(table)).map_err(|error| ConfigError(error.to_string()))
}
