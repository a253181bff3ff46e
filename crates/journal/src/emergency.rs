//! Notes that can be made when the disk is full.
//!
//! When the journal cannot grow, cancels still have to leave, and what left has to be known
//! after the restart. The space for that is taken while there is some: a file of fixed size,
//! filled with zeros, that notes are written *into*.
//!
//! Entry points: [`EmergencyNotes`], [`read_notes`].
//!
//! Invariants: (1) a note never makes the file longer; (2) a note is synced before
//! [`EmergencyNotes::note`] returns; (3) a note that was cut by a crash has no line end and is
//! not read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{JournalError, Result};

/// The size that is reserved unless the caller knows better: some thousand notes.
pub const RESERVED_BYTES: usize = 256 * 1024;

/// The preallocated file, ready to be written into.
#[derive(Debug)]
pub struct EmergencyNotes {
    file: File,
    path: PathBuf,
    /// Bytes reserved, and bytes used by whole notes.
    size: usize,
    used: usize,
}

impl EmergencyNotes {
    /// Reserves the space, or goes on after the notes that are already there.
    ///
    /// # Errors
    /// When the file cannot be made that large.
    pub fn prepare(path: &Path, size: usize) -> Result<Self> {
        let fail = |error: std::io::Error| JournalError::io(path, &error);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(fail)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(fail)?;
        if content.len() < size {
            // Real zeros: a hole in the file would need space when it is written into.
            file.write_all(&vec![0; size - content.len()]).map_err(fail)?;
            file.sync_all().map_err(fail)?;
        }
        let (size, used) = (size.max(content.len()), whole_notes(&content).len());
        Ok(Self { file, path: path.to_path_buf(), size, used })
    }

    /// Writes one line. Line ends and zeros in it become spaces.
    ///
    /// # Errors
    /// [`JournalError::Full`] when the reserved space is used up, or when the device fails.
    pub fn note(&mut self, text: &str) -> Result<()> {
        let mut line = text.replace(['\n', '\r', '\0'], " ");
        line.push('\n');
        if self.used + line.len() > self.size {
            let why = format!("the {} bytes of {} are used up", self.size, self.path.display());
            return Err(JournalError::Full { why });
        }
        self.overwrite(self.used, line.as_bytes())?;
        self.used += line.len();
        Ok(())
    }

    /// Frees the space, once the notes are in the journal.
    ///
    /// # Errors
    /// When the device fails.
    pub fn clear(&mut self) -> Result<()> {
        // Everything, not only whole notes: a cut one must not become the end of a new one.
        self.overwrite(0, &vec![0; self.size])?;
        self.used = 0;
        Ok(())
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) -> Result<()> {
        let mut write = || {
            self.file.seek(SeekFrom::Start(at as u64))?;
            self.file.write_all(bytes)?;
            self.file.sync_data()
        };
        write().map_err(|error| JournalError::io(&self.path, &error))
    }
}

/// The notes in a file, oldest first; none if there is no file.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read_notes(path: &Path) -> Result<Vec<String>> {
    match std::fs::read(path) {
        Ok(content) => {
            let text = String::from_utf8_lossy(whole_notes(&content)).into_owned();
            Ok(text.lines().map(str::to_owned).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(JournalError::io(path, &error)),
    }
}

/// The content up to the last line end before the first zero.
fn whole_notes(content: &[u8]) -> &[u8] {
    let end = content.iter().position(|byte| *byte == 0).unwrap_or(content.len());
    let whole = content[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    &content[..whole]
}
