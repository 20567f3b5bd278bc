//! A record done again: every command that a process submitted, into a database of its own. The same commands give the same
//! rows.

use super::settle::read_index;
use crate::records::Recorded;
use crate::store::{Opening, Reader, Store};
use anyhow::Context;
use std::io::BufRead;
use std::path::Path;

/// Replays a record into a database, which must not exist yet. Returns how many commands were carried out.
pub fn replay(record: impl BufRead, database: &Path) -> anyhow::Result<usize> {
    anyhow::ensure!(!database.exists(), "{} exists already; a record is replayed into a new database", database.display());
    let mut store: Option<Store> = None;
    let mut n_commands = 0;
    for (n, line) in record.lines().enumerate() {
        let at_line = || format!("line {} of the record", n + 1);
        let recorded: Recorded = serde_json::from_str(&line.with_context(at_line)?).with_context(at_line)?;
        if let Recorded::Opened { at, instance } = recorded {
            // The process before it has ended: its index and its memory are gone.
            drop(store.take());
            store = Some(Store::open(database, Opening { at, instance })?);
            continue;
        }
        let open = store.as_mut().with_context(|| format!("{}: a record begins with an opened database", at_line()))?;
        match recorded {
            Recorded::Opened { .. } => {}
            Recorded::Command(command) => {
                open.commit(*command).with_context(at_line)?;
                n_commands += 1;
            }
            Recorded::Indexed(plan) => {
                let index = read_index(&Reader::open(database)?, &plan, None).with_context(at_line)?;
                let epoch = open.epoch();
                open.set_index(index, epoch);
            }
            Recorded::IndexLost => open.forget_index(),
        }
    }
    Ok(n_commands)
}
