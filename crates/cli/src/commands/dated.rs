//! Texts of dated data (fees, calendars): the user's own file.
//!
//! Entry points: [`Own`], [`utc`].

use crate::failure::Failure;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use truefill_core::time::Nanos;

/// Most bytes of a text that is read; the readers of the texts refuse more.
const TEXT_BYTES_MAX: u64 = 4 * 1024 * 1024 + 1;

/// A text of the user.
#[derive(Debug)]
pub struct Own {
    /// How messages call it.
    pub file: String,
    /// What stands in it.
    pub text: String,
}

impl Own {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let file = path.display().to_string();
        let refuse = |error: std::io::Error| {
            Failure::Input(format!(
                "{file}: cannot be read ({error}); nothing was done; check the path, and that it \
                 is plain text"
            ))
        };
        let mut text = String::new();
        let opened = File::open(path).map_err(refuse)?;
        opened.take(TEXT_BYTES_MAX).read_to_string(&mut text).map_err(refuse)?;
        Ok(Self { file, text })
    }

    /// The names behind a keyword at the beginning of a line, in the order of the text.
    pub fn names<'a>(&'a self, keyword: &str) -> Result<Vec<&'a str>, Failure> {
        let named = |line: &'a str| {
            let mut words = line.split_whitespace();
            (words.next() == Some(keyword)).then(|| words.next()).flatten()
        };
        let names: Vec<&str> = self.text.lines().filter_map(named).collect();
        if names.is_empty() {
            return Err(Failure::Input(format!(
                "{}: there is no line `{keyword} NAME`; nothing was done; begin with one, as \
                 docs/dated-data.md shows",
                self.file
            )));
        }
        Ok(names)
    }
}

/// An instant as people write it, without a fraction that is zero.
pub fn utc(at: Nanos) -> String {
    at.to_string().replace(".000000000Z", "Z")
}
