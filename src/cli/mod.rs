//! The command line: one file a command. Data on stdout, everything else on stderr.

/// A line on stderr. Where nobody listens any more, nothing is lost that was asked for: the command goes on.
macro_rules! say {
    ($($said:tt)*) => {{
        use std::io::Write as _;
        _ = writeln!(std::io::stderr(), $($said)*);
    }};
}

mod advice;
mod article;
#[cfg(feature = "cluster")]
mod cluster;
mod config;
mod copies;
mod db;
pub mod debug;
mod dedupe;
mod demo;
mod doctor;
mod failure;
mod feed;
mod feed_edit;
mod filters;
mod find;
mod init;
mod list;
mod logging;
mod man;
mod mark;
mod names;
#[cfg(feature = "cluster")]
mod node;
mod once;
mod output;
mod progress;
mod reload;
mod render;
mod rules;
mod run;
pub mod service;
mod setup;
mod since;
mod status;
mod stories;
mod story;
mod sync;
mod table;
mod terminal;
mod typeset;

use clap::{CommandFactory, Parser, Subcommand};
use failure::Failure;
use std::path::PathBuf;
use std::process::ExitCode;

/// Many feeds in, one clean feed out: every story once, in full, with every source that has it.
#[derive(Debug, Parser)]
#[command(name = "courant", version = env!("PROGRAM_VERSION"), max_term_width = 100)]
#[command(after_help = "Examples:
  courant demo                         what it does, without network or configuration
  courant run                          the service, on http://127.0.0.1:8080/
  courant feed add https://example.org/
  courant stories --since yesterday
  courant search kernel lang:en

Exit codes: 0 ok, 1 failure, 2 usage, 3 configuration, 4 nothing found, 5 some feeds failed.")]
struct Arguments {
    /// The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Poll, extract, merge and serve until told to stop
    Run(run::Options),
    /// Let the running service read its configuration and subscriptions again
    Reload,
    /// One pass: poll what is due, settle what can be settled, say what was done
    Once(once::Options),
    /// The whole program on a small built-in world: no network, no configuration
    Demo(demo::Options),
    /// Write the commented configuration and the starter subscriptions
    Init,
    /// Recent stories, newest first, or those that hold the words of QUERY
    Stories(stories::Options),
    /// Stories of any age that hold the words of QUERY, newest first
    Search(stories::SearchOptions),
    /// One story in full; stories split and merged by hand
    #[command(subcommand)]
    Story(story::Command),
    /// Why a story's entries are one story
    #[command(after_help = "Examples:
  courant why 17
  courant story split 17 52            it was wrong: entry 52 is another story")]
    Why(story::Id),
    /// Subscriptions
    #[command(subcommand)]
    Feed(feed::Command),
    /// Apps that read on phones and desktops: who may, and with which password
    #[command(subcommand)]
    Sync(sync::Command),
    /// The database in figures, and feeds that need attention
    Status(status::Options),
    /// Check the installation and every feed, and say what to do; changes nothing
    Doctor,
    /// The database as a whole
    #[command(subcommand)]
    Db(db::Command),
    /// Several machines that share a database in PostgreSQL
    #[cfg(feature = "cluster")]
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// What the extractor makes of one page
    Article(article::Options),
    /// The configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Rules: what they would do, and what they do
    #[command(subcommand)]
    Rules(rules::Command),
    /// Print an output as the server would serve it
    Render(render::Options),
    /// Print what completes commands in a shell
    #[command(after_help = "Examples:
  courant completions bash > ~/.local/share/bash-completion/completions/courant
  courant completions zsh > ~/.zfunc/_courant
  courant completions fish > ~/.config/fish/completions/courant.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a page of the manual, or write all pages into a folder
    Man(man::Options),
    /// Run one stage alone: JSON lines in, JSON lines out
    Debug {
        /// The stage, and what its lines hold
        stage: debug::Stage,
        /// Add to each answer what was decided and why
        #[arg(long)]
        explain: bool,
    },
}

/// Parses the arguments, runs the command and says how it ended.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = arguments.config.as_deref();
    let outcome = match arguments.command {
        Command::Run(options) => run::run(config, &options),
        Command::Reload => reload::run(config),
        Command::Once(options) => once::run(config, &options),
        Command::Demo(options) => demo::run(&options),
        Command::Init => init::run(config),
        Command::Stories(options) => stories::run(config, &options),
        Command::Search(options) => stories::search(config, &options),
        Command::Story(command) => story::run(config, &command),
        Command::Why(id) => story::why(config, &id),
        Command::Feed(command) => feed::run(config, &command),
        Command::Sync(command) => sync::run(config, &command),
        Command::Status(options) => status::run(config, &options),
        Command::Doctor => doctor::run(config),
        Command::Db(command) => db::run(config, &command),
        #[cfg(feature = "cluster")]
        Command::Cluster(command) => cluster::run(config, &command),
        Command::Article(options) => article::run(config, &options),
        Command::Config(command) => config::run(config, &command),
        Command::Rules(command) => rules::run(config, &command),
        Command::Render(options) => render::run(config, &options),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "courant", &mut script);
            std::io::Write::write_all(&mut std::io::stdout().lock(), &script).map_err(Failure::from)
        }
        Command::Man(options) => man::run(Arguments::command(), &options),
        Command::Debug { stage, explain } => debug::run(stage, explain).map_err(Failure::from),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever `--help` and the manual show is described.
    #[test]
    fn every_command_and_argument_is_described() {
        fn look(command: &clap::Command, above: &str, missing: &mut Vec<String>) {
            let name = format!("{above} {}", command.get_name());
            if command.get_about().is_none() {
                missing.push(name.clone());
            }
            let silent = command.get_arguments().filter(|argument| argument.get_help().is_none());
            missing.extend(silent.map(|argument| format!("{name} {}", argument.get_id())));
            command.get_subcommands().for_each(|below| look(below, &name, missing));
        }
        let mut program = Arguments::command();
        program.build();
        let mut missing = Vec::new();
        look(&program, "", &mut missing);
        assert!(missing.is_empty(), "{missing:?}");
    }
}
