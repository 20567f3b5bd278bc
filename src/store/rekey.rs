//! Addresses keyed anew, when the tables that decide their keys are another version's: read in batches, written by the
//! writer, while the service runs. The old keys stay: what they found once is not wrong.

use super::base::Store;
use super::open::{ADDRESS_VERSION, address_version};
use super::read::Reader;
use crate::model::{ArticleId, EntryId, Key};
use crate::records::Addresses;
use crate::story::AddressKey;
use rusqlite::params;

impl Reader {
    pub fn address_version(&self) -> rusqlite::Result<u32> {
        address_version(&self.connection)
    }

    /// The addresses of so many entries, from `after` on.
    pub fn addresses(&self, after: EntryId, n: usize) -> rusqlite::Result<Vec<Addresses>> {
        let mut all = self.connection.prepare_cached(
            "SELECT e.id, e.link, a.id, a.url, a.final_url, a.canonical_url, a.og_url
             FROM entries e LEFT JOIN articles a ON a.id = e.article_id WHERE e.id > ? ORDER BY e.id LIMIT ?",
        )?;
        let rows = all.query_map(params![after.0, n as i64], |row| {
            Ok(Addresses {
                entry: EntryId(row.get(0)?),
                link: row.get(1)?,
                page: row.get::<_, Option<i64>>(2)?.map(ArticleId).zip(row.get(3)?),
                final_url: row.get(4)?,
                canonical_url: row.get(5)?,
                og_url: row.get(6)?,
            })
        })?;
        rows.collect()
    }
}

impl Store {
    pub(super) fn rekey(
        &mut self,
        version: u32,
        entries: &[(EntryId, Vec<AddressKey>)],
        pages: &[(ArticleId, Key)],
        last: bool,
    ) -> rusqlite::Result<()> {
        for (entry, keys) in entries {
            self.save_addresses(*entry, keys)?;
        }
        // Where two pages turn out to be one, each stays what it is to its entries.
        let mut rename = self.connection.prepare_cached("UPDATE OR IGNORE articles SET key = ? WHERE id = ?")?;
        for (page, key) in pages {
            rename.execute(params![key, page.0])?;
        }
        if last {
            self.connection.execute(
                "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                params![ADDRESS_VERSION, version],
            )?;
        }
        Ok(())
    }
}
