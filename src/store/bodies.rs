//! Bodies: stored as they come, packed later. Packing (zstd, with a dictionary made of the database's own bodies) happens
//! behind the running service, off the writer's thread; a poll pays nothing for it.

use super::base::Store;
use super::read::Reader;
use crate::model::{ArticleId, EntryId, Timestamp};
use crate::records::{BodyOf, NewDictionary, PackedBody};
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, params};
use std::collections::hash_map::Entry;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::EncoderDictionary;

/// How hard it is tried; reading costs the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// While somebody waits: 5 % larger, in a fifth of the time.
    Quick,
    /// While nothing else is to be done: it happens once a body.
    Thorough,
}

impl Effort {
    /// zstd's.
    fn level(self) -> i32 {
        match self {
            Effort::Quick => 9,
            Effort::Thorough => 19,
        }
    }
}

const LONGEST: usize = 64 * 1024 * 1024;

/// Bodies of which a dictionary is made, and how large it is: of 1,274 articles in a dozen languages one of 110 KB made
/// the other half 12 % smaller, one of 64 KB 11 %.
const DICTIONARY_SAMPLES: usize = 2_000;
const LEAST_SAMPLES: usize = 500;
const DICTIONARY_BYTES: usize = 112_640;
/// Of each so much is taken, for making a dictionary holds all of it in memory: of 1,280 articles (9.6 MB) one of their beginnings
/// made the bodies 3.76 MB, one of whole articles 3.81.
const SAMPLE_BYTES: usize = 3_000;

/// Another one is tried when twice as many bodies were packed, or this many more: what feeds write of changes with the years.
const TRIED_AFTER: i64 = 50_000;
/// It is taken where it makes what it was not made of smaller by so many per cent: what is packed already stays as it is, and
/// its dictionary with it.
const WORTH_PERCENT: usize = 5;
/// Of so many samples one is kept out for that.
const KEPT_OUT: usize = 4;

/// Under which key of `meta` is how many bodies were packed when a dictionary was made or tried.
const TRIED: &str = "dictionary_tried";

fn damaged(error: std::io::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, error.into())
}

/// The text of a body by which copies are known.
fn hash(html: &str) -> i64 {
    xxhash_rust::xxh3::xxh3_64(html.as_bytes()).cast_signed()
}

impl Reader {
    /// A body as it was given, from a column of [`OWN_BODY`] or [`BEST_BODY`]; empty where there is none.
    pub(super) fn body(&self, column: ValueRef) -> rusqlite::Result<String> {
        match column {
            ValueRef::Integer(packed) => self.unpack(packed),
            ValueRef::Null => Ok(String::new()),
            text => Ok(text.as_str()?.to_owned()),
        }
    }

