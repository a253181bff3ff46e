//! Names of things: short texts that are copied instead of allocated, and dense indices.
//!
//! Entry points: [`ClOrdId`], [`VenueText`], [`InstrumentId`], [`HoldingId`], [`SleeveId`].
//!
//! Invariants:
//! 1. A [`ClOrdId`] is at most 20 alphanumerics (the tightest broker's field) and is made of
//!    our prefix, the epoch of the start that made it and a number that only grows.
//! 2. Indices are positions in the configuration of the segment; they never leave the engine
//!    without their names beside them.

use std::fmt;

/// ASCII text of at most `N` bytes, stored in place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ascii<const N: usize> {
    // Bytes first: ordering of equal-length texts is then alphabetical; unused bytes are zero.
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Ascii<N> {
    /// The empty text.
    pub const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    /// Takes a text of printable ASCII that fits.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let len = u8::try_from(text.len()).ok()?;
        if text.len() > N || !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return None;
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self { bytes, len })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or("")
    }

    /// The bytes of the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// True for the empty text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const N: usize> Default for Ascii<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Display for Ascii<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Ascii<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Our id of an order: ClOrdID (FIX 11).
pub type ClOrdId = Ascii<20>;
/// An id or a short text that a broker chose: OrderID (37), ExecID (17), a refusal's words.
pub type VenueText = Ascii<48>;

/// Prefix of every ClOrdID that truefill makes.
pub const CL_ORD_PREFIX: &str = "TF";
const EPOCH_DIGITS: usize = 8;
const SERIAL_DIGITS: usize = 8;

/// Makes the ClOrdID of the order with this serial number, made by the start with this epoch
/// (milliseconds since 1970, base 36).
///
/// ```
/// use truefill_core::ids::{cl_ord_id, parse_cl_ord_id};
/// let id = cl_ord_id(1_795_000_000_000, 42);
/// assert_eq!(id.as_str().len(), 18);
/// assert_eq!(parse_cl_ord_id(&id), Some((1_795_000_000_000, 42)));
/// ```
#[must_use]
pub fn cl_ord_id(epoch: u64, serial: u64) -> ClOrdId {
    let mut bytes = [0u8; 20];
    bytes[..2].copy_from_slice(CL_ORD_PREFIX.as_bytes());
    base36(epoch, &mut bytes[2..2 + EPOCH_DIGITS]);
    base36(serial, &mut bytes[2 + EPOCH_DIGITS..2 + EPOCH_DIGITS + SERIAL_DIGITS]);
    Ascii { bytes, len: 18 }
}

/// Reads epoch and serial number out of a ClOrdID of ours; `None` if it is not one.
#[must_use]
pub fn parse_cl_ord_id(id: &ClOrdId) -> Option<(u64, u64)> {
    let digits = id.as_bytes().strip_prefix(CL_ORD_PREFIX.as_bytes())?;
    if digits.len() != EPOCH_DIGITS + SERIAL_DIGITS {
        return None;
    }
    let (epoch, serial) = digits.split_at(EPOCH_DIGITS);
    Some((from_base36(epoch)?, from_base36(serial)?))
}

/// Eight digits at most, so it cannot overflow.
fn from_base36(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => return None,
        };
        Some(value * 36 + u64::from(digit))
    })
}

fn base36(mut value: u64, out: &mut [u8]) {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for slot in out.iter_mut().rev() {
        let digit = usize::try_from(value % 36).unwrap_or(0);
        *slot = DIGITS[digit];
        value /= 36;
    }
}

macro_rules! index {
    ($(#[$doc:meta])* $name:ident, $int:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(
            /// The number.
            pub $int,
        );

        impl $name {
            /// The number as a position in a list.
            #[must_use]
            pub const fn ix(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

index!(
    /// An instrument: position in [`crate::config::Config::instruments`].
    InstrumentId,
    u32
);
index!(
    /// A holding key (account × instrument × product): position in
    /// [`crate::config::Config::holdings`].
    HoldingId,
    u32
);
index!(
    /// A virtual book. Number 0 is `manual`: what no strategy claimed.
    SleeveId,
    u16
);
index!(
    /// Number of a request (write or query) of this engine; only grows, across restarts too.
    RequestId,
    u64
);
index!(
    /// Serial number of an order of this engine; only grows, across restarts too.
    OrderNo,
    u64
);

/// A name that the broker uses and that is no known instrument: the rest of what it says stands.
pub const UNKNOWN_INSTRUMENT: InstrumentId = InstrumentId(u32::MAX);

/// The sleeve of what no strategy claimed: never traded, never in the need.
pub const MANUAL: SleeveId = SleeveId(0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_ids_are_not_ours() {
        for text in ["", "TF", "TF0000000000000000x", "XX0000000000000000", "TF000000000000000-"] {
            assert_eq!(ClOrdId::new(text).and_then(|id| parse_cl_ord_id(&id)), None, "{text}");
        }
        assert_eq!(ClOrdId::new("123456789012345678901"), None);
        assert_eq!(ClOrdId::new("tab\there"), None);
    }
}
