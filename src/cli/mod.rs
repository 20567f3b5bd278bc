//! The command line: one file a command. Data on stdout, everything else on stderr.

pub mod debug;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "courant", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one stage alone: JSON lines in, JSON lines out
    Debug {
        stage: debug::Stage,
        /// Add to each answer what was decided and why
        #[arg(long)]
        explain: bool,
    },
}

/// Parses the arguments, runs the command and says how it ended.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Debug { stage, explain } => debug::run(stage, explain),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("courant: {error:#}");
            ExitCode::FAILURE
        }
    }
}
