//! `courant render OUTPUT`: an output as the server would serve it; `--all DIR`: all of them, and the page, as files.

use super::failure::{Failure, Outcome};
use super::setup;
use crate::config::Images;
use crate::daemon::clock;
use crate::outputs::{Imprint, PageImages};
use crate::publish::Format;
use crate::store::Reader;
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  courant render all --format rss > all.rss
  courant render --all /var/www/news")]
pub struct Options {
    /// The name of an [[output]]
    #[arg(required_unless_present = "all")]
    output: Option<String>,
    /// The document's format
    #[arg(long, value_enum, default_value = "atom")]
    format: FormatName,
    /// Write every output in every format, and the page with its stories, into this folder, for any web server; each file
    /// is replaced as a whole
    #[arg(long, value_name = "DIR", conflicts_with_all = ["output", "format"])]
    all: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormatName {
    Atom,
    Rss,
    Json,
}

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let config = setup::config(named)?.config;
    // Nobody hands pictures on where files are served.
    let images = match config.serve.images {
        Images::Off => PageImages::Off,
        Images::Linked | Images::Proxied => PageImages::Linked,
    };
    let imprint = Imprint {
        outputs: config.outputs.clone(),
        base_url: config.base_url(),
        is_served: options.all.is_none(),
        hub: None,
        node: None,
        images,
        tells_sizes: false,
    };
    let reader = setup::reader(&config)?;
    if let Some(folder) = &options.all {
        return everything(&imprint, &reader, folder);
    }
    let name = options.output.as_deref().unwrap_or_default();
    let Some(output) = config.outputs.iter().find(|output| output.name == name) else {
        let known: Vec<&str> = config.outputs.iter().map(|output| output.name.as_str()).collect();
        return Err(Failure::NothingFound(format!("no output is named {:?}; there are: {}", name, known.join(", "))));
    };
    let format = match options.format {
        FormatName::Atom => Format::Atom,
        FormatName::Rss => Format::Rss,
        FormatName::Json => Format::Json,
    };
    let document = imprint.feed(&reader, output, format, None, clock())?;
    std::io::stdout().lock().write_all(document.as_bytes())?;
    Ok(())
}

/// All that a server without us can serve.
fn everything(imprint: &Imprint, reader: &Reader, folder: &Path) -> Outcome {
    let now = clock();
    let files = imprint.everything(reader, now)?;
    for (path, text) in &files {
        write_whole(&folder.join(path), text).with_context(|| format!("{}: cannot be written", folder.join(path).display()))?;
    }
    say!("{} files in {}", files.len(), folder.display());
    Ok(())
}

/// A reader never sees half a file.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = folder.join(name);
    let mut written = std::fs::File::create(&beside)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    std::fs::rename(beside, file)
}
