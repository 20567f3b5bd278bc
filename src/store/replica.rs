//! A node's database: what a transaction changed as bytes of the cluster's log, and such bytes applied.
//!
//! One record holds what SQLite's session extension says of the rows (<https://sqlite.org/sessionintro.html>, a patchset), the
//! rows of the text index (which sessions do not see), and what the node's loops act on. Each begins with a hash over
//! itself and all before it, so that a record that is another than it was, or the wrong one, is never applied.

use super::base::{SearchChange, Store};
use super::read::Reader;
use super::schema;
use crate::model::Key;
use crate::records::{ClusterNews, Committed};
use rusqlite::session::{ChangesetItem, ConflictAction, ConflictType, Session};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use xxhash_rust::xxh3::Xxh3;

/// Which node's database it is, and how far it is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// The cluster's id.
    pub cluster: String,
    pub node: String,
    /// The last record that is in it; 0: none.
    pub seq: u64,
    /// Over all records so far.
    pub chain: u128,
    /// What the shared list hashed to when this node's file was it.
    pub list: Option<Key>,
}

/// Why records were not applied. Nothing of them is in the database then.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The log is not the one that this database was made by, or a record or a row is another than it was.
    #[error("record {seq} cannot be applied: {why}")]
    Diverged { seq: u64, why: String },
    #[error("record {seq} is of a newer courant (schema {found}, this one knows {known}); install that version here too")]
    Newer { seq: u64, found: i32, known: i32 },
    #[error(transparent)]
    Write(#[from] super::WriteError),
}

/// What a record says beside its rows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Words {
    /// The schema that it was written by.
    #[serde(rename = "v")]
    schema: i32,
    /// The last moment that was given out.
    #[serde(rename = "t")]
    last_stamp: i64,
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    published: bool,
    #[serde(rename = "w", default, skip_serializing_if = "is_default")]
    n_wanted: usize,
    #[serde(rename = "c", default, skip_serializing_if = "is_default")]
    cluster: ClusterNews,
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    search: Vec<SearchChange>,
}

/// The part that each version can read.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "v")]
    schema: i32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Records are small and many: the fastest level takes off nearly what others do.
const LEVEL: i32 = 1;
const CHAIN_BYTES: usize = 16;
/// A record that claims to be larger when it is unpacked is not ours: a transaction takes 256 commands at most.
const MOST_BYTES: u64 = 1 << 30;

