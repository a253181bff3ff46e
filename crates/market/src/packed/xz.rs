//! xz: any number of streams after each other, each checked, with a bound on the dictionary.
//!
//! Entry point: `XzStreams`.

use std::io::{self, Read};
use std::num::NonZeroUsize;

use xz4rust::{DICT_SIZE_MIN, DICT_SIZE_PROFILE_9, XzDecoder, XzReader};

const BUFFER_BYTES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(32_767);

/// The unpacked bytes.
pub(crate) struct XzStreams<R: Read + 'static> {
    stream: XzReader<R>,
}

impl<R: Read + 'static> XzStreams<R> {
    /// Packed bytes; the dictionary may be as large as `xz -9` makes it, 64 MiB.
    pub(crate) fn new(input: R) -> Self {
        let decoder = XzDecoder::in_heap_with_alloc_dict_size(DICT_SIZE_MIN, DICT_SIZE_PROFILE_9);
        let stream = XzReader::new_with_buffer_size_and_decoder(input, BUFFER_BYTES, decoder);
        Self { stream }
    }
}

impl<R: Read + 'static> Read for XzStreams<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.stream.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            if !self.stream.is_eos() {
                continue;
            }
            // After a stream there is the end of the file, or another stream. What is neither is
            // refused by the decoder instead of being passed over.
            match self.stream.peek_inner(|_| ()) {
                Ok(()) => self.stream.reset(),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                Err(error) => return Err(error),
            }
        }
    }
}
