//! Records: one declaration gives a type its journal bytes, its readable form and its digest.
//!
//! Everything the journal holds (inputs, events, snapshots) is declared with `records!`.
//! A field is `name: Type = tag`; the tag is what is stored, so fields may be renamed and
//! added, and an old journal stays readable. The bytes are defined in [`bytes`].
//!
//! Invariants:
//! 1. A tag is never used again for something else. Golden files in the journal crate hold
//!    every record; a change of meaning breaks their test.
//! 2. An unknown field is skipped (an older program reads a newer record), an unknown enum
//!    value or record kind is an error (a program must not guess what it does not know).
//! 3. Writing is a pure function of the value: equal values give equal bytes on any machine.

pub mod bytes;
pub(crate) mod macros;

pub use bytes::{DecodeError, Source};
pub(crate) use macros::{code_enum, records, variants};

use crate::ids::{Ascii, HoldingId, InstrumentId, OrderNo, RequestId, SleeveId};
use crate::num::{Amount, PLACES, Px, Qty};
use crate::time::Nanos;

/// Receives the fields of a record in order: the byte writer, the digest, the readable form.
pub trait Sink {
    /// A signed integer.
    fn int(&mut self, tag: u32, name: &'static str, value: i128);
    /// A text.
    fn text(&mut self, tag: u32, name: &'static str, value: &str);
    /// A text that is known to be ASCII.
    fn ascii(&mut self, tag: u32, name: &'static str, value: &[u8]) {
        self.text(tag, name, std::str::from_utf8(value).unwrap_or_default());
    }
    /// Opens a nested record.
    fn open(&mut self, tag: u32, name: &'static str);
    /// Closes the innermost nested record.
    fn close(&mut self);
    /// A scaled integer with so many decimal places. Bytes store the integer.
    fn decimal(&mut self, tag: u32, name: &'static str, value: i128, _places: u32) {
        self.int(tag, name, value);
    }
    /// An instant. Bytes store the integer.
    fn instant(&mut self, tag: u32, name: &'static str, value: Nanos) {
        self.int(tag, name, i128::from(value.0));
    }
    /// A yes or no. Bytes store 0 or 1.
    fn flag(&mut self, tag: u32, name: &'static str, value: bool) {
        self.int(tag, name, i128::from(value));
    }
    /// One of a closed list of words. Bytes store its number.
    fn word(&mut self, tag: u32, name: &'static str, number: u32, _word: &'static str) {
        self.int(tag, name, i128::from(number));
    }
}

/// A value that can be a field.
pub trait Field: Sized {
    /// What collects the value while a record is read: `Option` for one, `Vec` for many.
    type Slot: Default;
    /// Gives the value to a sink.
    fn put<S: Sink>(&self, tag: u32, name: &'static str, sink: &mut S);
    /// Takes one occurrence from the bytes.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are not such a value.
    fn take(slot: &mut Self::Slot, source: &mut Source<'_>) -> Result<(), DecodeError>;
    /// Turns what was collected into the value.
    ///
    /// # Errors
    /// [`DecodeError::Missing`] when a required field was not there.
    fn done(slot: Self::Slot, name: &'static str) -> Result<Self, DecodeError>;
}

/// A group of fields: what `records!` and `variants!` produce.
pub trait Record: Sized {
    /// Gives all fields to a sink.
    fn write<S: Sink>(&self, sink: &mut S);
    /// Reads the fields up to the end of the group.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are not such a record.
    fn read(source: &mut Source<'_>) -> Result<Self, DecodeError>;
}

macro_rules! single {
    ($($ty:ty: |$v:ident, $tag:ident, $name:ident, $sink:ident| $put:expr, |$src:ident| $take:expr;)+) => {$(
        impl Field for $ty {
            type Slot = Option<Self>;
            fn put<S: Sink>(&self, $tag: u32, $name: &'static str, $sink: &mut S) {
                let $v = self;
                $put
            }
            fn take(slot: &mut Option<Self>, $src: &mut Source<'_>) -> Result<(), DecodeError> {
                *slot = Some($take);
                Ok(())
            }
            fn done(slot: Option<Self>, name: &'static str) -> Result<Self, DecodeError> {
                slot.ok_or(DecodeError::Missing(name))
            }
        }
    )+};
}

single! {
    i64: |v, tag, name, s| s.int(tag, name, i128::from(*v)), |src| src.int_as()?;
    u64: |v, tag, name, s| s.int(tag, name, i128::from(*v)), |src| src.int_as()?;
    u32: |v, tag, name, s| s.int(tag, name, i128::from(*v)), |src| src.int_as()?;
    i128: |v, tag, name, s| s.int(tag, name, *v), |src| src.int()?;
    bool: |v, tag, name, s| s.flag(tag, name, *v), |src| src.int()? != 0;
    Px: |v, tag, name, s| s.decimal(tag, name, v.0, PLACES), |src| Px(src.int()?);
    Qty: |v, tag, name, s| s.decimal(tag, name, v.0, PLACES), |src| Qty(src.int()?);
    Amount: |v, tag, name, s| s.decimal(tag, name, v.0, PLACES * 2), |src| Amount(src.int()?);
    Nanos: |v, tag, name, s| s.instant(tag, name, *v), |src| Nanos(src.int_as()?);
    InstrumentId: |v, tag, name, s| s.int(tag, name, i128::from(v.0)), |src| Self(src.int_as()?);
    HoldingId: |v, tag, name, s| s.int(tag, name, i128::from(v.0)), |src| Self(src.int_as()?);
    SleeveId: |v, tag, name, s| s.int(tag, name, i128::from(v.0)), |src| Self(src.int_as()?);
    RequestId: |v, tag, name, s| s.int(tag, name, i128::from(v.0)), |src| Self(src.int_as()?);
    OrderNo: |v, tag, name, s| s.int(tag, name, i128::from(v.0)), |src| Self(src.int_as()?);
    String: |v, tag, name, s| s.text(tag, name, v), |src| src.text()?.to_owned();
}

impl<const N: usize> Field for Ascii<N> {
    type Slot = Option<Self>;
    fn put<S: Sink>(&self, tag: u32, name: &'static str, sink: &mut S) {
        sink.ascii(tag, name, self.as_bytes());
    }
    fn take(slot: &mut Option<Self>, source: &mut Source<'_>) -> Result<(), DecodeError> {
        *slot = Some(Self::new(source.text()?).ok_or(DecodeError::BadText)?);
        Ok(())
    }
    fn done(slot: Option<Self>, name: &'static str) -> Result<Self, DecodeError> {
        slot.ok_or(DecodeError::Missing(name))
    }
}

impl<T: Field<Slot = Option<T>>> Field for Option<T> {
    type Slot = Option<T>;
    fn put<S: Sink>(&self, tag: u32, name: &'static str, sink: &mut S) {
        if let Some(value) = self {
            value.put(tag, name, sink);
        }
    }
    fn take(slot: &mut Option<T>, source: &mut Source<'_>) -> Result<(), DecodeError> {
        T::take(slot, source)
    }
    fn done(slot: Option<T>, _name: &'static str) -> Result<Self, DecodeError> {
        Ok(slot)
    }
}

impl<T: Field<Slot = Option<T>>> Field for Vec<T> {
    type Slot = Vec<T>;
    fn put<S: Sink>(&self, tag: u32, name: &'static str, sink: &mut S) {
        for value in self {
            value.put(tag, name, sink);
        }
    }
    fn take(slot: &mut Vec<T>, source: &mut Source<'_>) -> Result<(), DecodeError> {
        let mut one = None;
        T::take(&mut one, source)?;
        slot.extend(one);
        Ok(())
    }
    fn done(slot: Vec<T>, _name: &'static str) -> Result<Self, DecodeError> {
        Ok(slot)
    }
}
