//! A person's own rules for sites: every `*.toml` of a folder, in the order of their names, before the built-in ones.

use super::ConfigError;
use crate::article::rules::Rules;
use std::path::Path;

/// Reads the folder, which need not exist.
pub fn read(folder: &Path) -> Result<Rules, ConfigError> {
    let failed = |path: &Path, error: std::io::Error| ConfigError(format!("{}: {error}", path.display()));
    let mut files = match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed(folder, error))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed(folder, error)),
    };
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut all = Rules::default();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| failed(&file, error))?;
        all = all.and(Rules::parse(&file.display().to_string(), &text).map_err(ConfigError)?);
    }
    Ok(all.and(Rules::built_in().clone()))
}
