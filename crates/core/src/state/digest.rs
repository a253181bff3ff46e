//! The digest of the state: equal states have equal digests on any machine.
//!
//! A 128-bit mixing hash over the fields as they are stored. It guards against divergence, not
//! against forgery: tamper evidence is the journal's hash chain.

use crate::order::Order;
use crate::record::{Field, Sink};

/// Collects fields into a digest.
#[derive(Clone, Debug)]
pub struct Digest {
    a: u64,
    b: u64,
}

const K1: u64 = 0x9e37_79b9_7f4a_7c15;
const K2: u64 = 0xc2b2_ae3d_27d4_eb4f;

impl Digest {
    /// A digest that continues another one.
    #[must_use]
    pub fn from_seed(seed: u128) -> Self {
        Self { a: (seed >> 64) as u64 ^ K1, b: seed as u64 ^ K2 }
    }

    fn word(&mut self, value: u64) {
        self.a = (self.a ^ value).wrapping_mul(K1).rotate_left(31).wrapping_add(self.b);
        self.b = (self.b ^ value.rotate_left(17)).wrapping_mul(K2).rotate_left(27) ^ self.a;
    }

    /// The digest of everything collected so far.
    #[must_use]
    pub fn finish(&self) -> u128 {
        let high = finalise(self.a ^ self.b.rotate_left(32));
        let low = finalise(self.b.wrapping_add(high));
        u128::from(high) << 64 | u128::from(low)
    }
}

/// Spreads every input bit over all output bits.
fn finalise(mut value: u64) -> u64 {
    value ^= value >> 33;
    value = value.wrapping_mul(0xff51_afd7_ed55_8ccd);
    value ^= value >> 33;
    value = value.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ value >> 33
}

impl Sink for Digest {
    fn int(&mut self, tag: u32, _name: &'static str, value: i128) {
        self.word(u64::from(tag) << 2);
        self.word(value as u64);
        self.word((value >> 64) as u64);
    }

    fn text(&mut self, tag: u32, _name: &'static str, value: &str) {
        self.word(u64::from(tag) << 2 | 1);
        self.word(value.len() as u64);
        for chunk in value.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    fn open(&mut self, tag: u32, _name: &'static str) {
        self.word(u64::from(tag) << 2 | 2);
    }

    fn close(&mut self) {
        self.word(3);
    }
}

/// Continues a chain of digests with a closed order.
#[must_use]
pub fn chain(previous: u128, order: &Order) -> u128 {
    let mut digest = Digest::from_seed(previous);
    order.ticket.put(1, "ticket", &mut digest);
    for item in order.evidence.items() {
        item.put(2, "item", &mut digest);
    }
    digest.finish()
}
