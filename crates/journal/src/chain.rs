//! The hash chain: every segment and every batch is bound to everything before it.
//!
//! A link is BLAKE3 over the link before it, a domain word and the content. Records enter as
//! *frames*, one after the other:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | direction: 1 input, 2 event; 3 marks a state digest |
//! | 8 | time, nanoseconds since 1970, little endian |
//! | 1 + n | length of the kind, the kind |
//! | 4 + n | length of the body (little endian), the body |
//!
//! A state digest is the byte 3 and its 16 bytes. Sequence numbers are contiguous, so the first
//! one and the count stand for all of them in front of the frames.
//!
//! Invariants: (1) the chain is computed over the bytes that are stored, never over a second
//! encoding; (2) no two different contents have the same hashed bytes, because every part of
//! variable length has its length in front.
//!
//! The chain finds every change inside the file. It cannot find that whole batches were cut off
//! the end; for that, note the chain value that `verify` prints somewhere else.

use std::fmt;

use truefill_core::time::Nanos;

use crate::store::{Digest, Direction, SegmentStart};

/// A value of the hash chain.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Chain(
    /// The 32 bytes.
    pub [u8; 32],
);

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Chain {
    /// The value before the first segment.
    pub const GENESIS: Self = Self([0; 32]);

    /// The value after a segment was opened.
    #[must_use]
    pub(crate) fn segment(self, id: u64, start: &SegmentStart) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0).update(b"segment").update(&id.to_le_bytes());
        hasher.update(&start.started.0.to_le_bytes()).update(&start.epoch.to_le_bytes());
        for part in [start.build.as_bytes(), &start.config, start.config_json.as_bytes()] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The value after a batch.
    #[must_use]
    pub(crate) fn batch(self, segment: u64, first_seq: u64, count: u64, frames: &[u8]) -> Self {
        let mut head = [0u8; 61];
        head[..32].copy_from_slice(&self.0);
        head[32..37].copy_from_slice(b"batch");
        head[37..45].copy_from_slice(&segment.to_le_bytes());
        head[45..53].copy_from_slice(&first_seq.to_le_bytes());
        head[53..61].copy_from_slice(&count.to_le_bytes());
        let mut hasher = blake3::Hasher::new();
        hasher.update(&head).update(frames);
        Self(hasher.finalize().into())
    }
}

/// First byte of the frame of a state digest, and the bytes that follow.
const DIGEST: u8 = 3;
const DIGEST_LEN: usize = size_of::<Digest>();

/// Longest name of a record kind, in bytes.
pub(crate) const KIND_MAX: usize = 255;

/// Appends the frame of a record up to its body and leaves room for the body's length.
/// [`close_frame`] follows after the body.
pub(crate) fn open_frame(
    out: &mut Vec<u8>,
    direction: Direction,
    time: Nanos,
    kind: &str,
) -> usize {
    let kind = &kind.as_bytes()[..kind.len().min(KIND_MAX)];
    out.push(direction.code());
    out.extend_from_slice(&time.0.to_le_bytes());
    out.push(kind.len() as u8);
    out.extend_from_slice(kind);
    out.extend_from_slice(&[0; 4]);
    out.len()
}

/// Writes the length of a body that began at `body` in front of it and returns it.
pub(crate) fn close_frame(out: &mut [u8], body: usize) -> usize {
    let len = out.len() - body;
    // A body of 4 GiB cannot be built from bounded inputs; a wrong length would break verify.
    let stored = u32::try_from(len).unwrap_or(u32::MAX);
    out[body - 4..body].copy_from_slice(&stored.to_le_bytes());
    len
}

/// Appends the frame of a state digest.
pub(crate) fn digest_frame(out: &mut Vec<u8>, digest: Digest) {
    out.push(DIGEST);
    out.extend_from_slice(&digest.0);
}

/// Reads frames back, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Frames<'a> {
    rest: &'a [u8],
}

/// A frame as it is read back.
pub(crate) enum Frame<'a> {
    Record { direction: Direction, time: Nanos, kind: &'a str, body: &'a [u8] },
    Digest,
}

impl<'a> Frames<'a> {
    /// Frames that this process wrote.
    pub fn new(frames: &'a [u8]) -> Self {
        Self { rest: frames }
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        let [code] = self.array()?;
        if code == DIGEST {
            self.take(DIGEST_LEN)?;
            return Some(Frame::Digest);
        }
        let direction =
            if code == Direction::Input.code() { Direction::Input } else { Direction::Event };
        let time = Nanos(i64::from_le_bytes(self.array()?));
        let [kind_len] = self.array()?;
        let kind = std::str::from_utf8(self.take(usize::from(kind_len))?).ok()?;
        let body_len = u32::from_le_bytes(self.array()?);
        let body = self.take(usize::try_from(body_len).ok()?)?;
        Some(Frame::Record { direction, time, kind, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_back_as_they_were_written() {
        let mut out = Vec::new();
        let at = open_frame(&mut out, Direction::Event, Nanos(-5), "Kind");
        out.extend_from_slice(b"body");
        assert_eq!(close_frame(&mut out, at), 4);
        digest_frame(&mut out, Digest([9; 16]));
        let mut frames = Frames::new(&out);
        let Some(Frame::Record { direction, time, kind, body }) = frames.next() else { panic!() };
        assert_eq!((direction, time, kind), (Direction::Event, Nanos(-5), "Kind"));
        assert_eq!(body, b"body");
        assert!(matches!(frames.next(), Some(Frame::Digest)));
        assert!(frames.next().is_none());
    }
}
