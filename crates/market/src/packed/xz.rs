//! xz: any number of streams after each other, each checked, with a bound on the dictionary.
//!
//! Entry point: `XzStreams`.

use std::fmt;
use std::io::{self, BufRead, Read};

use xz4rust::{DICT_SIZE_MIN, DICT_SIZE_PROFILE_9, XzDecoder, XzNextBlockResult};

/// The unpacked bytes.
pub(crate) struct XzStreams<R> {
    input: R,
    decoder: Box<XzDecoder<'static>>,
    /// Bytes of a stream were read and its end was not.
    inside: bool,
    streams: u64,
}

impl<R: BufRead> XzStreams<R> {
    /// Packed bytes; the dictionary may be as large as `xz -9` makes it, 64 MiB.
    pub(crate) fn new(input: R) -> Self {
        let decoder = XzDecoder::in_heap_with_alloc_dict_size(DICT_SIZE_MIN, DICT_SIZE_PROFILE_9);
        Self { input, decoder, inside: false, streams: 0 }
    }
}

impl<R: BufRead> Read for XzStreams<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let packed = self.input.fill_buf()?;
            if packed.is_empty() {
                if self.inside || self.streams == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                return Ok(0);
            }
            // What follows a stream is another one, or refused by the decoder.
            self.inside = true;
            let (used, written) = match self.decoder.decode(packed, out) {
                Ok(XzNextBlockResult::NeedMoreData(used, written)) => (used, written),
                Ok(XzNextBlockResult::EndOfStream(used, written)) => {
                    self.inside = false;
                    self.streams += 1;
                    self.decoder.reset();
                    (used, written)
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            };
            self.input.consume(used);
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

impl<R> fmt::Debug for XzStreams<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "XzStreams({} read)", self.streams)
    }
}
