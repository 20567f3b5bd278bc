//! Secrets: files that feeds.toml names, never what is in them.
//!
//! A secret is read when it is needed and given to nobody but the request that carries it: it is in no database, log
//! or output. systemd's credentials come first, then the folder of `fetch.secrets`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A longer file is neither a token nor a password; servers refuse headers of this size.
const MAX_SECRET_BYTES: usize = 4 * 1024;

/// Where secrets are, best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// `$CREDENTIALS_DIRECTORY`: systemd keeps it closed.
    pub credentials: Option<PathBuf>,
    /// `fetch.secrets`: a folder that a person keeps.
    pub folder: PathBuf,
}

/// Whether a name can be a secret's: a file in a folder, and nothing else.
pub fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(plain) {
        return Err(format!("secret = {name:?} is not the name of a file: letters, digits, - _ and . only"));
    }
    Ok(())
}

/// The secret of this name; the error says what is wrong, where it was looked for, and what to do.
pub fn read(name: &str, places: &Places) -> Result<String, String> {
    check_name(name)?;
    let credential = places.credentials.as_ref().map(|folder| folder.join(name));
    let own = places.folder.join(name);
    if let Some(file) = credential.as_ref().filter(|file| file.exists()) {
        return content(name, file);
    }
    match std::fs::metadata(&own) {
        Ok(found) if found.permissions().mode() & 0o007 != 0 => {
            Err(format!("the secret {name:?} can be read by everybody: chmod o= {}", own.display()))
        }
        Ok(_) => content(name, &own),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let also = credential.map(|file| format!("neither {} nor ", file.display())).unwrap_or_else(|| "no ".into());
            Err(format!("the secret {name:?} is not there: {also}{}", own.display()))
        }
        Err(error) => Err(format!("the secret {name:?} cannot be read: {}: {error}", own.display())),
    }
}

fn content(name: &str, file: &Path) -> Result<String, String> {
    use std::io::Read;
    let mut text = String::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(MAX_SECRET_BYTES as u64 + 1).read_to_string(&mut text));
    read.map_err(|error| format!("the secret {name:?} cannot be read: {}: {error}", file.display()))?;
    // Editors and `echo` end a file with a line end.
    let secret = text.trim_end_matches(['\r', '\n']);
    let wrong = match secret {
        "" => "is empty",
        long if long.len() > MAX_SECRET_BYTES => "is too long",
        odd if odd.chars().any(char::is_control) => "has more than one line, or control characters",
        _ => return Ok(secret.to_owned()),
    };
    Err(format!("the secret {name:?} {wrong}: {}", file.display()))
}
