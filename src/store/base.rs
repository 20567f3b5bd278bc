//! The writer's side of the database: the open file and what it keeps in memory. What commands do to it is in the other
//! files of the room.

use super::open::{begin_addresses, instance, prepare};
use super::schema::SchemaError;
use crate::model::{EntryId, FeedId, Timestamp};
use crate::records::Committed;
use crate::story;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::path::Path;
use uuid::Uuid;

/// The writer's side of the database.
pub struct Store {
    pub(super) connection: Connection,
    /// Which database this is: part of every published id.
    pub(super) instance: Uuid,
    /// The last moment that was given out; see [`Store::stamp`].
    pub(super) last_stamp: i64,
    /// The time of the command that is being carried out, as far as a stamp was taken.
    pub(super) now: Timestamp,
    /// `None` until it was built: nothing that is compared is settled before.
    pub(super) index: Option<story::Index>,
    /// Raised by whatever moves or removes entries that are in stories: an index that was read from the tables before is
    /// not taken.
    pub(super) epoch: u64,
    /// What the command that is being carried out changed.
    pub(super) changed: Committed,
    /// Entries that were settled in this transaction and are not in the text index yet.
    pub(super) searchable: Vec<Searchable>,
    /// What this transaction changed in the text index, where that is asked for: for the log of a cluster.
    pub(super) searched: Option<Vec<SearchChange>>,
    /// The polls of this transaction, to be counted once.
    pub(super) polls: Vec<PollCount>,
    /// Whether there are rules or triggers; `None`: to be looked up.
    pub(super) is_watched: Option<bool>,
    /// Of each feed's last answer since the start: what is not sent again where nothing has changed.
    pub(super) answer_bytes: HashMap<FeedId, u64>,
}

/// What polls add to the row of their hour.
#[derive(Default)]
pub(super) struct PollCount {
    pub hour: i64,
    pub n_polls: i64,
    pub n_unchanged: i64,
    pub n_failed: i64,
    pub n_new: i64,
    pub wire_bytes: i64,
}

/// What goes into the text index.
#[derive(Clone)]
pub(super) struct Searchable {
    pub entry: EntryId,
    pub terms: String,
    pub replaces: bool,
}

/// A row of the text index that was written or taken out.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum SearchChange {
    /// `replaces`: there was one of the entry before.
    Put(EntryId, String, bool),
    Delete(EntryId),
}

/// What is new in a database that does not exist yet, and when it is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    pub at: Timestamp,
    /// Its id, where it is made now.
    pub instance: Uuid,
}

impl Opening {
    /// A new database would be a new instance.
    pub fn now(at: Timestamp) -> Opening {
        Opening { at, instance: Uuid::new_v4() }
    }
}

impl Store {
    /// Opens or creates the database. Only the process that holds the lock may. A node's of a cluster is refused: what is
    /// written to it must be in the cluster's log.
    pub fn open(path: &Path, opening: Opening) -> Result<Store, SchemaError> {
        let store = Store::open_any(path, opening)?;
        let node = store.connection.query_row("SELECT node FROM replica", [], |row| row.get(0)).optional()?;
        node.map_or(Ok(store), |node| Err(SchemaError::OfCluster(node)))
    }

    /// The same, whoever's it is.
    pub fn open_any(path: &Path, opening: Opening) -> Result<Store, SchemaError> {
        let connection = prepare(path)?;
        let instance = instance(&connection, opening.instance)?;
        begin_addresses(&connection, story::ADDRESS_VERSION)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let last: Option<i64> = connection.query_row(
            "SELECT max(a) FROM (SELECT max(updated) AS a FROM stories UNION ALL SELECT max(first_seen) FROM entries WHERE id = (SELECT max(id) FROM entries)
             UNION ALL SELECT value FROM meta WHERE key = 'last_stamp')",
            [],
            |row| row.get(0),
        )?;
        Ok(Store {
            connection,
            instance,
            last_stamp: last.unwrap_or(0).max(opening.at.0 - 1),
            now: opening.at,
            index: None,
            epoch: 0,
            changed: Committed::default(),
            searchable: Vec::new(),
            searched: None,
            polls: Vec::new(),
            is_watched: None,
            answer_bytes: HashMap::new(),
        })
    }

    /// A moment that is later than every one given out before, and `now` wherever that is true of it: what is sorted
    /// by it never ties, and a clock that jumps back changes no order.
    pub(super) fn stamp(&mut self, now: Timestamp) -> Timestamp {
        self.now = now;
        self.last_stamp = (self.last_stamp + 1).max(now.0);
        Timestamp(self.last_stamp)
    }

    pub fn instance(&self) -> Uuid {
        self.instance
    }

    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    pub fn has_index(&self) -> bool {
        self.index.is_some()
    }

    /// Hands over the index that was built from [`Reader::settled`](super::Reader::settled), and the epoch that the tables
    /// had before they were read. `false`: a person moved entries, or a feed was purged, meanwhile; it is read again.
    pub fn set_index(&mut self, index: story::Index, epoch: u64) -> bool {
        let good = epoch == self.epoch;
        if good {
            self.index = Some(index);
        }
        good
    }

    /// As after a command that failed: it is built anew before anything that is compared is settled.
    pub fn forget_index(&mut self) {
        self.index = None;
    }
}
