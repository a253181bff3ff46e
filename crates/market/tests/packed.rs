//! Packed files: every form gives the same rows, and none that is cut or damaged passes for whole.

use std::io::{Cursor, Write};

use flate2::{Compression, Crc, write::DeflateEncoder};
use truefill_market::csv::{CsvQuotes, HEADER_QUOTES};
use truefill_market::error::{ErrorKind, MarketError};
use truefill_market::source::{Quotes, Tick};
use truefill_market::symbols::Symbols;

/// Twelve rows of quotes.
fn text() -> String {
    let row = |at: u32| {
        let px = 87_000 + at * 3;
        format!("2025-03-25T10:00:{at:02}Z,BTCUSDT,{px}.5,1,{},2\n", px + 1)
    };
    format!("{HEADER_QUOTES}\n{}", (0..12).map(row).collect::<String>())
}

/// The same, packed by `xz` with its usual checksum, CRC64.
const XZ: &[u8] = &[
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x02, 0x5d, 0x00, 0x95, 0x5d, 0x00, 0x3a,
    0x1a, 0x49, 0xfa, 0xe0, 0x9d, 0xd3, 0xbc, 0xb4, 0x47, 0x14, 0x48, 0xee, 0x94, 0x07, 0xc4, 0x7f,
    0x7b, 0x4d, 0x04, 0x4b, 0x8c, 0xb8, 0x1c, 0x38, 0x40, 0x0e, 0x96, 0xed, 0xfc, 0xa2, 0x03, 0x8a,
    0x44, 0x93, 0x3e, 0x6a, 0xab, 0x33, 0xf1, 0x64, 0xa5, 0xa3, 0xd2, 0xf5, 0xf6, 0x45, 0x3a, 0xec,
    0x93, 0xac, 0x3a, 0xe1, 0xc1, 0xbe, 0x5a, 0xb7, 0xab, 0xa3, 0x3e, 0xff, 0xcd, 0x31, 0x3a, 0x52,
    0x64, 0x49, 0x2a, 0xec, 0x5b, 0x6f, 0xf7, 0x15, 0xdd, 0x18, 0x4e, 0xda, 0x4d, 0x35, 0x2e, 0xc1,
    0x60, 0x17, 0xc4, 0x02, 0x91, 0x07, 0x04, 0xf3, 0xfc, 0x3a, 0x43, 0x5b, 0x76, 0x05, 0x7a, 0xff,
    0x83, 0x6d, 0x81, 0x75, 0x43, 0x25, 0x69, 0x33, 0x26, 0x60, 0xfa, 0x6d, 0x05, 0x12, 0xa1, 0x58,
    0xff, 0x06, 0x48, 0xbf, 0xd0, 0xcf, 0x18, 0x25, 0xf7, 0x5b, 0xf4, 0xcb, 0x8a, 0xec, 0x34, 0xc6,
    0xe4, 0x82, 0xd0, 0x5e, 0x3b, 0xb0, 0x5c, 0xcd, 0x7e, 0x46, 0x6b, 0x66, 0x44, 0x81, 0xb8, 0xd6,
    0x78, 0x94, 0xb9, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x0d, 0x56, 0x5c, 0x8d, 0x5c, 0x5a, 0x7b, 0x18,
    0x00, 0x01, 0xb1, 0x01, 0xde, 0x04, 0x00, 0x00, 0xcb, 0x5b, 0x21, 0xee, 0xb1, 0xc4, 0x67, 0xfb,
    0x02, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
];

fn read(bytes: Vec<u8>) -> Result<Vec<Tick>, MarketError> {
    let symbols = Symbols::from_names(["BTCUSDT"]).unwrap();
    let mut source = CsvQuotes::from_reader("f", Cursor::new(bytes), symbols)?;
    let mut ticks = Vec::new();
    while let Some(tick) = source.next()? {
        ticks.push(tick);
    }
    Ok(ticks)
}

/// How an entry of a zip is written.
#[derive(Clone, Copy, PartialEq)]
enum Entry {
    Deflated,
    Stored,
    /// Sums stand behind the data, with or without a signature.
    Later(bool),
    /// Sizes stand in an extra field of 64 bits.
    Wide,
    WideLater,
}

fn short(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap().to_le_bytes()
}

fn long(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap().to_le_bytes()
}

fn very_long(value: usize) -> [u8; 8] {
    u64::try_from(value).unwrap().to_le_bytes()
}

