//! `courant man`: the manual, from the same definitions as `--help`, the commented configuration and the starter list.

use super::failure::Outcome;
use crate::config::reference;
use clap::{Arg, Command};
use roff::{Inline, Roff, bold, italic, roman};
use std::io::Write;
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  courant man | man -l -
  courant man courant.toml | man -l -
  courant man --dir ~/.local/share/man")]
pub struct Options {
    /// The page
    #[arg(value_enum, default_value = "courant")]
    page: Page,
    /// Write all pages into man1 and man5 of this folder
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Page {
    /// The commands
    Courant,
    /// The configuration
    #[value(name = "courant.toml")]
    Configuration,
    /// The list of subscriptions
    #[value(name = "courant-feeds")]
    Feeds,
}

impl Page {
    const ALL: [Page; 3] = [Page::Courant, Page::Configuration, Page::Feeds];

    fn place(self) -> (&'static str, u8) {
        match self {
            Page::Courant => ("courant", 1),
            Page::Configuration => ("courant.toml", 5),
            Page::Feeds => ("courant-feeds", 5),
        }
    }

    fn text(self, program: &Command) -> String {
        let page = match self {
            Page::Courant => commands(program),
            Page::Configuration => configuration(),
            Page::Feeds => feeds(),
        };
        tidy(&page)
    }
}

pub fn run(mut program: Command, options: &Options) -> Outcome {
    program.build();
    let Some(folder) = &options.dir else {
        std::io::stdout().lock().write_all(options.page.text(&program).as_bytes())?;
        return Ok(());
    };
    for page in Page::ALL {
        let (name, section) = page.place();
        let folder = folder.join(format!("man{section}"));
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{name}.{section}"));
        std::fs::write(&file, page.text(&program))?;
        say!("wrote {}", file.display());
    }
    Ok(())
}

/// What formatters complain of: paragraphs that nothing follows, and blanks at the ends of lines.
fn tidy(page: &str) -> String {
    let lines: Vec<&str> = page.lines().map(|line| line.trim_end_matches(' ')).filter(|line| !line.is_empty()).collect();
    let mut out = String::with_capacity(page.len());
    for (n, line) in lines.iter().enumerate() {
        let next = lines.get(n + 1).copied().unwrap_or(".SH");
        let is_empty =
            *line == ".PP" && (next.starts_with(".SH") || next.starts_with(".SS") || next.starts_with(".TP") || next == ".PP");
        // A paragraph begins with a section anyway.
        let begins = *line == ".PP" && n > 0 && (lines[n - 1].starts_with(".SH") || lines[n - 1].starts_with(".SS"));
        if !is_empty && !begins {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Formatters want one: of the version's first day.
const DATE: &str = "2026-11-26";

fn page(name: &str, section: &str, about: &str) -> Roff {
    let mut page = Roff::new();
    page.control("TH", [name, section, DATE, concat!("courant ", env!("CARGO_PKG_VERSION")), "courant manual"]);
    page.control("SH", ["NAME"]);
    page.text([roman(format!("{name} - {about}"))]);
    page
}

fn see_also(page: &mut Roff, others: &[&str]) {
    page.control("SH", ["SEE ALSO"]);
    let mut words = Vec::new();
    for (n, other) in others.iter().enumerate() {
        let (name, section) = other.split_once('(').unwrap_or((other, ""));
        words.push(bold(name));
        words.push(roman(format!("({section}{}", if n + 1 < others.len() { ", " } else { "" })));
    }
    page.text(words);
}

/// courant(1)
fn commands(program: &Command) -> String {
    let about = "many feeds in, one clean feed out";
    let mut page = page("courant", "1", about);
    page.control("SH", ["SYNOPSIS"]);
    page.text([
        bold("courant"),
        roman(" ["),
        bold("--config"),
        roman(" "),
        italic("FILE"),
        roman("] "),
        italic("COMMAND"),
        roman(" …"),
    ]);
    page.control("SH", ["DESCRIPTION"]);
    page.text([roman(program.get_about().map(ToString::to_string).unwrap_or_default())]);
    page.control("SH", ["OPTIONS"]);
    arguments(&mut page, program.get_arguments().filter(|argument| argument.get_id() != "help"));
    page.control("SH", ["COMMANDS"]);
    for command in program.get_subcommands() {
        describe(&mut page, command, "courant");
    }
    page.control("SH", ["EXIT STATUS"]);
    let codes = program.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (examples, codes) = codes.split_once("Exit codes: ").unwrap_or(("", &codes));
    for code in codes.trim_end_matches('.').split(", ") {
        let (number, meaning) = code.split_once(' ').unwrap_or((code, ""));
        page.control("TP", []);
        page.text([bold(number)]);
        page.text([roman(meaning)]);
    }
    page.control("SH", ["EXAMPLES"]);
    literal(&mut page, examples.trim_start_matches("Examples:").trim_matches('\n').lines());
    see_also(&mut page, &["courant.toml(5)", "courant-feeds(5)"]);
    page.to_roff()
}

/// A command with all below it.
fn describe(page: &mut Roff, command: &Command, above: &str) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{above} {}", command.get_name());
    if command.has_subcommands() {
        for below in command.get_subcommands() {
            describe(page, below, &name);
        }
        return;
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    page.control("SS", [usage]);
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    page.text([roman(format!("{about}."))]);
    // --config and --help are those of the program.
    arguments(page, command.get_arguments().filter(|argument| !argument.is_global_set() && argument.get_id() != "help"));
    if let Some(examples) = command.get_after_help() {
        page.control("PP", []);
        literal(page, examples.to_string().lines());
    }
}

fn arguments<'a>(page: &mut Roff, arguments: impl Iterator<Item = &'a Arg>) {
    for argument in arguments {
        page.control("TP", []);
        page.text(heading(argument));
        let mut words = argument.get_help().map(ToString::to_string).unwrap_or_default();
        if !words.ends_with(['.', ']']) {
            words.push('.');
        }
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| value.get_name().to_owned())
            .collect();
        if !values.is_empty() && argument.get_action().takes_values() {
            words.push_str(&format!(" One of {}.", values.join(", ")));
        }
        let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
        if !defaults.is_empty() && argument.get_action().takes_values() {
            words.push_str(&format!(" By default {}.", defaults.join(", ")));
        }
        page.text([roman(words)]);
    }
}

/// `-n, --limit N`
fn heading(argument: &Arg) -> Vec<Inline> {
    let mut words = Vec::new();
    if let Some(short) = argument.get_short() {
        words.extend([bold(format!("-{short}")), roman(", ")]);
    }
    if let Some(long) = argument.get_long() {
        words.push(bold(format!("--{long}")));
    }
    if argument.get_action().takes_values() {
        let names = argument.get_value_names().unwrap_or_default();
        if !words.is_empty() {
            words.push(roman(" "));
        }
        words.push(italic(names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")));
    }
    words
}

fn literal<'a>(page: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    page.control("nf", []);
    for line in lines {
        // A line of its own, also where it is empty.
        page.text([roman(if line.is_empty() { "\u{a0}" } else { line })]);
    }
    page.control("fi", []);
}

/// courant.toml(5)
fn configuration() -> String {
    let (about, sections) = reference::sections(reference::EXAMPLE);
    let mut page = page("courant.toml", "5", "configuration of courant");
    page.control("SH", ["DESCRIPTION"]);
    page.text([roman(
        "courant reads the first courant.toml of $CONFIGURATION_DIRECTORY, $XDG_CONFIG_HOME/courant (or ~/.config/courant) and /etc/courant, or the file of --config or $COURANT_CONFIG. Without one the defaults below hold.",
    )]);
    page.control("PP", []);
    page.text([roman(about)]);
    for section in sections {
        let name = match (section.name.as_str(), section.is_list) {
            ("", _) => "KEYS".to_owned(),
            (name, false) => format!("[{name}]"),
            (name, true) => format!("[[{name}]]"),
        };
        page.control("SH", [name.as_str()]);
        if !section.words.is_empty() {
            page.text([roman(section.words)]);
        }
        for group in section.groups {
            for (n, key) in group.keys.iter().enumerate() {
                page.control(if n == 0 { "TP" } else { "TQ" }, []);
                let default = key.default.as_ref().map_or(String::new(), |default| format!(" = {default}"));
                page.text([bold(key.name.as_str()), roman(default)]);
            }
            page.text([roman(if group.words.is_empty() { "See above.".to_owned() } else { group.words })]);
        }
    }
    see_also(&mut page, &["courant(1)", "courant-feeds(5)"]);
    page.to_roff()
}

/// courant-feeds(5)
fn feeds() -> String {
    let mut page = page("courant-feeds", "5", "subscriptions of courant, feeds.toml");
    page.control("SH", ["DESCRIPTION"]);
    page.text([roman(
        "The list of subscriptions lies beside courant.toml(5), or where its key feeds says. `courant feed` edits it and keeps comments and order.",
    )]);
    let lines: Vec<&str> = reference::about_feeds().collect();
    // Its first paragraph is about the starter list.
    for part in lines.split(|line| line.is_empty()).skip(1) {
        let from = part.iter().position(|line| line.starts_with(' ')).unwrap_or(part.len());
        let (words, example) = part.split_at(from);
        if !words.is_empty() {
            page.control("PP", []);
            page.text([roman(words.join(" "))]);
        }
        if !example.is_empty() {
            page.control("PP", []);
            literal(&mut page, example.iter().copied());
        }
    }
    see_also(&mut page, &["courant(1)", "courant.toml(5)"]);
    page.to_roff()
}
