//! Text files line by line, plain or compressed, with a bound on everything.
//!
//! Entry points: `Lines`, `Input`.
//!
//! Invariants:
//! 1. A line has at most [`LINE_BYTES_MAX`] bytes (or what the format allows, see
//!    `Lines::at_most`); memory does not depend on the file.
//! 2. A file that was cut off is an error: the last line ends with a newline, and compressed data
//!    end with their checksum. A file cut exactly between two lines cannot be told from a whole
//!    one unless it is compressed.
//! 3. gzip, xz and zip are recognised by their first bytes, not by the name of the file. The
//!    entries of a zip are read one after the other, as if they were one file.
//! 4. A byte order mark of UTF-8 at the start is passed over; UTF-16 is refused by its name.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use crate::error::{ErrorKind, MarketError, Place, shown};
use crate::packed::xz::XzStreams;
use crate::packed::zip::Entries;

/// Most bytes of a line, its newline included.
pub const LINE_BYTES_MAX: usize = 16_384;

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const XZ_MAGIC: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const BUFFER_BYTES: usize = 65_536;

/// Where lines come from, for those who read them more than once.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// A file.
    Path(PathBuf),
    /// Bytes, under the name that messages shall use.
    Bytes(Arc<str>, Arc<[u8]>),
}

impl Input {
    /// The lines, from the first.
    pub(crate) fn lines(&self) -> Result<Lines, MarketError> {
        match self {
            Self::Path(path) => Lines::open(path),
            Self::Bytes(name, bytes) => Lines::new(name, Cursor::new(Arc::clone(bytes))),
        }
    }

    /// The last part of the name, without folders.
    pub(crate) fn file_name(&self) -> String {
        let path = match self {
            Self::Path(path) => path.as_path(),
            Self::Bytes(name, _) => Path::new(&**name),
        };
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// The lines of a text file.
pub(crate) struct Lines {
    file: Arc<str>,
    input: Box<dyn BufRead + Send>,
    packed: bool,
    line: u64,
    most: usize,
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
        let mut first = Vec::with_capacity(XZ_MAGIC.len());
        let longest = u64::try_from(XZ_MAGIC.len()).unwrap_or(u64::MAX);
        input.by_ref().take(longest).read_to_end(&mut first).map_err(|error| {
            let place = Place { file: Arc::clone(&file), line: 0, column: 0 };
            MarketError::reading(place, false, error)
        })?;
        let is = |magic: &[u8]| first.starts_with(magic);
        let (gzip, xz, zip) = (is(GZIP_MAGIC), is(XZ_MAGIC), is(ZIP_MAGIC));
        let whole = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(first).chain(input));
        let input: Box<dyn BufRead + Send> = if gzip {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole)))
        } else if xz {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, XzStreams::new(whole)))
        } else if zip {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, Entries::new(whole)))
        } else {
            Box::new(whole)
        };
        let packed = gzip || xz || zip;
        Ok(Self { file, input, packed, line: 0, most: LINE_BYTES_MAX, buffer: Vec::new() })
    }

    /// Another limit for the bytes of a line, for formats whose lines are long.
    pub(crate) fn at_most(self, bytes: usize) -> Self {
        Self { most: bytes, ..self }
    }

    /// The next line without its end (`\n` or `\r\n`); `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, MarketError> {
        self.buffer.clear();
        let most = u64::try_from(self.most).unwrap_or(u64::MAX);
        let read = (&mut self.input).take(most).read_until(b'\n', &mut self.buffer);
        self.line += 1;
        if let Err(error) = read {
            return Err(MarketError::reading(self.place(0), self.packed, error));
        }
        if self.buffer.is_empty() {
            self.line -= 1;
            return Ok(None);
        }
        if self.line == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        if self.buffer.pop_if(|last| *last == b'\n').is_none() {
            return Err(self.endless());
        }
        self.buffer.pop_if(|last| *last == b'\r');
        match str::from_utf8(&self.buffer) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(self.not_text(error.valid_up_to() + 1)),
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

    fn not_text(&self, column: usize) -> MarketError {
        let wide = self.line == 1
            && (self.buffer.starts_with(&[0xff, 0xfe]) || self.buffer.starts_with(&[0xfe, 0xff]));
        let cause = if wide { "the file is UTF-16 text" } else { "a byte is not UTF-8 text" };
        let action = "save the file as UTF-8, or check that it is the file you meant";
        MarketError::row(ErrorKind::NotText, self.place(column), cause, action)
    }

    /// A line without an end: too long, or cut off.
    fn endless(&self) -> MarketError {
        let start = String::from_utf8_lossy(&self.buffer);
        if self.buffer.len() >= self.most {
            let most = self.most;
            return MarketError::row(
                ErrorKind::LineTooLong,
                self.place(most),
                format!("the line is longer than {most} bytes: {}", shown(&start)),
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
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(all(b"\xef\xbb\xbfa,b\n".to_vec()).unwrap(), ["a,b"]);
        assert_eq!(all(packed("\u{feff}a,b\n")).unwrap(), ["a,b"]);
        let error = all(b"\xff\xfea\0\n\0".to_vec()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotText);
        assert!(error.to_string().contains("UTF-16"), "{error}");
    }

    #[test]
    fn a_missing_file_says_so() {
        let error = Lines::open(Path::new("no/such/file.csv")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().starts_with("no/such/file.csv: the file cannot be read"));
    }
}
