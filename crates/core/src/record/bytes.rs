//! The bytes of a record.
//!
//! A field is a head, `tag × 4 + shape` as a varint, then its value:
//!
//! | shape | value |
//! |---|---|
//! | 0 | integer: zigzag, varint of 7 bits a byte, at most 19 bytes |
//! | 1 | text: length as a varint, then UTF-8 |
//! | 2 | group: fields, then a byte 0 |
//! | 3 | integer: zigzag, 8 bytes, the lowest first; for those from 2^28 on that fit 64 bits |
//!
//! Prices, quantities and instants are nearly always of shape 3, which is written at once.
//! Tag 0 is not used, so a head of 0 ends a group; the end of the bytes ends a record.
//! A group needs no length in front, so a record is written in one pass.

use super::{Record, Sink};
use std::fmt;

const INT: u32 = 0;
const TEXT: u32 = 1;
const GROUP: u32 = 2;
const FIXED: u32 = 3;
/// The smallest zigzag integer that is written as 8 bytes.
const FIXED_FROM: u128 = 1 << 28;
/// Deepest nesting that is read; bounds the stack on damaged bytes.
const DEPTH_MAX: u32 = 16;

/// Why bytes could not be read as a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end inside a value.
    Truncated,
    /// A value has another shape than its field.
    WrongShape,
    /// An integer does not fit its field.
    OutOfRange,
    /// A text is not UTF-8, too long or holds control characters.
    BadText,
    /// A required field is missing.
    Missing(&'static str),
    /// A record kind this build does not know: the journal is newer than the program.
    UnknownKind(u32),
    /// A word this build does not know: the journal is newer than the program.
    UnknownWord(&'static str, i128),
    /// Nested deeper than any record of ours.
    TooDeep,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the record ends too early"),
            Self::WrongShape => f.write_str("a field has the wrong shape"),
            Self::OutOfRange => f.write_str("an integer is out of range"),
            Self::BadText => f.write_str("a text is malformed"),
            Self::Missing(name) => write!(f, "the field `{name}` is missing"),
            Self::UnknownKind(tag) => {
                write!(f, "record kind {tag} is unknown to this build; use a newer truefill")
            }
            Self::UnknownWord(name, number) => {
                write!(f, "{name} {number} is unknown to this build; use a newer truefill")
            }
            Self::TooDeep => f.write_str("nested too deep"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Appends the bytes of a record.
///
/// ```
/// use truefill_core::{quote::Quote, num::{Px, Qty}, time::Nanos, record::bytes};
/// let quote = Quote { bid_px: Px::whole(99), bid_qty: Qty::whole(5), ask_px: Px::whole(100),
///                     ask_qty: Qty::whole(7), time: Nanos(1) };
/// let mut out = Vec::new();
/// bytes::encode(&quote, &mut out);
/// assert_eq!(bytes::decode::<Quote>(&out), Ok(quote));
/// ```
pub fn encode<R: Record>(record: &R, out: &mut Vec<u8>) {
    record.write(&mut Writer { out });
}

/// Reads the bytes of one record, all of them.
///
/// # Errors
/// [`DecodeError`] when the bytes are not such a record.
pub fn decode<R: Record>(bytes: &[u8]) -> Result<R, DecodeError> {
    R::read(&mut Source { bytes, at: 0, shape: 0, depth: 0 })
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn varint(&mut self, mut value: u128) {
        while value >= 0x80 {
            self.out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    fn head(&mut self, tag: u32, shape: u32) {
        let head = tag << 2 | shape;
        if head < 0x80 {
            self.out.push(head as u8);
        } else {
            self.varint(u128::from(head));
        }
    }
}

impl Sink for Writer<'_> {
    fn int(&mut self, tag: u32, _name: &'static str, value: i128) {
        let zigzag = (value.wrapping_shl(1) ^ (value >> 127)) as u128;
        if (FIXED_FROM..=u128::from(u64::MAX)).contains(&zigzag) {
            self.head(tag, FIXED);
            self.out.extend_from_slice(&(zigzag as u64).to_le_bytes());
        } else {
            self.head(tag, INT);
            self.varint(zigzag);
        }
    }

    fn text(&mut self, tag: u32, _name: &'static str, value: &str) {
        self.head(tag, TEXT);
        self.varint(value.len() as u128);
        self.out.extend_from_slice(value.as_bytes());
    }

    fn ascii(&mut self, tag: u32, _name: &'static str, value: &[u8]) {
        self.head(tag, TEXT);
        self.varint(value.len() as u128);
        self.out.extend_from_slice(value);
    }

    fn open(&mut self, tag: u32, _name: &'static str) {
        self.head(tag, GROUP);
    }

    fn close(&mut self) {
        self.out.push(0);
    }
}

/// A cursor over the bytes of a record.
#[derive(Debug)]
pub struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
    shape: u32,
    depth: u32,
}

impl<'a> Source<'a> {
    /// The tag of the next field, or `None` at the end of the group or of the bytes.
    ///
    /// # Errors
    /// [`DecodeError`] on damaged bytes.
    pub fn next_tag(&mut self) -> Result<Option<u32>, DecodeError> {
        if self.at == self.bytes.len() {
            return if self.depth == 0 { Ok(None) } else { Err(DecodeError::Truncated) };
        }
        let head = u32::try_from(self.varint()?).map_err(|_| DecodeError::OutOfRange)?;
        if head == 0 {
            return if self.depth == 0 { Err(DecodeError::WrongShape) } else { Ok(None) };
        }
        self.shape = head & 3;
        Ok(Some(head >> 2))
    }

    /// The integer of the current field.
    ///
    /// # Errors
    /// [`DecodeError`] when the field is not an integer.
    pub fn int(&mut self) -> Result<i128, DecodeError> {
        let zigzag = match self.shape {
            INT => self.varint()?,
            FIXED => {
                let end = self.at + 8;
                let raw = self.bytes.get(self.at..end).ok_or(DecodeError::Truncated)?;
                self.at = end;
                let raw: [u8; 8] = raw.try_into().map_err(|_| DecodeError::Truncated)?;
                u128::from(u64::from_le_bytes(raw))
            }
            _ => return Err(DecodeError::WrongShape),
        };
        Ok(((zigzag >> 1) as i128) ^ -((zigzag & 1) as i128))
    }

    /// The integer of the current field in a narrower type.
    ///
    /// # Errors
    /// [`DecodeError`] when it does not fit.
    pub fn int_as<T: TryFrom<i128>>(&mut self) -> Result<T, DecodeError> {
        T::try_from(self.int()?).map_err(|_| DecodeError::OutOfRange)
    }

    /// The text of the current field.
    ///
    /// # Errors
    /// [`DecodeError`] when the field is not a text.
    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        if self.shape != TEXT {
            return Err(DecodeError::WrongShape);
        }
        let len = usize::try_from(self.varint()?).map_err(|_| DecodeError::OutOfRange)?;
        let end = self.at.checked_add(len).ok_or(DecodeError::Truncated)?;
        let raw = self.bytes.get(self.at..end).ok_or(DecodeError::Truncated)?;
        self.at = end;
        std::str::from_utf8(raw).map_err(|_| DecodeError::BadText)
    }

    /// Enters the group of the current field.
    ///
    /// # Errors
    /// [`DecodeError`] when the field is not a group.
    pub fn enter(&mut self) -> Result<(), DecodeError> {
        if self.shape != GROUP {
            return Err(DecodeError::WrongShape);
        }
        if self.depth == DEPTH_MAX {
            return Err(DecodeError::TooDeep);
        }
        self.depth += 1;
        Ok(())
    }

    /// Leaves a group whose end was read.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Skips the value of a field this build does not know.
    ///
    /// # Errors
    /// [`DecodeError`] on damaged bytes.
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        match self.shape {
            INT | FIXED => self.int().map(drop),
            TEXT => self.text().map(drop),
            GROUP => {
                self.enter()?;
                while self.next_tag()?.is_some() {
                    self.skip()?;
                }
                self.leave();
                Ok(())
            }
            _ => Err(DecodeError::WrongShape),
        }
    }

    fn varint(&mut self) -> Result<u128, DecodeError> {
        let mut value: u128 = 0;
        let mut shift = 0;
        loop {
            let byte = *self.bytes.get(self.at).ok_or(DecodeError::Truncated)?;
            self.at += 1;
            let bits = u128::from(byte & 0x7f);
            if shift > 126 || (shift == 126 && bits > 3) {
                return Err(DecodeError::OutOfRange);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }
}