fn entry(text: &[u8], how: Entry) -> Vec<u8> {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(text).unwrap();
    let data = match how {
        Entry::Stored => text.to_vec(),
        _ => deflated.finish().unwrap(),
    };
    let mut crc = Crc::new();
    crc.update(text);
    let later = matches!(how, Entry::Later(_) | Entry::WideLater);
    let wide = matches!(how, Entry::Wide | Entry::WideLater);
    let mut extra = vec![9, 9, 1, 0, 7];
    if wide {
        extra.extend([[1, 0], [16, 0]].concat());
        extra.extend([very_long(text.len()), very_long(data.len())].concat());
    }
    let method = if how == Entry::Stored { 0 } else { 8 };
    let flags = if later { 8 } else { 0 };
    let mut out = b"PK\x03\x04\x14\0".to_vec();
    out.extend([short(flags), short(method), [0; 2], [0; 2]].concat());
    let sums = match (later, wide) {
        (true, true) => [[0; 4], [0xff; 4], [0xff; 4]],
        (true, false) => [[0; 4]; 3],
        (false, true) => [crc.sum().to_le_bytes(), [0xff; 4], [0xff; 4]],
        (false, false) => [crc.sum().to_le_bytes(), long(data.len()), long(text.len())],
    };
    out.extend(sums.concat());
    out.extend([short(5), short(extra.len())].concat());
    out.extend(b"a.csv");
    out.extend(extra);
    out.extend(&data);
    if later {
        if how != Entry::Later(false) {
            out.extend(b"PK\x07\x08");
        }
        out.extend(crc.sum().to_le_bytes());
        if wide {
            out.extend([very_long(data.len()), very_long(text.len())].concat());
        } else {
            out.extend([long(data.len()), long(text.len())].concat());
        }
    }
    out
}

/// An archive; its directory has what the reader looks at.
fn zip(entries: &[Vec<u8>], end_64: bool) -> Vec<u8> {
    let mut out = entries.concat();
    for _ in entries {
        out.extend(b"PK\x01\x02");
        out.extend([0; 24]);
        out.extend([short(5), short(2), short(3)].concat());
        out.extend([0; 12]);
        out.extend(b"a.csv??com");
    }
    if end_64 {
        out.extend(b"PK\x06\x06");
        out.extend(very_long(44));
        out.extend([0; 44]);
        out.extend(b"PK\x06\x07");
        out.extend([0; 16]);
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([short(entries.len()), short(entries.len())].concat());
    out.extend([0; 8]);
    out.extend(short(4));
    out.extend(b"note");
    out
}

const WAYS: [Entry; 6] = [
    Entry::Deflated,
    Entry::Stored,
    Entry::Later(true),
    Entry::Later(false),
    Entry::Wide,
    Entry::WideLater,
];

#[test]
fn every_packed_form_gives_the_same_rows() {
    let text = text();
    let whole = read(text.clone().into_bytes()).unwrap();
    assert_eq!(whole.len(), 12);
    assert_eq!(read(XZ.to_vec()).unwrap(), whole);
    for how in WAYS {
        let packed = zip(&[entry(text.as_bytes(), how)], how == Entry::Wide);
        assert_eq!(read(packed).unwrap(), whole);
        // Two entries are one file; the first need not end with a newline.
        let (one, two) = text.split_at(text.find("2025-03-25T10:00:05Z").unwrap());
        let one = entry(one.trim_end().as_bytes(), how);
        assert_eq!(read(zip(&[one, entry(two.as_bytes(), how)], false)).unwrap(), whole);
    }
    assert!(read(zip(&[], true)).is_err(), "an archive without entries is no file of quotes");
}

#[test]
fn streams_of_xz_after_each_other_are_one_file() {
    // The second header is refused as a row, in its place: nothing is left out silently.
    let error = read([XZ, XZ].concat()).unwrap_err();
    assert_eq!((error.kind(), error.place().unwrap().line), (ErrorKind::Time, 14), "{error}");
    let error = read([XZ, b"rest of something"].concat()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
}

#[test]
fn a_cut_archive_is_never_taken_for_a_whole_one() {
    let mut packed = vec![XZ.to_vec()];
    packed.extend(WAYS.map(|how| zip(&[entry(text().as_bytes(), how)], true)));
    for whole in packed {
        for keep in 1..whole.len() {
            let error = read(whole[..keep].to_vec()).unwrap_err();
            if keep > 6 {
                assert_eq!(
                    error.kind(),
                    ErrorKind::Truncated,
                    "{keep} of {}: {error}",
                    whole.len()
                );
            }
        }
        let longer = [whole.as_slice(), b"more"].concat();
        assert!(read(longer).is_err());
    }
}

#[test]
fn damage_in_an_archive_is_seen_or_harmless() {
    let rows = read(text().into_bytes()).unwrap();
    let mut packed = vec![XZ.to_vec()];
    packed.extend(WAYS.map(|how| zip(&[entry(text().as_bytes(), how)], true)));
    for whole in packed {
        for at in 0..whole.len() {
            for bits in [1, 0x10, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= bits;
                if let Ok(read) = read(damaged) {
                    assert_eq!(read, rows, "byte {at} of {}", whole.len());
                }
            }
        }
    }
}

#[test]
fn what_zip_readers_do_not_read_says_so() {
    let plain = zip(&[entry(text().as_bytes(), Entry::Deflated)], false);
    let with = |at: usize, byte: u8| {
        let mut changed = plain.clone();
        changed[at] = byte;
        read(changed).unwrap_err().to_string()
    };
    assert!(with(6, 1).contains("encrypted"));
    assert!(with(8, 12).contains("other than deflate"));
    assert!(with(14, 0).contains("checksum") || with(15, 0).contains("checksum"));
}
