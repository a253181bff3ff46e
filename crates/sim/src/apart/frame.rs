//! What crosses the line between world and engine.
//!
//! A frame is a letter, the length of the rest as four bytes, and the rest. Numbers are little
//! endian; marks and inputs are record bytes, requests and replies are what the wire made.
//!
//! Invariant: a frame that was cut off by the death of its writer is as if it had never begun.

use super::ApartError;
use std::io::{self, ErrorKind, Read, Write};
use truefill_core::ids::{InstrumentId, RequestId};
use truefill_core::input::Envelope;
use truefill_core::num::Qty;
use truefill_core::quote::Mark;
use truefill_core::record::bytes;
use truefill_core::time::Nanos;

/// Largest frame, in bytes: a frame of the wire and its head.
const BYTES_MAX: u32 = (9 << 20) - 1;

/// What the world tells the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time crosses the line")]
pub enum Told {
    /// A new line; which links are up: stream, rest, market.
    Begin { now: Nanos, links: [bool; 3] },
    /// A quote; answered.
    Quote { now: Nanos, mark: Mark },
    /// Others traded.
    Volume { instrument: InstrumentId, qty: Qty },
    /// An input, with the quote it was decided on.
    Input(Envelope),
    /// A reply or an answer.
    Reply { id: RequestId, status: u16, body: Vec<u8> },
    /// The connection of a request was reset.
    Reset { id: RequestId },
    /// A pushed message.
    Push(Vec<u8>),
    /// The market stands still, its quotes are current.
    Still { now: Nanos },
    /// That was all for this instant; answered.
    Go { now: Nanos },
    /// The day is over.
    End,
}

/// What the engine tells the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Bytes for the broker.
    Wire { id: RequestId, body: Vec<u8> },
    /// Done with this instant.
    Done { due: Nanos, quiet: bool, closed: bool },
}

/// Writes frames.
struct Out(Vec<u8>);

impl Out {
    fn new(letter: u8) -> Self {
        Self(vec![letter, 0, 0, 0, 0])
    }

    fn part(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn time(self, time: Nanos) -> Self {
        self.part(&time.0.to_le_bytes())
    }

    fn done(mut self) -> Vec<u8> {
        let len = u32::try_from(self.0.len() - 5).unwrap_or(u32::MAX);
        self.0[1..5].copy_from_slice(&len.to_le_bytes());
        self.0
    }
}

/// Reads the rest of a frame.
struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ApartError> {
        let short = || ApartError::Garbled("a frame that is too short".to_owned());
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(short)?;
        self.0 = rest;
        Ok(*head)
    }

    fn time(&mut self) -> Result<Nanos, ApartError> {
        self.take().map(|bytes| Nanos(i64::from_le_bytes(bytes)))
    }

    fn id(&mut self) -> Result<RequestId, ApartError> {
        self.take().map(|bytes| RequestId(u64::from_le_bytes(bytes)))
    }

    fn flag(&mut self) -> Result<bool, ApartError> {
        self.take::<1>().map(|[flag]| flag == 1)
    }

    fn rest(self) -> &'a [u8] {
        self.0
    }
}

fn record<R: truefill_core::record::Record>(rest: &[u8]) -> Result<R, ApartError> {
    bytes::decode(rest).map_err(|error| ApartError::Garbled(error.to_string()))
}

impl Told {
    fn frame(&self) -> Vec<u8> {
        let record = |out: &mut Out, add: &dyn Fn(&mut Vec<u8>)| add(&mut out.0);
        match self {
            Self::Begin { now, links } => {
                Out::new(b'B').time(*now).part(&links.map(u8::from)).done()
            }
            Self::Quote { now, mark } => {
                let mut out = Out::new(b'Q').time(*now);
                record(&mut out, &|to| bytes::encode(mark, to));
                out.done()
            }
            Self::Volume { instrument, qty } => {
                Out::new(b'V').part(&instrument.0.to_le_bytes()).part(&qty.0.to_le_bytes()).done()
            }
            Self::Input(envelope) => {
                let mut out = Out::new(b'I');
                record(&mut out, &|to| bytes::encode(envelope, to));
                out.done()
            }
            Self::Reply { id, status, body } => {
                let out = Out::new(b'R').part(&id.0.to_le_bytes());
                out.part(&status.to_le_bytes()).part(body).done()
            }
            Self::Reset { id } => Out::new(b'X').part(&id.0.to_le_bytes()).done(),
            Self::Push(body) => Out::new(b'P').part(body).done(),
            Self::Still { now } => Out::new(b'S').time(*now).done(),
            Self::Go { now } => Out::new(b'G').time(*now).done(),
            Self::End => Out::new(b'E').done(),
        }
    }