    fn unpack(&self, id: i64) -> rusqlite::Result<String> {
        let mut packed = self.connection.prepare_cached("SELECT n_bytes, dictionary, data FROM bodies WHERE id = ?")?;
        let mut rows = packed.query([id])?;
        let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let (n_bytes, dictionary): (u32, Option<i64>) = (row.get(0)?, row.get(1)?);
        // No body is nearly as long; a damaged number must not take all memory.
        let n_bytes = usize::try_from(n_bytes).map_or(LONGEST, |n| n.min(LONGEST));
        let mut known = self.dictionaries.known.borrow_mut();
        let unpack = match known.entry(dictionary) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.unpacker(dictionary)?),
        };
        let plain = unpack.decompress(row.get_ref(2)?.as_blob()?, n_bytes);
        String::from_utf8(plain.map_err(damaged)?).map_err(|error| damaged(std::io::Error::other(error)))
    }

    /// Whether a packed body can be read, and is the text that was packed.
    pub(super) fn is_as_it_was(&self, id: i64) -> bool {
        let packed = self.connection.prepare_cached("SELECT hash FROM bodies WHERE id = ?");
        let was = packed.and_then(|mut packed| packed.query_row([id], |row| row.get::<_, i64>(0)));
        matches!((was, self.unpack(id)), (Ok(was), Ok(html)) if hash(&html) == was)
    }

    /// What unpacks bodies that were packed with a dictionary, or with none.
    fn unpacker(&self, dictionary: Option<i64>) -> rusqlite::Result<Decompressor<'static>> {
        let Some(id) = dictionary else { return Decompressor::new().map_err(damaged) };
        let mut data = self.connection.prepare_cached("SELECT data FROM dictionaries WHERE id = ?")?;
        let data: Vec<u8> = data.query_row([id], |row| row.get(0))?;
        Decompressor::with_dictionary(&data).map_err(damaged)
    }

    /// So many bodies that are not packed yet, packed. Empty: there are none.
    pub fn pack(&self, n: usize, effort: Effort) -> rusqlite::Result<Vec<PackedBody>> {
        let mut plain =
            self.plain_bodies("SELECT entry_id, html FROM entry_bodies WHERE body IS NULL ORDER BY entry_id LIMIT ?", n, |id| {
                BodyOf::Entry(EntryId(id))
            })?;
        plain.extend(self.plain_bodies(
            "SELECT article_id, html FROM article_bodies WHERE body IS NULL ORDER BY article_id LIMIT ?",
            n - plain.len(),
            |id| BodyOf::Article(ArticleId(id)),
        )?);
        let newest = self.newest_dictionary()?;
        let dictionary = newest.as_ref().map(|(_, data)| EncoderDictionary::copy(data, effort.level()));
        let mut pack = match &dictionary {
            Some(dictionary) => Compressor::with_prepared_dictionary(dictionary),
            None => Compressor::new(effort.level()),
        }
        .map_err(damaged)?;
        let dictionary = newest.as_ref().map(|(id, _)| *id);
        let packed = plain.into_iter().map(|(of, html)| {
            let data = pack.compress(html.as_bytes()).map_err(damaged)?;
            Ok(PackedBody { of, hash: hash(&html), n_bytes: html.len(), dictionary, data })
        });
        packed.collect()
    }

    fn plain_bodies(&self, sql: &str, n: usize, of: fn(i64) -> BodyOf) -> rusqlite::Result<Vec<(BodyOf, String)>> {
        let mut all = self.connection.prepare_cached(sql)?;
        let rows = all.query_map([n as i64], |row| Ok((of(row.get(0)?), row.get(1)?)))?;
        rows.collect()
    }

    /// Makes a dictionary of the newest bodies: where there is none yet and there are enough, and again where that is due;
    /// `None`: not now.
    pub fn train(&self, at: Timestamp) -> rusqlite::Result<Option<NewDictionary>> {
        let newest = self.newest_dictionary()?;
        let n_packed: i64 =
            self.connection.prepare_cached("SELECT coalesce(max(id), 0) FROM bodies")?.query_row([], |row| row.get(0))?;
        let tried: Option<i64> = self
            .connection
            .prepare_cached("SELECT value FROM meta WHERE key = ?")?
            .query_row([TRIED], |row| row.get(0))
            .optional()?;
        let tried = tried.unwrap_or(0);
        if newest.is_some() && n_packed < tried + tried.min(TRIED_AFTER) {
            return Ok(None);
        }
        let (samples, kept_out) = self.dictionary_samples(newest.is_some())?;
        let n_samples = samples.lengths.len() + kept_out.len();
        if n_samples < LEAST_SAMPLES {
            return Ok(None);
        }
        let n_packed = n_packed.max(n_samples as i64);
        let made = samples.dictionary();
        drop(samples);
        let Some((_, present)) = newest else {
            return Ok(made.map(|data| NewDictionary { at, data: Some(data), n_packed }));
        };
        let Some(candidate) = made else { return Ok(Some(NewDictionary { at, data: None, n_packed })) };
        let [before, after] = self.packed_bytes(&kept_out, [&present, &candidate])?;
        tracing::debug!(before, after, "a dictionary of the newest bodies was tried");
        let is_worth_it = after * 100 <= before * (100 - WORTH_PERCENT);
        Ok(Some(NewDictionary { at, data: is_worth_it.then_some(candidate), n_packed }))
    }

    fn newest_dictionary(&self) -> rusqlite::Result<Option<(i64, Vec<u8>)>> {
        self.connection
            .prepare_cached("SELECT id, data FROM dictionaries ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }

    /// The beginnings of the newest bodies, and, where it `keeps_some` out, which these are. The longest text of an entry is its
    /// article's: of both some.
    fn dictionary_samples(&self, keeps_some: bool) -> rusqlite::Result<(Samples, Vec<BodyOf>)> {
        let (mut samples, mut kept_out) = (Samples::default(), Vec::new());
        let entries = "SELECT entry_id, coalesce(body, html) FROM entry_bodies WHERE body IS NOT NULL OR length(html) > 100
                       ORDER BY entry_id DESC LIMIT ?";
        let articles = "SELECT article_id, coalesce(body, html) FROM article_bodies ORDER BY article_id DESC LIMIT ?";
        let of_entry: fn(i64) -> BodyOf = |id| BodyOf::Entry(EntryId(id));
        let of_article: fn(i64) -> BodyOf = |id| BodyOf::Article(ArticleId(id));
        for (sql, of) in [(entries, of_entry), (articles, of_article)] {
            let mut all = self.connection.prepare(sql)?;
            let mut rows = all.query([DICTIONARY_SAMPLES as i64 / 2])?;
            let mut n = 0_usize;
            while let Some(row) = rows.next()? {
                match keeps_some && n.is_multiple_of(KEPT_OUT) {
                    true => kept_out.push(of(row.get(0)?)),
                    false => samples.push(&self.body(row.get_ref(1)?)?),
                }
                n += 1;
            }
        }
        Ok((samples, kept_out))
    }

    /// How many bytes these bodies are, packed with each of two dictionaries; one that has gone meanwhile is none.
    fn packed_bytes(&self, bodies: &[BodyOf], dictionaries: [&[u8]; 2]) -> rusqlite::Result<[usize; 2]> {
        let [present, candidate] = dictionaries.map(|data| EncoderDictionary::copy(data, Effort::Quick.level()));
        let pack = |dictionary| Compressor::with_prepared_dictionary(dictionary).map_err(damaged);
        let mut packs = [pack(&present)?, pack(&candidate)?];
        let mut n_bytes = [0; 2];
        for of in bodies {
            let (sql, id) = match of {
                BodyOf::Entry(entry) => ("SELECT coalesce(body, html) FROM entry_bodies WHERE entry_id = ?", entry.0),
                BodyOf::Article(article) => ("SELECT coalesce(body, html) FROM article_bodies WHERE article_id = ?", article.0),
            };
            let body = self.connection.prepare_cached(sql)?.query_row([id], |row| self.body(row.get_ref(0)?)).optional()?;
            let body = body.unwrap_or_default();
            for (n_bytes, pack) in n_bytes.iter_mut().zip(&mut packs) {
                *n_bytes += pack.compress(body.as_bytes()).map_err(damaged)?.len();
            }
        }
        Ok(n_bytes)
    }
}

/// The beginnings of bodies, one behind the other.
#[derive(Default)]
struct Samples {
    text: Vec<u8>,
    lengths: Vec<usize>,
}

impl Samples {
    fn push(&mut self, body: &str) {
        let taken = &body.as_bytes()[..body.len().min(SAMPLE_BYTES)];
        self.text.extend_from_slice(taken);
        self.lengths.push(taken.len());
    }

    fn dictionary(&self) -> Option<Vec<u8>> {
        match zstd::dict::from_continuous(&self.text, &self.lengths, DICTIONARY_BYTES) {
            Ok(dictionary) => Some(dictionary),
            Err(error) => {
                tracing::debug!(%error, "these bodies make no dictionary");
                None
            }
        }
    }
}

impl Store {
    /// Dictionaries that no body needs any more go: bodies are packed in the order of their numbers, by the newest of the time.
    pub(super) fn add_dictionary(&mut self, new: &NewDictionary) -> rusqlite::Result<()> {
        if let Some(data) = &new.data {
            self.connection.execute("INSERT INTO dictionaries(made, data) VALUES(?, ?)", params![new.at.0, data])?;
            self.connection.execute(
                "DELETE FROM dictionaries WHERE id < (SELECT max(id) FROM dictionaries)
                   AND id < coalesce((SELECT coalesce(dictionary, 0) FROM bodies ORDER BY id LIMIT 1), 0)",
                [],
            )?;
        }
        self.connection.execute(
            "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            params![TRIED, new.n_packed],
        )?;
        Ok(())
    }

    /// Stores bodies packed that are still what they were when they were; a copy of one that is there is not stored again.
    pub(super) fn save_packed(&mut self, bodies: &[PackedBody]) -> rusqlite::Result<()> {
        for body in bodies {
            let (table, id) = match body.of {
                BodyOf::Entry(entry) => ("entry_bodies WHERE entry_id", entry.0),
                BodyOf::Article(article) => ("article_bodies WHERE article_id", article.0),
            };
            let html: Option<String> = self
                .connection
                .prepare_cached(&format!("SELECT html FROM {table} = ? AND body IS NULL"))?
                .query_row([id], |row| row.get(0))
                .optional()?;
            if !html.is_some_and(|html| html.len() == body.n_bytes && hash(&html) == body.hash) {
                continue;
            }
            let copy: Option<i64> = self
                .connection
                // The same text is the same data; a hash can be forged.
                .prepare_cached("SELECT id FROM bodies WHERE hash = ? AND dictionary IS ? AND data = ?")?
                .query_row(params![body.hash, body.dictionary, body.data], |row| row.get(0))
                .optional()?;
            let packed = match copy {
                Some(copy) => {
                    self.connection.prepare_cached("UPDATE bodies SET n_uses = n_uses + 1 WHERE id = ?")?.execute([copy])?;
                    copy
                }
                None => {
                    self.connection
                        .prepare_cached("INSERT INTO bodies(hash, n_uses, n_bytes, dictionary, data) VALUES(?, 1, ?, ?, ?)")?
                        .execute(params![body.hash, body.n_bytes as i64, body.dictionary, body.data])?;
                    self.connection.last_insert_rowid()
                }
            };
            let (table, key) = table.split_once(" WHERE ").unwrap_or_default();
            self.connection
                .prepare_cached(&format!("UPDATE {table} SET html = '', body = ? WHERE {key} = ?"))?
                .execute([packed, id])?;
        }
        Ok(())
    }
}