/// Watches one transaction.
pub struct Capture(Session<'static>);

impl Capture {
    /// Watches what is changed by this connection from now on. It must end before the connection does.
    pub fn begin(connection: &Connection) -> rusqlite::Result<Capture> {
        let mut session = Session::new(connection)?;
        session.table_filter(Some(|table: &str| is_shared(table)));
        session.attach(None::<&str>)?;
        // SAFETY: a session borrows its connection so that it ends first. The borrow would keep the store from being
        // changed meanwhile, which is what is to be watched. `Work::transaction` ends each capture before it returns, and
        // the connection lives as long as the writer's thread does.
        Ok(Capture(unsafe { std::mem::transmute::<Session<'_>, Session<'static>>(session) }))
    }

    fn patchset(&mut self) -> rusqlite::Result<Vec<u8>> {
        let mut patchset = Vec::new();
        if !self.0.is_empty() {
            self.0.patchset_strm(&mut patchset)?;
        }
        Ok(patchset)
    }
}

/// Tables whose rows are the same on every node. What is left out: the text index's own, and the node's own row.
fn is_shared(table: &str) -> bool {
    table != "replica" && table != "search" && !table.starts_with("search_") && !table.starts_with("sqlite_")
}

impl Store {
    /// Whose database this is; `None`: it belongs to no cluster.
    pub fn replica(&self) -> rusqlite::Result<Option<Replica>> {
        replica(&self.connection)
    }

    /// Makes it a node's.
    pub fn be_replica(&self, replica: &Replica) -> rusqlite::Result<()> {
        self.connection.execute(
            "INSERT OR REPLACE INTO replica(id, cluster, node, seq, chain, list) VALUES(1, ?, ?, ?, ?, ?)",
            params![replica.cluster, replica.node, replica.seq as i64, replica.chain.to_be_bytes(), replica.list],
        )?;
        Ok(())
    }

    /// Belongs to no cluster again.
    pub fn be_nobodys(&self) -> rusqlite::Result<()> {
        self.connection.execute("DELETE FROM replica", []).map(drop)
    }

    /// What the open transaction changed, as the record that comes next; `None`: nothing. Notes it as applied.
    pub(super) fn record(&mut self, capture: &mut Capture, committed: &Committed) -> rusqlite::Result<Option<(u64, Vec<u8>)>> {
        let (patchset, search) = (capture.patchset()?, self.searched.replace(Vec::new()).unwrap_or_default());
        if patchset.is_empty() && search.is_empty() {
            return Ok(None);
        }
        let words = Words {
            schema: schema::known(),
            last_stamp: self.last_stamp,
            published: committed.published,
            n_wanted: committed.n_wanted,
            cluster: committed.cluster,
            search,
        };
        let Some(Replica { seq, chain, .. }) = self.replica()? else { return Err(rusqlite::Error::QueryReturnedNoRows) };
        let body = pack(chain, &words, &patchset).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        self.note_applied(seq + 1, chain_of(&body).unwrap_or(chain))?;
        Ok(Some((seq + 1, body)))
    }

    fn note_applied(&self, seq: u64, chain: u128) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE replica SET seq = ?, chain = ?")?
            .execute(params![seq as i64, chain.to_be_bytes()])?;
        Ok(())
    }

    /// Notes what the shared list hashes to that is in this node's file now.
    pub(super) fn note_list(&self, hash: &Key) -> rusqlite::Result<()> {
        self.connection.execute("UPDATE replica SET list = ?", [hash])?;
        Ok(())
    }

    /// A write that proves the disk, and changes nothing.
    pub(super) fn touch(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("BEGIN IMMEDIATE; UPDATE replica SET seq = seq; COMMIT")
    }

    /// Whether triggers fire: a record holds what they did already.
    pub(super) fn set_triggers(&self, fire: bool) -> rusqlite::Result<()> {
        self.connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, fire).map(|_| ())
    }

    /// Applies a record inside the transaction that is open; `None`: it is in the database already.
    pub(super) fn apply_record(&mut self, seq: u64, body: &[u8]) -> Result<Option<Committed>, FollowError> {
        let of_sql = |error: rusqlite::Error| FollowError::Write(error.into());
        let replica = self.replica().map_err(of_sql)?;
        let Some(Replica { seq: applied, chain, .. }) = replica else {
            return Err(FollowError::Diverged { seq, why: "the database belongs to no cluster".into() });
        };
        if seq <= applied {
            return Ok(None);
        }
        let diverged = |why: &str| FollowError::Diverged { seq, why: why.into() };
        if seq != applied + 1 {
            return Err(diverged("the one before it is missing"));
        }
        if chain_of(body) != Some(hash_of(chain, &body[CHAIN_BYTES.min(body.len())..])) {
            return Err(diverged("it does not follow from those before it"));
        }
        let (words, patchset) = unpack(body).map_err(|error| diverged(&format!("it cannot be read: {error}")))?;
        if words.schema > schema::known() {
            return Err(FollowError::Newer { seq, found: words.schema, known: schema::known() });
        }
        if !patchset.is_empty() {
            let abort = |_: ConflictType, _: &ChangesetItem| ConflictAction::SQLITE_CHANGESET_ABORT;
            let applied = self.connection.apply_strm(&mut patchset.as_slice(), Some(is_shared), abort);
            applied.map_err(|error| match super::DiskTrouble::of(&error) {
                Some(_) => of_sql(error),
                None => diverged(&format!("a row is another than it was ({error})")),
            })?;
        }
        for change in words.search {
            self.search(change).map_err(|error| match super::DiskTrouble::of(&error) {
                Some(_) => of_sql(error),
                None => diverged(&format!("the text index cannot take it ({error})")),
            })?;
        }
        self.last_stamp = self.last_stamp.max(words.last_stamp);
        self.note_applied(seq, chain_of(body).unwrap_or(chain)).map_err(of_sql)?;
        let Words { published, n_wanted, cluster, .. } = words;
        Ok(Some(Committed { published, n_wanted, cluster, ..Committed::default() }))
    }
}

impl Reader {
    /// Whose database this is; `None`: it belongs to no cluster.
    pub fn replica(&self) -> rusqlite::Result<Option<Replica>> {
        replica(&self.connection)
    }

