//! What was prepared of the window's entries, kept in a file beside the database, so that a start does not read their bodies
//! and prepare them anew.
//!
//! A cache and no more: which entries there are, and in which stories, is always asked of the database, and what is kept of
//! an entry is taken only where everything that it was made of has the stamps that it had. So an index that is made with the
//! file is the one that is made without it, whatever happened to either; and a file that is damaged, of another database or
//! of another version costs time alone.
//!
//! The file: [`HEAD`] bytes that say what it belongs to, then records, each `length entry version hash` (4, 8, 8, 8 bytes,
//! little-endian) and so many bytes. The last record of an entry holds. Records are added at the end; where more than half of
//! the file is of no more use, it is written anew under another name, and put in its place.

use crate::model::EntryId;
use crate::story::{self, Prepared};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// `courant-prepared`, and a hash of all that a record depends on beside its entry.
const HEAD: usize = 24;
const NAME: &[u8; 16] = b"courant-prepared";

/// Before the bytes of a record.
const RECORD: usize = 28;

/// No entry has more: its terms and shingles are bounded.
const MOST_BYTES: u32 = 1 << 20;

/// A file is written anew where it has more dead bytes than live ones, and so many at least.
const LEAST_DEAD: u64 = 1 << 20;

/// What is added is written out when so many bytes of it wait.
const PIECE: usize = 8 << 20;

/// What is kept, while an index is made.
pub struct PreparedFile {
    path: PathBuf,
    head: [u8; HEAD],
    /// `None`: there is none yet, or what is there is not ours.
    file: Option<File>,
    /// `file` is made anew, and has another name until it is whole.
    is_new: bool,
    /// Where the good part of what was there ends.
    end: u64,
    /// Where the good part ends with what was added.
    written: u64,
    places: HashMap<EntryId, Place>,
    /// What is to be added next, as it will stand in the file.
    added: Vec<u8>,
    n_added: usize,
    /// Something could not be written: nothing more is added.
    has_failed: bool,
    /// The records that were asked for.
    asked: Vec<Place>,
}

#[derive(Clone, Copy)]
struct Place {
    version: u64,
    hash: u64,
    at: u64,
    n_bytes: u32,
}

