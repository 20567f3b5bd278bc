//! A database as text, to compare two of them.

#![allow(dead_code)] // each test uses its part

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::Path;

/// The rows of every ordinary table, sorted; the text index keeps its own as it likes, and is compared by searching.
pub fn rows(database: &Path) -> BTreeMap<String, Vec<String>> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'search' AND name NOT LIKE 'search\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'")
        .unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    names.into_iter().map(|name| (name.clone(), rows_of(&connection, &name))).collect()
}

fn rows_of(connection: &Connection, table: &str) -> Vec<String> {
    let mut all = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let n_columns = all.column_count();
    let mut rows: Vec<String> = all
        .query_map([], |row| {
            let columns = (0..n_columns).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(format!("{columns:?}"))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    rows.sort();
    rows
}

/// How the tables of two databases differ; empty, as a rule.
pub fn differences(a: &Path, b: &Path) -> Vec<String> {
    let (a, b) = (rows(a), rows(b));
    let mut differ = Vec::new();
    for table in a.keys().chain(b.keys().filter(|table| !a.contains_key(*table))) {
        let none = Vec::new();
        let (of_a, of_b) = (a.get(table).unwrap_or(&none), b.get(table).unwrap_or(&none));
        differ.extend(of_a.iter().filter(|row| !of_b.contains(row)).map(|row| format!("{table}: only the first has {row}")));
        differ.extend(of_b.iter().filter(|row| !of_a.contains(row)).map(|row| format!("{table}: only the second has {row}")));
        if of_a.len() != of_b.len() {
            differ.push(format!("{table}: {} rows, and {}", of_a.len(), of_b.len()));
        }
    }
    differ
}
