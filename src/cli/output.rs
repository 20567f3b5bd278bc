//! How rows are printed: a table for people, JSON, JSON lines, TSV, Markdown for programs.

use crate::model::Timestamp;
use crate::text;
use serde_json::Value;
use std::io::{IsTerminal, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Table,
    Json,
    Jsonl,
    Tsv,
    Md,
}

/// A column: its heading, the key in JSON rows, and whether the table may cut it to fit the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub heading: &'static str,
    pub key: &'static str,
    pub elastic: bool,
}

/// Prints rows (JSON objects) in a format. Text of strangers is made harmless here once more.
pub fn print(columns: &[Column], rows: &[Value], format: Format) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, rows)?;
            writeln!(out)
        }
        Format::Jsonl => rows.iter().try_for_each(|row| {
            serde_json::to_writer(&mut out, row)?;
            writeln!(out)
        }),
        Format::Tsv => {
            writeln!(out, "{}", columns.iter().map(|c| c.key).collect::<Vec<_>>().join("\t"))?;
            rows.iter()
                .try_for_each(|row| writeln!(out, "{}", columns.iter().map(|c| cell(row, c)).collect::<Vec<_>>().join("\t")))
        }
        Format::Md => {
            writeln!(out, "| {} |", columns.iter().map(|c| c.heading).collect::<Vec<_>>().join(" | "))?;
            writeln!(out, "|{}", " --- |".repeat(columns.len()))?;
            let escaped = |row: &Value, column: &Column| {
                let mut cell = String::new();
                for c in self::cell(row, column).chars() {
                    if matches!(c, '|' | '\\' | '<' | '>' | '[' | ']' | '*' | '_' | '`') {
                        cell.push('\\');
                    }
                    cell.push(c);
                }
                cell
            };
            rows.iter().try_for_each(|row| {
                writeln!(out, "| {} |", columns.iter().map(|c| escaped(row, c)).collect::<Vec<_>>().join(" | "))
            })
        }
        Format::Table => table(&mut out, columns, rows),
    }
}

fn table(out: &mut impl Write, columns: &[Column], rows: &[Value]) -> std::io::Result<()> {
    let cells: Vec<Vec<String>> = rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
    let mut widths: Vec<usize> = columns.iter().map(|column| column.heading.width()).collect();
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    // Into a pipe nothing is cut.
    if let Some(available) = terminal_width() {
        let fixed: usize = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let mut excess = fixed.saturating_sub(available);
        for (width, column) in widths.iter_mut().zip(columns).filter(|(_, column)| column.elastic) {
            let cut = excess.min(width.saturating_sub(column.heading.width().max(12)));
            *width -= cut;
            excess -= cut;
        }
    }
    let mut line = |row: &[String]| {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| fit(cell, *width)).collect();
        writeln!(out, "{}", padded.join("  ").trim_end())
    };
    line(&columns.iter().map(|column| column.heading.to_owned()).collect::<Vec<_>>())?;
    cells.iter().try_for_each(|row| line(row))
}

/// Cut or padded to so many columns of the terminal; a CJK character takes two.
pub fn fit(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    if text.width() > width {
        for c in text.chars() {
            let w = c.width().unwrap_or(0);
            if used + w + 1 > width {
                break;
            }
            out.push(c);
            used += w;
        }
        out.push('…');
        used += 1;
    } else {
        out.push_str(text);
        used = text.width();
    }
    out.push_str(&" ".repeat(width.saturating_sub(used)));
    out
}

/// The columns of the terminal that stdout is; `None` where it is none.
fn terminal_width() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Some(told.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(100))
}

fn cell(row: &Value, column: &Column) -> String {
    match &row[column.key] {
        Value::Null => String::new(),
        Value::String(text) => text::one_line(text),
        Value::Array(items) => {
            items.iter().map(|item| text::one_line(item.as_str().unwrap_or_default())).collect::<Vec<_>>().join(", ")
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
