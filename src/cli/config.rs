//! `courant config …`

use super::advice::{self, Weight};
use super::failure::{Failure, Outcome};
use super::setup;
use crate::config::reference::Key;
use crate::config::{Environment, Loaded, diagnose, reference};
use std::io::Write;
use std::path::Path;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say whether the configuration and the subscriptions are right, and what in them will not work as meant
    Check,
    /// Print the configuration that holds, as TOML: the file, the variables and the defaults taken together
    #[command(after_help = "Examples:
  courant config show --origin | grep -v '# default'    what differs from the defaults, and where it is set")]
    Show {
        /// Say behind each key where it is set: a line of the file, a variable, or by default
        #[arg(long)]
        origin: bool,
    },
    /// Print the JSON schema of courant.toml, for editors
    #[command(after_help = "Examples:
  courant config schema > courant.schema.json
  courant config schema --feeds > feeds.schema.json")]
    Schema {
        /// That of feeds.toml
        #[arg(long)]
        feeds: bool,
    },
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    match command {
        Command::Check => check(&setup::config(named)?),
        Command::Show { origin } => show(&setup::config(named)?, *origin),
        Command::Schema { feeds } => {
            let schema = if *feeds { reference::feeds_schema() } else { reference::schema() };
            let mut out = std::io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, &schema)?;
            writeln!(out)?;
            Ok(())
        }
    }
}

fn check(loaded: &Loaded) -> Outcome {
    let mut out = std::io::stdout().lock();
    match &loaded.file {
        Some(file) => writeln!(out, "{}: ok", file.display())?,
        None => writeln!(out, "no configuration file: the built-in defaults")?,
    }
    let feeds = setup::feeds_file(loaded);
    let listed = setup::listed(loaded)?;
    match &listed {
        Some(list) => writeln!(out, "{}: ok, {} feeds", feeds.display(), list.len())?,
        None => writeln!(out, "{}: not there yet; the first start writes the starter subscriptions", feeds.display())?,
    }
    writeln!(out, "state folder: {}", loaded.config.state_dir.display())?;
    let advice = advice::all(loaded, &listed.unwrap_or_default());
    for one in &advice {
        writeln!(out, "{}: {}", if one.weight == Weight::Wrong { "wrong" } else { "note" }, one.sentence)?;
    }
    match advice.iter().filter(|one| one.weight == Weight::Wrong).count() {
        0 => Ok(()),
        n => Err(Failure::Misfit(format!("{n} of what is configured cannot work as it is"))),
    }
}

fn show(loaded: &Loaded, with_origin: bool) -> Outcome {
    let shown = Effective::of(loaded)?;
    let mut out = std::io::stdout().lock();
    for section in reference::sections(reference::EXAMPLE).1 {
        // Of what there may be several of, each is shown that is written, else the one by default.
        let n_written = if section.is_list { shown.count(&section.name) } else { 0 };
        for n in 0..n_written.max(1) {
            let (head, above) = match (section.name.as_str(), section.is_list) {
                ("", _) => (String::new(), String::new()),
                (name, false) => (format!("\n[{name}]\n"), format!("{name}.")),
                (name, true) => (format!("\n[[{name}]]\n"), format!("{name}[{n}].")),
            };
            let mut lines = String::new();
            for key in section.groups.iter().flat_map(|group| &group.keys) {
                let Some((value, origin)) = shown.value(&above, key) else { continue };
                let origin = if with_origin { format!("  # {origin}") } else { String::new() };
                lines.push_str(&format!("{} = {value}{origin}\n", key.name));
            }
            if !lines.is_empty() {
                write!(out, "{head}{lines}")?;
            }
        }
    }
    Ok(())
}

/// What holds, and where it comes from.
struct Effective<'a> {
    loaded: &'a Loaded,
    file: String,
    text: String,
    written: toml_edit::DocumentMut,
    environment: Environment,
}

impl Effective<'_> {
    fn of(loaded: &Loaded) -> anyhow::Result<Effective<'_>> {
        let (file, text) = match &loaded.file {
            Some(file) => (file.display().to_string(), std::fs::read_to_string(file)?),
            None => ("courant.toml".to_owned(), String::new()),
        };
        let written = text.parse()?;
        Ok(Effective { loaded, file, text, written, environment: Environment::of_process() })
    }

    /// How many of a section's kind the file has.
    fn count(&self, section: &str) -> usize {
        let Some(section) = self.written.get(section) else { return 0 };
        // [[output]], or output = [{ … }]
        section
            .as_array_of_tables()
            .map(toml_edit::ArrayOfTables::len)
            .or(section.as_array().map(toml_edit::Array::len))
            .unwrap_or(0)
    }

    /// A key's value as TOML and its origin; `None`: it is not set, and has no default.
    fn value(&self, above: &str, key: &Key) -> Option<(String, String)> {
        let path = format!("{above}{}", key.name);
        let (value, origin) = if let Some((variable, value)) = self.environment.set_by(&path) {
            let is_toml = value.parse::<toml_edit::Value>().is_ok();
            (if is_toml { value.to_owned() } else { quoted(value) }, variable)
        } else if let Some(value) = self.in_file(above, &key.name) {
            let line = diagnose::line_of(&self.text, &path).map_or(String::new(), |line| format!(":{line}"));
            (value, format!("{}{line}", self.file))
        } else {
            (key.default.clone().or_else(|| self.found_path(&path))?, "default".to_owned())
        };
        Some((self.found_path(&path).unwrap_or(value), origin))
    }

    fn in_file(&self, above: &str, name: &str) -> Option<String> {
        let (section, n) = above.trim_end_matches('.').split_once('[').unwrap_or((above.trim_end_matches('.'), "0]"));
        let n: usize = n.trim_end_matches(']').parse().ok()?;
        let of_section = |section: &toml_edit::Item| -> Option<toml_edit::Value> {
            if let Some(several) = section.as_array_of_tables() {
                return several.get(n)?.get(name)?.as_value().cloned();
            }
            match section.as_array() {
                Some(several) => several.get(n)?.as_inline_table()?.get(name).cloned(),
                None => section.get(name)?.as_value().cloned(),
            }
        };
        let value = match section {
            "" => self.written.get(name)?.as_value().cloned(),
            section => of_section(self.written.get(section)?),
        };
        Some(value?.decorated("", "").to_string())
    }

    /// Paths as they were found: they are relative to the file that sets them.
    fn found_path(&self, key: &str) -> Option<String> {
        let config = &self.loaded.config;
        let path = match key {
            "state_dir" => &config.state_dir,
            "feeds" => &config.feeds,
            "article.site_rules" => &config.article.site_rules,
            "fetch.secrets" => &config.fetch.secrets,
            "backup.folder" => &config.backup.folder,
            _ => return None,
        };
        Some(quoted(&path.display().to_string()))
    }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
