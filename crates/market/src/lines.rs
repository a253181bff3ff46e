//! Text files line by line, plain or gzip, with a bound on everything.
//!
//! Entry point: `Lines`.
//!
//! Invariants:
//! 1. A line has at most [`LINE_BYTES_MAX`] bytes; memory does not depend on the file.
//! 2. A file that was cut off is an error: the last line ends with a newline, and compressed data
//!    end with their checksum. A file cut exactly between two lines cannot be told from a whole
//!    one unless it is compressed.
//! 3. gzip is recognised by its first two bytes, not by the name of the file.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use crate::error::{ErrorKind, MarketError, Place, shown};

/// Most bytes of a line, its newline included.
pub const LINE_BYTES_MAX: usize = 16_384;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BUFFER_BYTES: usize = 65_536;

/// The lines of a text file.
pub(crate) struct Lines {
    file: Arc<str>,
    input: Box<dyn BufRead + Send>,
    packed: bool,
    line: u64,
    buffer: Vec<u8>,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lines({}:{})", self.file, self.line)
    }
}

impl Lines {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> Result<Self, MarketError> {
        let name: Arc<str> = path.display().to_string().into();
        let file = File::open(path).map_err(|error| {
            let place = Place { file: Arc::clone(&name), line: 0, column: 0 };
            MarketError::reading(place, false, error)
        })?;
        Self::new(&name, file)
    }

    /// Reads from anything, under the name that messages shall use.
    pub(crate) fn new(
        name: &str,
        mut input: impl Read + Send + 'static,
    ) -> Result<Self, MarketError> {
        let file: Arc<str> = name.into();
        let mut first = Vec::with_capacity(GZIP_MAGIC.len());
        input.by_ref().take(2).read_to_end(&mut first).map_err(|error| {
            let place = Place { file: Arc::clone(&file), line: 0, column: 0 };
            MarketError::reading(place, false, error)
        })?;
        let packed = first == GZIP_MAGIC;
        let whole = Cursor::new(first).chain(input);
        let input: Box<dyn BufRead + Send> = if packed {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole)))
        } else {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, whole))
        };
        Ok(Self { file, input, packed, line: 0, buffer: Vec::new() })
    }

    /// The next line without its end (`\n` or `\r\n`); `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, MarketError> {
        self.buffer.clear();
        let most = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
        let read = (&mut self.input).take(most).read_until(b'\n', &mut self.buffer);
        self.line += 1;
        if let Err(error) = read {
            return Err(MarketError::reading(self.place(0), self.packed, error));
        }
        if self.buffer.is_empty() {
            self.line -= 1;
            return Ok(None);
        }
        if self.buffer.pop_if(|last| *last == b'\n').is_none() {
            return Err(self.endless());
        }
        self.buffer.pop_if(|last| *last == b'\r');
        match str::from_utf8(&self.buffer) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(MarketError::row(
                ErrorKind::NotText,
                self.place(error.valid_up_to() + 1),
                "a byte is not UTF-8 text",
                "save the file as UTF-8, or check that it is the file you meant",
            )),
        }
    }

    /// The line read last.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// A column of the line read last.
    pub(crate) fn place(&self, column: usize) -> Place {
        Place { file: Arc::clone(&self.file), line: self.line, column }
    }

    /// A line without an end: too long, or cut off.
    fn endless(&self) -> MarketError {
        let start = String::from_utf8_lossy(&self.buffer);
        if self.buffer.len() >= LINE_BYTES_MAX {
            return MarketError::row(
                ErrorKind::LineTooLong,
                self.place(LINE_BYTES_MAX),
                format!("the line is longer than {LINE_BYTES_MAX} bytes: {}", shown(&start)),
                "check that it is the file you meant; one row stands in one line",
            );
        }
        MarketError::row(
            ErrorKind::Truncated,
            self.place(self.buffer.len() + 1),
            format!("the last line has no newline, the file was cut off: {}", shown(&start)),
            "copy the file again in full; if it is whole, end it with a newline",
        )
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut gz = GzEncoder::new(Vec::new(), Compression::default());
        gz.write_all(text.as_bytes()).unwrap();
        gz.finish().unwrap()
    }

    fn all(bytes: Vec<u8>) -> Result<Vec<String>, MarketError> {
        let mut lines = Lines::new("f", Cursor::new(bytes))?;
        let mut out = Vec::new();
        while let Some(line) = lines.next()? {
            out.push(line.to_owned());
        }
        Ok(out)
    }

    fn kind(bytes: Vec<u8>) -> ErrorKind {
        all(bytes).unwrap_err().kind()
    }

    #[test]
    fn plain_and_packed_lines_are_the_same() {
        let text = "a,b\r\n\nlast\n";
        let expected = vec!["a,b".to_owned(), String::new(), "last".to_owned()];
        assert_eq!(all(text.into()).unwrap(), expected);
        assert_eq!(all(packed(text)).unwrap(), expected);
        let mut joined = packed("a,b\n\nla");
        joined.extend(packed("st\n"));
        assert_eq!(all(joined).unwrap(), expected);
        assert_eq!(all(Vec::new()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        assert_eq!(kind(b"a\nb".to_vec()), ErrorKind::Truncated);
        let whole = packed("one line\nand another\n");
        for keep in 2..whole.len() {
            let kind = kind(whole[..keep].to_vec());
            assert_eq!(kind, ErrorKind::Truncated, "{keep} of {}", whole.len());
        }
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let mut bad_sum = packed("one line\n");
        let at = bad_sum.len() - 6;
        bad_sum[at] ^= 1;
        assert_eq!(kind(bad_sum), ErrorKind::Corrupt);
        assert_eq!(kind(b"a\n\xff\n".to_vec()), ErrorKind::NotText);
        assert_eq!(kind(vec![b'x'; LINE_BYTES_MAX + 1]), ErrorKind::LineTooLong);
        let mut longest = vec![b'x'; LINE_BYTES_MAX - 1];
        longest.push(b'\n');
        assert_eq!(all(longest).unwrap().len(), 1);
    }

    #[test]
    fn a_missing_file_says_so() {
        let error = Lines::open(Path::new("no/such/file.csv")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().starts_with("no/such/file.csv: the file cannot be read"));
    }
}
