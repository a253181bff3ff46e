//! Damaged bytes that are certain to be recognised as damaged. Transports carry checksums, so a
//! digit that silently becomes another one is outside of what a broker connection can do; what
//! happens is that half a body comes, or something that is not the protocol at all.

use crate::rng::Rng;

/// What something between us and the broker says.
pub const PAGE: &[u8] = b"<html><body><h1>502 Bad Gateway</h1></body></html>";

/// A body that is not the protocol: bytes that are no text in the middle of it, or the page of
/// something between us and the broker.
#[must_use]
pub fn garble(body: &[u8], rng: &mut Rng) -> Vec<u8> {
    let Some(at) = rng.pick(body.len()).filter(|_| rng.chance(500_000)) else {
        return PAGE.to_vec();
    };
    let mut damaged = body.to_vec();
    for byte in damaged.iter_mut().skip(at).take(4) {
        // 0xff occurs nowhere in UTF-8.
        *byte = 0xff;
    }
    damaged
}

/// A body that ends too early.
#[must_use]
pub fn truncate(body: &[u8], rng: &mut Rng) -> Vec<u8> {
    let kept = rng.pick(body.len()).unwrap_or(0);
    body.get(..kept).unwrap_or_default().to_vec()
}

/// An answer whose first row has a word of no wire: a broker's new status, say.
#[must_use]
pub fn spoil_row(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let spoilt = text.replacen("\"side\":\"", "\"side\":\"un", 1);
    spoilt.into_bytes()
}

/// An answer whose first row has a status that nobody knows, or such a pushed status.
#[must_use]
pub fn spoil_status(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    text.replacen("\"status\":\"", "\"status\":\"un", 1).into_bytes()
}

/// A refusal with a code that nobody knows: a 400 that proves nothing.
#[must_use]
pub fn unknown_code(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    text.replacen("\"code\":\"other\"", "\"code\":\"timed_out\"", 1).into_bytes()
}

/// A body with a field that nobody knows yet.
#[must_use]
pub fn add_key(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    text.replacen('{', "{\"since_yesterday\":[null],", 1).into_bytes()
}
