//! `truth.jsonl` on disk: appended while things happen, compared when they happen again.
//!
//! Entry point: [`TruthFile`].
//!
//! Invariants:
//! 1. A line goes to the operating system in one write when it happens, so a kill leaves whole
//!    lines and at most one torn one, which is cut off.
//! 2. A line that is there is never written again, and never changed.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use truefill_sim::broker::TruthSink;

/// The simulator's own log in a run directory.
#[derive(Debug)]
pub struct TruthFile {
    file: File,
    /// Lines of an earlier life that did not come again yet.
    again: Option<BufReader<File>>,
    lines: u64,
    found: u64,
    line: Vec<u8>,
}

impl TruthFile {
    /// Opens the log of a run, or makes it.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let (found, whole_bytes) = whole_lines(&file)?;
        file.set_len(whole_bytes)?;
        let mut file = file;
        file.seek(SeekFrom::End(0))?;
        let again = BufReader::new(File::open(path)?);
        Ok(Self { file, again: Some(again), lines: 0, found, line: Vec::new() })
    }

    /// Lines that an earlier life left.
    pub fn found(&self) -> u64 {
        self.found
    }

    /// Whether every line of an earlier life has come again.
    pub fn is_through(&self) -> bool {
        self.lines >= self.found
    }

    /// The next line of an earlier life, if there is one.
    fn next_old(&mut self) -> io::Result<bool> {
        let Some(again) = &mut self.again else { return Ok(false) };
        self.line.clear();
        let there = self.lines < self.found && again.read_until(b'\n', &mut self.line)? > 0;
        if !there {
            self.again = None;
        }
        Ok(there)
    }
}

impl TruthSink for TruthFile {
    fn line(&mut self, line: &str) -> io::Result<()> {
        if self.next_old()? {
            let old = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
            if old != line.as_bytes() {
                return Err(io::Error::other(format!(
                    "line {} does not come again: it says {}, and now it would be {line}; nothing \
                     was written; a run goes on only with the program, the configuration and the \
                     data it was begun with",
                    self.lines + 1,
                    String::from_utf8_lossy(old)
                )));
            }
        } else {
            self.line.clear();
            self.line.extend_from_slice(line.as_bytes());
            self.line.push(b'\n');
            self.file.write_all(&self.line)?;
        }
        self.lines += 1;
        Ok(())
    }
}

/// Number of whole lines, and their bytes.
fn whole_lines(file: &File) -> io::Result<(u64, u64)> {
    let mut reader = BufReader::new(file);
    let (mut lines, mut whole, mut bytes) = (0, 0, 0);
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            return Ok((lines, whole));
        }
        for byte in chunk {
            bytes += 1;
            if *byte == b'\n' {
                (lines, whole) = (lines + 1, bytes);
            }
        }
        let taken = chunk.len();
        reader.consume(taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_cut_and_old_lines_must_come_again() {
        let path = std::env::temp_dir().join(format!("truthfile-{}", std::process::id()));
        std::fs::write(&path, "one\ntwo\nthr").unwrap();
        let mut log = TruthFile::open(&path).unwrap();
        assert_eq!(log.found(), 2);
        log.line("one").unwrap();
        assert!(!log.is_through());
        log.line("two").unwrap();
        assert!(log.is_through());
        log.line("three").unwrap();
        drop(log);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
        let mut log = TruthFile::open(&path).unwrap();
        log.line("one").unwrap();
        let error = log.line("other").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("two"), "{error}");
        drop(log);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
        std::fs::remove_file(&path).unwrap();
    }
}
