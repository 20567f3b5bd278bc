//! The database as lines of JSON, whole, and made anew from them: for other programs, for other machines, for ever. The first
//! line says of which schema the others are; each other one is a row. Bodies stand as text; the text index is made anew.

use super::backup;
use super::base::{Opening, Store};
use super::dictionaries::BEST_BODY;
use super::read::Reader;
use super::schema;
use crate::article;
use crate::model::{EntryId, Timestamp};
use crate::query;
use anyhow::{Context, bail, ensure};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params, params_from_iter};
use serde_json::{Map, json};
use std::io::{BufRead, Write};
use std::path::Path;

/// What the first line says of the form of the others.
const FORM: u32 = 1;

/// What is made anew from the rest.
const DERIVED: [&str; 2] = ["bodies", "dictionaries"];

/// What makes a database a node's of a cluster; what is made of an export is nobody's.
const OF_NODE: [&str; 6] = ["replica", "members", "forwarded", "replies", "passed_over", "loans"];

/// SQLite's own, by which the number of a story that is gone is not given again.
const SEQUENCES: &str = "sqlite_sequence";

/// Rows in one commit.
const BATCH: usize = 2_000;

impl Reader {
    /// Writes every row; returns how many.
    pub fn export(&self, out: &mut impl Write) -> anyhow::Result<usize> {
        // One moment, however long it takes.
        self.connection.execute_batch("BEGIN")?;
        let written = self.export_rows(out);
        self.connection.execute_batch("COMMIT")?;
        written
    }

    fn export_rows(&self, out: &mut impl Write) -> anyhow::Result<usize> {
        let mut line = |value: &serde_json::Value| -> anyhow::Result<()> {
            serde_json::to_writer(&mut *out, value)?;
            Ok(out.write_all(b"\n")?)
        };
        line(&json!({"courant": FORM, "schema": schema::check(&self.connection)?, "version": env!("CARGO_PKG_VERSION")}))?;
        let mut n_rows = 0;
        for table in tables(&self.connection)? {
            let mut all = self.connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
            let names: Vec<String> = all.column_names().map(str::to_owned).collect();
            let packed = names.iter().position(|name| name == "body").filter(|_| table.ends_with("_bodies"));
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let mut values = Map::new();
                for (at, name) in names.iter().enumerate() {
                    let value = match (row.get_ref(at)?, packed) {
                        (_, Some(packed)) if packed == at => continue,
                        (ValueRef::Text(_), Some(packed)) if row.get_ref(packed)? != ValueRef::Null => {
                            json!(self.body(row.get_ref(packed)?)?)
                        }
                        (ValueRef::Null, _) => continue,
                        (ValueRef::Integer(number), _) => json!(number),
                        (ValueRef::Real(number), _) => json!(number),
                        (ValueRef::Text(_), _) => json!(row.get_ref(at)?.as_str()?),
                        (ValueRef::Blob(bytes), _) => json!({"hex": hex(bytes)}),
                    };
                    values.insert(name.clone(), value);
                }
                line(&json!({"table": table, "row": values}))?;
                n_rows += 1;
            }
        }
        let mut sequences = self.connection.prepare("SELECT name, seq FROM sqlite_sequence ORDER BY name")?;
        let mut rows = sequences.query([])?;
        while let Some(row) = rows.next()? {
            line(&json!({"table": SEQUENCES, "row": {"name": row.get::<_, String>(0)?, "seq": row.get::<_, i64>(1)?}}))?;
            n_rows += 1;
        }
        Ok(n_rows)
    }
}

/// Makes a database, which must not exist yet, of what was exported by this version or an older one; returns how many rows
/// it has.
pub fn import(lines: impl BufRead, database: &Path, at: Timestamp) -> anyhow::Result<usize> {
    ensure!(!database.exists(), "{} exists already; an import makes a new database", database.display());
    let made = import_rows(lines, database, at);
    if made.is_err() {
        backup::remove_database(database)?;
    }
    made
}

fn import_rows(lines: impl BufRead, database: &Path, at: Timestamp) -> anyhow::Result<usize> {
    let mut lines = lines.lines().enumerate();
    let head: serde_json::Value = match lines.next() {
        Some((_, line)) => serde_json::from_str(&line?).context("line 1 is not the head of an export")?,
        None => bail!("the export is empty"),
    };
    ensure!(head["courant"] == FORM, "this is not an export of courant, or of a newer one");
    let version = head["schema"].as_u64().and_then(|version| usize::try_from(version).ok()).context("line 1 names no schema")?;
    let mut connection = Connection::open(database)?;
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    schema::make(&mut connection, version)?;
    connection.execute_batch("BEGIN")?;
    let mut n_rows = 0;
    for (n, line) in lines {
        let at_line = || format!("line {}", n + 1);
        let line: serde_json::Value = serde_json::from_str(&line.with_context(at_line)?).with_context(at_line)?;
        // An older version exported them.
        if line["table"].as_str().is_some_and(|table| OF_NODE.contains(&table)) {
            continue;
        }
        insert(&connection, &line).with_context(at_line)?;
        n_rows += 1;
        if n_rows % BATCH == 0 {
            connection.execute_batch("COMMIT; BEGIN")?;
        }
    }
    connection.execute_batch("COMMIT")?;
    drop(connection);
    // Brought up to this version, as an older database is.
    let store = Store::open(database, Opening::now(at))?;
    index(&store, &Reader::open(database)?)?;
    Ok(n_rows)
}

