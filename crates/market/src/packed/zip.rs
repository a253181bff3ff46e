//! zip: the entries of an archive after each other, in the order of the file, as one stream.
//!
//! Entry point: `Entries`. The form is APPNOTE.TXT of PKWARE, sections 4.3.7 to 4.3.16: local
//! headers with their data, then the central directory, then the end record. Headers of 64 bits are understood. What market data do not use is refused: encryption, other
//! methods than stored and deflate, archives of several parts. An entry that does not end with a
//! newline gets one.

use std::io::{self, BufRead, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

/// Most entries of an archive.
const ENTRIES_MAX: usize = 10_000;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// The extra field that holds sizes of 64 bits.
const SIZES_64: u16 = 1;

/// The unpacked bytes of all entries.
pub(crate) struct Entries<R: BufRead> {
    at: At<R>,
    found: usize,
    /// Of the running entry.
    declared: Declared,
    crc: Crc,
    /// The last byte given out.
    last: u8,
}

enum At<R: BufRead> {
    Between(R),
    Deflated(DeflateDecoder<R>),
    Stored(io::Take<R>),
    Done,
}

/// What a header says about its entry.
#[derive(Clone, Copy)]
struct Declared {
    /// Checksum and unpacked bytes (modulo 2^32); absent if a descriptor after the data has them.
    sums: Option<(u32, u32)>,
    /// Sizes in that descriptor have 64 bits.
    wide: bool,
}

impl<R: BufRead> Entries<R> {
    /// A whole archive.
    pub(crate) fn new(input: R) -> Self {
        let declared = Declared { sums: None, wide: false };
        Self { at: At::Between(input), found: 0, declared, crc: Crc::new(), last: b'\n' }
    }

    /// Begins the next entry, or finishes the archive.
    fn begin(&mut self, mut input: R) -> io::Result<At<R>> {
        match u32_of(&mut input)? {
            LOCAL => {}
            CENTRAL => {
                self.directory(input)?;
                return Ok(At::Done);
            }
            _ => return Err(bad("no entry of a zip begins here")),
        }
        self.found += 1;
        if self.found > ENTRIES_MAX {
            return Err(bad("the zip has too many entries"));
        }
        let head: [u8; 26] = bytes_of(&mut input)?;
        let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let long = |at: usize| u32::from(short(at)) | (u32::from(short(at + 2)) << 16);
        let (flags, method) = (short(2), short(4));
        skip(&mut input, u64::from(short(22)))?;
        let mut extra = vec![0; usize::from(short(24))];
        input.read_exact(&mut extra)?;
        if flags & 1 != 0 {
            return Err(bad("the zip is encrypted"));
        }
        let wide = sizes_64(&extra);
        let (packed, unpacked) = match (long(14), long(18), wide) {
            (u32::MAX, u32::MAX, Some((packed, unpacked))) => (packed, unpacked),
            (packed, unpacked, _) => (u64::from(packed), unpacked),
        };
        let later = flags & 8 != 0;
        let sums = (!later).then_some((long(10), unpacked));
        self.declared = Declared { sums, wide: wide.is_some() };
        self.crc = Crc::new();
        match method {
            8 => Ok(At::Deflated(DeflateDecoder::new(input))),
            0 if !later => Ok(At::Stored(input.take(packed))),
            _ => Err(bad("the zip is packed with a method other than deflate")),
        }
    }

    /// Checks the entry that has just ended.
    fn end(&mut self, input: &mut R) -> io::Result<()> {
        let (sum, bytes) = match self.declared.sums {
            Some(sums) => sums,
            None => {
                let first = u32_of(input)?;
                let sum = if first == DESCRIPTOR { u32_of(input)? } else { first };
                let wide = u64::from(self.declared.wide) * 4;
                skip(input, 4 + wide)?;
                let bytes = u32_of(input)?;
                skip(input, wide)?;
                (sum, bytes)
            }
        };
        if input.fill_buf()?.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if (sum, bytes) == (self.crc.sum(), self.crc.amount()) {
            return Ok(());
        }
        Err(bad("an entry of the zip does not fit its checksum"))
    }

    /// Reads the rest of the archive; the first signature has been read.
    fn directory(&self, mut input: R) -> io::Result<()> {
        let mut listed = 1;
        loop {
            let head: [u8; 42] = bytes_of(&mut input)?;
            let short = |at: usize| u64::from(u16::from_le_bytes([head[at], head[at + 1]]));
            skip(&mut input, short(24) + short(26) + short(28))?;
            match u32_of(&mut input)? {
                CENTRAL => listed += 1,
                END => break,
                END_64 => {
                    self.end_64(&mut input)?;
                    break;
                }
                _ => return Err(bad("the directory of the zip is damaged")),
            }
        }
        let end: [u8; 18] = bytes_of(&mut input)?;
        skip(&mut input, u64::from(u16::from_le_bytes([end[16], end[17]])))?;
        let stated = usize::from(u16::from_le_bytes([end[6], end[7]]));
        let stated = if stated == usize::from(u16::MAX) { listed } else { stated };
        if listed != self.found || stated != self.found || !input.fill_buf()?.is_empty() {
            return Err(bad("the directory of the zip does not fit its entries"));
        }
        Ok(())
    }

    /// The end record of 64 bits and its locator; what follows is the usual end record.
    fn end_64(&self, input: &mut R) -> io::Result<()> {
        let rest = u64::from(u32_of(input)?) | (u64::from(u32_of(input)?) << 32);
        skip(input, rest)?;
        if u32_of(input)? != LOCATOR_64 {
            return Err(bad("the directory of the zip is damaged"));
        }
        skip(input, 16)?;
        match u32_of(input)? {
            END => Ok(()),
            _ => Err(bad("the directory of the zip is damaged")),
        }
    }
}

impl<R: BufRead> Read for Entries<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let read = match &mut self.at {
                At::Done => return Ok(0),
                At::Between(_) => 0,
                At::Deflated(data) => data.read(out)?,
                At::Stored(data) => data.read(out)?,
            };
            if let Some(given) = out.get(..read).filter(|given| !given.is_empty()) {
                self.crc.update(given);
                self.last = given.last().copied().unwrap_or(self.last);
                return Ok(read);
            }
            let mut input = match std::mem::replace(&mut self.at, At::Done) {
                At::Done => return Ok(0),
                At::Between(input) => {
                    self.at = self.begin(input)?;
                    continue;
                }
                At::Deflated(data) => data.into_inner(),
                At::Stored(data) => data.into_inner(),
            };
            self.end(&mut input)?;
            self.at = At::Between(input);
            // The checksum proves that the entry is whole, so its last line is.
            if let (true, Some(end)) = (self.last != b'\n', out.first_mut()) {
                *end = b'\n';
                self.last = b'\n';
                return Ok(1);
            }
        }
    }
}

/// Packed bytes and unpacked bytes (modulo 2^32) of an extra field with sizes of 64 bits.
fn sizes_64(mut extra: &[u8]) -> Option<(u64, u32)> {
    while let [a, b, c, d, rest @ ..] = extra {
        let bytes = usize::from(u16::from_le_bytes([*c, *d]));
        let (field, after) = rest.split_at_checked(bytes)?;
        if u16::from_le_bytes([*a, *b]) == SIZES_64 {
            let (unpacked, packed) = field.split_at_checked(8)?;
            let packed: [u8; 8] = packed.get(..8)?.try_into().ok()?;
            let unpacked: [u8; 4] = unpacked.get(..4)?.try_into().ok()?;
            return Some((u64::from_le_bytes(packed), u32::from_le_bytes(unpacked)));
        }
        extra = after;
    }
    None
}

fn bad(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn bytes_of<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn u32_of(input: &mut impl Read) -> io::Result<u32> {
    bytes_of(input).map(u32::from_le_bytes)
}

fn skip(input: &mut impl Read, bytes: u64) -> io::Result<()> {
    match io::copy(&mut input.take(bytes), &mut io::sink())? {
        skipped if skipped == bytes => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