impl PreparedFile {
    /// Reads what is in the file of the database with this id; where it is not to be read, nothing.
    pub fn open(path: &Path, instance: &str) -> PreparedFile {
        let mut kept = PreparedFile {
            path: path.to_owned(),
            head: head(instance),
            file: None,
            is_new: false,
            end: HEAD as u64,
            written: HEAD as u64,
            places: HashMap::new(),
            added: Vec::new(),
            n_added: 0,
            has_failed: false,
            asked: Vec::new(),
        };
        match File::options().read(true).write(true).open(path) {
            Ok(file) => {
                if let Err(error) = kept.read(&file) {
                    tracing::debug!(error = %error, path = %path.display(), "what was prepared before is of no use");
                    (kept.end, kept.places) = (HEAD as u64, HashMap::new());
                } else {
                    (kept.file, kept.written) = (Some(file), kept.end);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::debug!(error = %error, path = %path.display(), "what was prepared before cannot be read"),
        }
        kept
    }

    /// Where each record is, up to the first one that cannot be.
    fn read(&mut self, file: &File) -> std::io::Result<()> {
        let n_bytes = file.metadata()?.len();
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let mut head = [0; HEAD];
        reader.read_exact(&mut head)?;
        if head != self.head {
            return Err(std::io::Error::other("it belongs to another database or version"));
        }
        while let Some((entry, place)) = next_record(&mut reader, self.end, n_bytes)? {
            self.end = place.at + u64::from(place.n_bytes);
            self.places.insert(entry, place);
        }
        Ok(())
    }

    /// What was prepared of an entry whose stamps say `version`.
    pub fn get(&mut self, entry: EntryId, version: u64) -> Option<Prepared> {
        let place = *self.places.get(&entry).filter(|place| place.version == version)?;
        let mut bytes = vec![0; place.n_bytes as usize];
        self.file.as_ref()?.read_exact_at(&mut bytes, place.at).ok()?;
        let prepared: Prepared = postcard::from_bytes(&bytes).ok().filter(|_| hash(entry, version, &bytes) == place.hash)?;
        self.asked.push(place);
        (prepared.entry == entry).then_some(prepared)
    }

    /// Whether there is a record of an entry with these stamps, which is not looked at.
    pub fn has(&mut self, entry: EntryId, version: u64) -> bool {
        let place = self.places.get(&entry).filter(|place| place.version == version);
        self.asked.extend(place);
        place.is_some()
    }

    /// Keeps what was prepared of an entry.
    pub fn add(&mut self, version: u64, prepared: &Prepared) {
        if self.has_failed {
            return;
        }
        let Ok(bytes) = postcard::to_allocvec(prepared) else { return };
        let Some(n_bytes) = u32::try_from(bytes.len()).ok().filter(|n| *n <= MOST_BYTES) else { return };
        self.added.extend_from_slice(&n_bytes.to_le_bytes());
        self.added.extend_from_slice(&prepared.entry.0.to_le_bytes());
        self.added.extend_from_slice(&version.to_le_bytes());
        self.added.extend_from_slice(&hash(prepared.entry, version, &bytes).to_le_bytes());
        self.added.extend_from_slice(&bytes);
        self.n_added += 1;
        if self.added.len() >= PIECE {
            self.write_out();
        }
    }

    /// Writes down what was added, when every entry of the window was asked for or added: no other is kept where the file
    /// is written anew. A disk that takes nothing costs time of the next start alone.
    pub fn close(mut self) {
        let live: u64 = self.asked.iter().map(|place| RECORD as u64 + u64::from(place.n_bytes)).sum();
        let dead = self.end.saturating_sub(HEAD as u64 + live);
        if !self.added.is_empty() {
            self.write_out();
        }
        let anew = dead > live.max(LEAST_DEAD);
        let closed = match self.is_new {
            true => put_in_place(&self.part(), &self.path),
            false if anew && !self.has_failed => self.write_anew(),
            false => Ok(()),
        };
        match closed {
            Ok(()) => tracing::debug!(n_entries = self.n_added, anew, "what was prepared is kept"),
            Err(error) => tracing::debug!(error = %error, path = %self.path.display(), "what was prepared is not kept"),
        }
    }

    /// Writes what waits behind what is good; where that fails the file is what it was before.
    fn write_out(&mut self) {
        if let Err(error) = self.write_piece() {
            tracing::debug!(error = %error, path = %self.path.display(), "what was prepared cannot be written");
            self.has_failed = true;
            if let Err(error) = self.take_back() {
                tracing::debug!(error = %error, path = %self.path.display(), "half of what was prepared stays on the disk");
            }
        }
        self.added.clear();
    }

    fn write_piece(&mut self) -> std::io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                self.is_new = true;
                let file = File::options().read(true).write(true).create(true).truncate(true).mode(0o600).open(self.part())?;
                file.write_all_at(&self.head, 0)?;
                file
            }
        };
        let file = self.file.insert(file);
        // What stands there is overwritten.
        file.set_len(self.written)?;
        file.write_all_at(&self.added, self.written)?;
        self.written += self.added.len() as u64;
        Ok(())
    }

    /// Gives the room back that a piece took which was not written to its end.
    fn take_back(&mut self) -> std::io::Result<()> {
        if std::mem::take(&mut self.is_new) {
            self.file = None;
            return remove(&self.part());
        }
        self.file.as_ref().map_or(Ok(()), |file| file.set_len(self.written))
    }

    fn part(&self) -> PathBuf {
        self.path.with_extension("prepared.part")
    }

    fn write_anew(&mut self) -> std::io::Result<()> {
        let part = self.part();
        if let Err(error) = self.write_to(&part) {
            remove(&part)?;
            return Err(error);
        }
        put_in_place(&part, &self.path)
    }

    fn write_to(&mut self, part: &Path) -> std::io::Result<()> {
        let mut written = BufWriter::new(File::options().write(true).create(true).truncate(true).mode(0o600).open(part)?);
        written.write_all(&self.head)?;
        if let Some(mut file) = self.file.as_ref() {
            self.asked.sort_unstable_by_key(|place| place.at);
            for place in &self.asked {
                let mut record = vec![0; RECORD + place.n_bytes as usize];
                file.read_exact_at(&mut record, place.at - RECORD as u64)?;
                written.write_all(&record)?;
            }
            file.seek(SeekFrom::Start(self.end))?;
            std::io::copy(&mut file.take(self.written - self.end), &mut written)?;
        }
        written.flush()
    }
}

fn put_in_place(part: &Path, path: &Path) -> std::io::Result<()> {
    let placed = std::fs::rename(part, path);
    if placed.is_err() {
        remove(part)?;
    }
    placed
}

fn remove(part: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The record that begins there, if a whole one does.
fn next_record(reader: &mut BufReader<&File>, start: u64, n_bytes: u64) -> std::io::Result<Option<(EntryId, Place)>> {
    if n_bytes < start + RECORD as u64 {
        return Ok(None);
    }
    let mut number = [0; 4];
    let mut numbers = [[0; 8]; 3];
    reader.read_exact(&mut number)?;
    for number in &mut numbers {
        reader.read_exact(number)?;
    }
    let [entry, version, hash] = numbers.map(u64::from_le_bytes);
    let place = Place { version, hash, at: start + RECORD as u64, n_bytes: u32::from_le_bytes(number) };
    if place.n_bytes > MOST_BYTES || place.at + u64::from(place.n_bytes) > n_bytes {
        return Ok(None);
    }
    reader.seek_relative(i64::from(place.n_bytes))?;
    Ok(Some((EntryId(entry.cast_signed()), place)))
}

fn hash(entry: EntryId, version: u64, bytes: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&entry.0.to_le_bytes());
    hash.update(&version.to_le_bytes());
    hash.update(bytes);
    hash.digest()
}

/// What all records depend on: the database, the version of the model, and the program that prepared them.
fn head(instance: &str) -> [u8; HEAD] {
    let of = format!("{instance} {} {}", story::MODEL_VERSION, env!("CARGO_PKG_VERSION"));
    let mut head = [0; HEAD];
    head[..NAME.len()].copy_from_slice(NAME);
    head[NAME.len()..].copy_from_slice(&xxh3_64(of.as_bytes()).to_le_bytes());
    head
}