fn insert(connection: &Connection, line: &serde_json::Value) -> anyhow::Result<()> {
    let (Some(table), Some(row)) = (line["table"].as_str(), line["row"].as_object()) else {
        bail!("it is not a row of an export");
    };
    if table == SEQUENCES {
        let (name, last) = (row.get("name").and_then(|name| name.as_str()), row.get("seq").and_then(|seq| seq.as_i64()));
        let (Some(name), Some(last)) = (name, last) else { bail!("it says of no table which number was the last") };
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", [name])?;
        connection.execute("INSERT INTO sqlite_sequence(name, seq) VALUES(?, ?)", params![name, last])?;
        return Ok(());
    }
    ensure!(tables(connection)?.iter().any(|known| known == table), "there is no table {table:?}");
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    ensure!(row.keys().all(|name| plain(name)), "a column has a strange name");
    let names: Vec<&str> = row.keys().map(String::as_str).collect();
    let values = row.values().map(value_of).collect::<anyhow::Result<Vec<Value>>>()?;
    let places = vec!["?"; names.len()].join(", ");
    connection
        .prepare_cached(&format!("INSERT OR REPLACE INTO {table}({}) VALUES({places})", names.join(", ")))?
        .execute(params_from_iter(values))?;
    Ok(())
}

fn value_of(value: &serde_json::Value) -> anyhow::Result<Value> {
    Ok(match value {
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Real(number.as_f64().context("a number is too large")?),
        },
        serde_json::Value::Object(bytes) => {
            Value::Blob(bytes.get("hex").and_then(|hex| unhex(hex.as_str()?)).context("bytes are not hexadecimal")?)
        }
        _ => bail!("a value is neither text, number nor bytes"),
    })
}

/// The tables that hold what is exported.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut all = connection.prepare_cached(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'search' AND name NOT LIKE 'search\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    let names = all.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(names.into_iter().filter(|name| !DERIVED.contains(&name.as_str()) && !OF_NODE.contains(&name.as_str())).collect())
}

/// The text index of every entry that is in a story.
fn index(store: &Store, reader: &Reader) -> anyhow::Result<()> {
    let mut n_rows = 0;
    store.begin(false)?;
    each_text(reader, |entry, terms| {
        add_to_index(store, entry, terms)?;
        n_rows += 1;
        if n_rows % BATCH == 0 {
            store.execute("COMMIT")?;
            store.begin(false)?;
        }
        Ok(())
    })?;
    Ok(store.execute("COMMIT")?)
}

/// Makes the text index anew, in one transaction; `store` and `reader` are of one database. Returns how many entries are in it.
pub fn reindex(store: &Store, reader: &Reader) -> anyhow::Result<usize> {
    let mut n_entries = 0;
    store.begin(false)?;
    store.execute("INSERT INTO search(search) VALUES('delete-all')")?;
    each_text(reader, |entry, terms| {
        n_entries += 1;
        add_to_index(store, entry, terms)
    })?;
    store.execute("COMMIT")?;
    Ok(n_entries)
}

/// Every entry that is in a story, ascending, with the terms that it is found by.
fn each_text(reader: &Reader, mut each: impl FnMut(EntryId, &str) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let mut all = reader.connection.prepare(&format!(
        "SELECT e.id, iif(e.title = '', coalesce(a.title, ''), e.title), {BEST_BODY} FROM entries e
         LEFT JOIN entry_bodies b ON b.entry_id = e.id LEFT JOIN articles a ON a.id = e.article_id
         LEFT JOIN article_bodies ab ON ab.article_id = a.id WHERE e.story_id IS NOT NULL ORDER BY e.id"
    ))?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let (entry, title, html) = (EntryId(row.get(0)?), row.get::<_, String>(1)?, reader.body(row.get_ref(2)?)?);
        each(entry, &query::terms(&title, &article::plain_text(&html)))?;
    }
    Ok(())
}

fn add_to_index(store: &Store, entry: EntryId, terms: &str) -> rusqlite::Result<()> {
    let mut add = store.connection.prepare_cached("INSERT INTO search(rowid, terms) VALUES(?, ?)")?;
    add.execute(params![entry.0, terms])?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
