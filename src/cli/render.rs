//! `courant render OUTPUT`: an output as the server would serve it.

use super::failure::{Failure, Outcome};
use super::setup;
use crate::daemon::clock;
use crate::outputs::Imprint;
use crate::publish::Format;
use std::io::Write;
use std::path::Path;

#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The name of an [[output]]
    output: String,
    #[arg(long, value_enum, default_value = "atom")]
    format: FormatName,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormatName {
    Atom,
    Rss,
    Json,
}

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let config = setup::config(named)?.config;
    let Some(output) = config.outputs.iter().find(|output| output.name == options.output) else {
        let known: Vec<&str> = config.outputs.iter().map(|output| output.name.as_str()).collect();
        return Err(Failure::NothingFound(format!("no output is named {:?}; there are: {}", options.output, known.join(", "))));
    };
    let format = match options.format {
        FormatName::Atom => Format::Atom,
        FormatName::Rss => Format::Rss,
        FormatName::Json => Format::Json,
    };
    let imprint = Imprint { outputs: config.outputs.clone(), base_url: config.base_url() };
    let document = imprint.feed(&setup::reader(&config)?, output, format, None, clock())?;
    std::io::stdout().lock().write_all(document.as_bytes())?;
    Ok(())
}
