//! Compressed forms that no library of ours reads as a stream.
//!
//! Entry points: `xz::XzStreams`, `zip::Entries`. gzip needs nothing here.
//!
//! Invariants:
//! 1. Memory does not depend on the file: windows are bounded, nothing is unpacked as a whole.
//! 2. Data that end early give `UnexpectedEof`, data that do not fit their checksum
//!    `InvalidData`; an end is reported only after everything was checked.

pub(crate) mod xz;
pub(crate) mod zip;