    /// Goes on reading the database as it is now, whatever is written.
    pub fn hold(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("BEGIN")?;
        self.connection.query_row("SELECT count(*) FROM replica", [], |_| Ok(()))
    }

    /// A hash of all rows that are the same on every node, in the order of their keys, and of which entries are in the text index.
    pub fn fingerprint(&self) -> rusqlite::Result<u128> {
        let mut hash = Xxh3::new();
        let mut tables = self
            .connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")?;
        let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for table in tables.iter().filter(|table| is_shared(table)) {
            let mut keys = self.connection.prepare("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")?;
            let keys: Vec<String> = keys.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            self.hash_rows(&format!("SELECT * FROM {table} ORDER BY {}", keys.join(", ")), &mut hash)?;
        }
        self.hash_rows("SELECT id FROM search_docsize ORDER BY id", &mut hash)?;
        Ok(hash.digest128())
    }

    fn hash_rows(&self, sql: &str, hash: &mut Xxh3) -> rusqlite::Result<()> {
        use rusqlite::types::ValueRef;
        let mut all = self.connection.prepare(sql)?;
        let n_columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..n_columns {
                let value = row.get_ref(column)?;
                let (kind, number, bytes): (u8, u64, &[u8]) = match value {
                    ValueRef::Null => (0, 0, &[]),
                    ValueRef::Integer(n) => (1, n as u64, &[]),
                    ValueRef::Real(n) => (2, n.to_bits(), &[]),
                    ValueRef::Text(text) => (3, text.len() as u64, text),
                    ValueRef::Blob(blob) => (4, blob.len() as u64, blob),
                };
                hash.update(&[kind]);
                hash.update(&number.to_be_bytes());
                hash.update(bytes);
            }
        }
        hash.update(sql.as_bytes());
        Ok(())
    }
}

fn replica(connection: &Connection) -> rusqlite::Result<Option<Replica>> {
    connection
        .prepare_cached("SELECT cluster, node, seq, chain, list FROM replica")?
        .query_row([], |row| {
            Ok(Replica {
                cluster: row.get(0)?,
                node: row.get(1)?,
                seq: row.get::<_, i64>(2)? as u64,
                chain: u128::from_be_bytes(row.get(3)?),
                list: row.get(4)?,
            })
        })
        .optional()
}

/// The hash with which a record begins.
fn chain_of(body: &[u8]) -> Option<u128> {
    body.first_chunk().map(|bytes| u128::from_be_bytes(*bytes))
}

fn hash_of(before: u128, packed: &[u8]) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&before.to_be_bytes());
    hash.update(packed);
    hash.digest128()
}

fn pack(before: u128, words: &Words, patchset: &[u8]) -> std::io::Result<Vec<u8>> {
    let words = serde_json::to_vec(words)?;
    let mut packer = zstd::Encoder::new(vec![0; CHAIN_BYTES], LEVEL)?;
    packer.include_checksum(false)?;
    packer.include_contentsize(false)?;
    packer.write_all(&u32::try_from(words.len()).map_err(std::io::Error::other)?.to_be_bytes())?;
    packer.write_all(&words)?;
    packer.write_all(patchset)?;
    let mut body = packer.finish()?;
    let chain = hash_of(before, &body[CHAIN_BYTES..]);
    body[..CHAIN_BYTES].copy_from_slice(&chain.to_be_bytes());
    Ok(body)
}

fn unpack(body: &[u8]) -> std::io::Result<(Words, Vec<u8>)> {
    let packed = body.get(CHAIN_BYTES..).unwrap_or_default();
    let mut unpacker = zstd::Decoder::new(packed)?.take(MOST_BYTES);
    let mut length = [0; 4];
    unpacker.read_exact(&mut length)?;
    let mut words = String::new();
    unpacker.by_ref().take(u32::from_be_bytes(length).into()).read_to_string(&mut words)?;
    let mut patchset = Vec::new();
    unpacker.read_to_end(&mut patchset)?;
    let read = serde_json::from_str(&words).or_else(|error| match serde_json::from_str::<Written>(&words) {
        // Whatever else a newer version says.
        Ok(Written { schema }) if schema > schema::known() => Ok(Words { schema, ..Words::default() }),
        _ => Err(error),
    });
    Ok((read?, patchset))
}