    fn of(letter: u8, rest: &[u8]) -> Result<Self, ApartError> {
        let mut rest = In(rest);
        Ok(match letter {
            b'B' => {
                let now = rest.time()?;
                Self::Begin { now, links: [rest.flag()?, rest.flag()?, rest.flag()?] }
            }
            b'Q' => Self::Quote { now: rest.time()?, mark: record(rest.rest())? },
            b'V' => {
                let instrument = InstrumentId(u32::from_le_bytes(rest.take()?));
                Self::Volume { instrument, qty: Qty(i128::from_le_bytes(rest.take()?)) }
            }
            b'I' => Self::Input(record(rest.rest())?),
            b'R' => {
                let id = rest.id()?;
                let status = u16::from_le_bytes(rest.take()?);
                Self::Reply { id, status, body: rest.rest().to_vec() }
            }
            b'X' => Self::Reset { id: rest.id()? },
            b'P' => Self::Push(rest.rest().to_vec()),
            b'S' => Self::Still { now: rest.time()? },
            b'G' => Self::Go { now: rest.time()? },
            b'E' => Self::End,
            other => return Err(ApartError::Garbled(format!("a frame of kind {other}"))),
        })
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the other side is gone.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(&self.frame())
    }

    /// The next one; `None` when the other side is gone.
    ///
    /// # Errors
    /// When it cannot be understood.
    pub fn read(from: &mut dyn Read) -> Result<Option<Self>, ApartError> {
        read(from)?.map(|(letter, rest)| Self::of(letter, &rest)).transpose()
    }
}

impl Said {
    fn frame(&self) -> Vec<u8> {
        match self {
            Self::Wire { id, body } => Out::new(b'W').part(&id.0.to_le_bytes()).part(body).done(),
            Self::Done { due, quiet, closed } => {
                Out::new(b'D').time(*due).part(&[u8::from(*quiet), u8::from(*closed)]).done()
            }
        }
    }

    fn of(letter: u8, rest: &[u8]) -> Result<Self, ApartError> {
        let mut rest = In(rest);
        Ok(match letter {
            b'W' => Self::Wire { id: rest.id()?, body: rest.rest().to_vec() },
            b'D' => Self::Done { due: rest.time()?, quiet: rest.flag()?, closed: rest.flag()? },
            other => return Err(ApartError::Garbled(format!("a frame of kind {other}"))),
        })
    }

    /// Writes it, in one call.
    ///
    /// # Errors
    /// When the other side is gone.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(&self.frame())
    }

    /// The next one; `None` when the other side is gone.
    ///
    /// # Errors
    /// When it cannot be understood.
    pub fn read(from: &mut dyn Read) -> Result<Option<Self>, ApartError> {
        read(from)?.map(|(letter, rest)| Self::of(letter, &rest)).transpose()
    }
}

/// Whether an error says that the other side died.
pub fn is_gone(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

fn read(from: &mut dyn Read) -> Result<Option<(u8, Vec<u8>)>, ApartError> {
    let mut whole = || -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        from.read_exact(&mut head)?;
        let [letter, len @ ..] = head;
        let len = u32::from_le_bytes(len);
        if len > BYTES_MAX {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("a frame of {len} bytes")));
        }
        let mut rest = Vec::new();
        let found = from.take(u64::from(len)).read_to_end(&mut rest)?;
        if u64::try_from(found).ok() != Some(u64::from(len)) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok((letter, rest))
    };
    match whole() {
        Ok(frame) => Ok(Some(frame)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(ApartError::io("reading from the other process")(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::input::{Input, Tick};

    #[test]
    fn frames_come_back_as_they_were_and_cut_ones_never_began() {
        let now = Nanos(1_795_000_000_000_000_000);
        let tick = Input::Tick(Tick {});
        let told = [
            Told::Begin { now, links: [true, false, true] },
            Told::Volume { instrument: InstrumentId(3), qty: Qty(-7) },
            Told::Input(Envelope { now, marks: vec![], input: tick }),
            Told::Reply { id: RequestId(9), status: 429, body: b"{}".to_vec() },
            Told::Reset { id: RequestId(9) },
            Told::Push(b"what".to_vec()),
            Told::Still { now },
            Told::Go { now },
            Told::End,
        ];
        for frame in told {
            let bytes = frame.frame();
            assert_eq!(Told::read(&mut &bytes[..]).expect("whole"), Some(frame));
            for cut in 0..bytes.len() {
                assert_eq!(Told::read(&mut &bytes[..cut]).expect("cut"), None);
            }
        }
        let said = Said::Wire { id: RequestId(1), body: b"x".to_vec() };
        assert_eq!(Said::read(&mut &said.frame()[..]).expect("whole"), Some(said));
        assert!(Said::read(&mut &b"Z\0\0\0\0"[..]).is_err());
        assert!(Said::read(&mut &b"W\xff\xff\xff\xff"[..]).is_err());
    }
}
