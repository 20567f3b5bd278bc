//! How rows are printed: a table for people, JSON, JSON lines, TSV, Markdown and addresses for programs.

use super::table::{self, Column};
use super::terminal::{self, Terminal};
use crate::model::Timestamp;
use crate::text;
use serde_json::Value;
use std::io::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns, fitted to the terminal
    Table,
    /// One array of objects
    Json,
    /// One object a line
    Jsonl,
    /// Columns between tabs, with a line of their keys
    Tsv,
    /// A Markdown table
    Md,
    /// Addresses alone, one a line
    Urls,
}

/// Rows of JSON objects with the columns that tables have of them.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    pub columns: &'a [Column],
    /// The key of a row's address.
    pub address: &'static str,
    /// The key of the cell that leads there.
    pub linked: &'static str,
    /// The keys of moments: RFC 3339 in rows, the machine's time in what people read.
    pub times: &'a [&'static str],
}

/// Prints rows in a format. Text of strangers is made harmless here once more.
pub fn print(listing: &Listing, rows: &[Value], format: Format) -> std::io::Result<()> {
    let text = written(listing, rows, format, &Terminal::of_stdout())?;
    if format == Format::Table {
        return terminal::show(&text);
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn written(listing: &Listing, rows: &[Value], format: Format, to: &Terminal) -> std::io::Result<String> {
    let columns = listing.columns;
    let mut out = String::new();
    match format {
        Format::Json => out = serde_json::to_string_pretty(rows)? + "\n",
        Format::Jsonl => {
            for row in rows {
                out.push_str(&serde_json::to_string(row)?);
                out.push('\n');
            }
        }
        Format::Urls => {
            for address in rows.iter().filter_map(|row| row[listing.address].as_str()) {
                out.push_str(&text::one_line(address));
                out.push('\n');
            }
        }
        Format::Tsv => {
            let mut line = |cells: Vec<String>| out.push_str(&(cells.join("\t") + "\n"));
            line(columns.iter().map(|column| column.key.to_owned()).collect());
            for row in rows {
                line(columns.iter().map(|column| cell(&row[column.key])).collect());
            }
        }
        Format::Md => {
            let mut line = |cells: Vec<String>| out.push_str(&format!("| {} |\n", cells.join(" | ")));
            line(columns.iter().map(|column| column.heading.to_owned()).collect());
            line(columns.iter().map(|_| "---".to_owned()).collect());
            for row in rows {
                line(columns.iter().map(|column| escaped(&listing.read(row, column))).collect());
            }
        }
        Format::Table => {
            let cells: Vec<Vec<String>> =
                rows.iter().map(|row| columns.iter().map(|column| listing.read(row, column)).collect()).collect();
            let leads = |at: usize, n: usize| {
                let address = rows[at][listing.address].as_str().filter(|_| columns[n].key == listing.linked)?;
                Some(address.to_owned())
            };
            out = table::table(to, columns, &cells, leads);
        }
    }
    Ok(out)
}

impl Listing<'_> {
    /// A cell as a person reads it.
    fn read(&self, row: &Value, column: &Column) -> String {
        let value = &row[column.key];
        match value.as_str().filter(|_| self.times.contains(&column.key)).and_then(moment) {
            Some(at) => local_time(at),
            None => cell(value),
        }
    }
}

fn moment(rfc3339: &str) -> Option<Timestamp> {
    Some(Timestamp(chrono::DateTime::parse_from_rfc3339(rfc3339).ok()?.timestamp_millis()))
}

fn escaped(cell: &str) -> String {
    let mut out = String::new();
    for c in cell.chars() {
        if matches!(c, '|' | '\\' | '<' | '>' | '[' | ']' | '*' | '_' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text::one_line(text),
        Value::Array(items) => {
            // Of sources it is the feeds' names, each once.
            let name = |item: &Value| item["feed"].as_str().or_else(|| item.as_str()).map(text::one_line);
            let mut names: Vec<String> = Vec::new();
            for name in items.iter().filter_map(name) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            names.join(", ")
        }
        other => other.to_string(),
    }
}

/// A moment as a person reads it, in the machine's zone.
pub fn local_time(at: Timestamp) -> String {
    match at.to_utc() {
        Some(utc) => utc.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string(),
        None => at.rfc3339(),
    }
}
