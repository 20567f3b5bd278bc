//! What the writer carried out, written down: one JSON line each, in the order of the commits.

use crate::records::Recorded;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// The lines of the transaction that is open, and the file they go to once it is committed.
pub struct Recorder {
    file: File,
    lines: Vec<u8>,
}

impl Recorder {
    /// Appends to a file, which is made where there is none; only its owner may read it.
    pub fn open(path: &Path) -> io::Result<Recorder> {
        use std::os::unix::fs::OpenOptionsExt;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        Ok(Recorder { file, lines: Vec::new() })
    }

    /// Where the lines that are not written yet end.
    pub(super) fn mark(&self) -> usize {
        self.lines.len()
    }

    /// Forgets what was noted after a mark: it was undone.
    pub(super) fn forget(&mut self, mark: usize) {
        self.lines.truncate(mark);
    }

    pub fn note(&mut self, line: &Recorded) {
        let mark = self.lines.len();
        match serde_json::to_writer(&mut self.lines, line) {
            Ok(()) => self.lines.push(b'\n'),
            Err(error) => {
                self.lines.truncate(mark);
                tracing::error!(%error, "a command could not be recorded");
            }
        }
    }

    /// Writes what was noted.
    pub fn write(&mut self) {
        if let Err(error) = self.file.write_all(&self.lines) {
            tracing::error!(%error, "the record could not be written; it ends here");
        }
        self.lines.clear();
    }
}
