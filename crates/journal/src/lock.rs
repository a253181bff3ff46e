//! One engine per journal on this host: a lock file beside it.
//!
//! Entry point: [`Lock`]. The lock is the operating system's, so a crash frees it; the pid in
//! the file is only for the message. The file stays after a stop: removing it would let two
//! processes lock two files of the same name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{JournalError, Result};

/// The lock of a journal, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of the journal at this path.
    ///
    /// # Errors
    /// [`JournalError::Locked`] naming the holder, or why the lock file cannot be made.
    pub fn acquire(journal: &Path) -> Result<Self> {
        let path = lock_path(journal);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| JournalError::io(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&mut file);
                return Err(JournalError::Locked { path, holder });
            }
            Err(TryLockError::Error(error)) => return Err(JournalError::io(&path, &error)),
        }
        let mut lock = Self { file, path };
        // Only for the message of a second process, so a full disk does not matter here.
        let _ = lock.write_holder(&format!("pid {}\n", std::process::id()));
        Ok(lock)
    }

    /// The lock file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write_holder(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.write_holder("");
        let _ = self.file.unlock();
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(64).read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "of unknown pid".to_owned(),
    }
}

/// `journal.db` is locked by `journal.lock`. Links are followed, so that every name of a
/// journal leads to one lock.
fn lock_path(journal: &Path) -> PathBuf {
    journal.canonicalize().unwrap_or_else(|_| journal.to_path_buf()).with_extension("lock")
}
