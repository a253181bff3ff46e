//! Certificates of a made-up authority, for tests: X.509 with Ed25519, whose keys are any 32 bytes.
//! The signatures are those of the library that checks them elsewhere; what is written here is the
//! frame around them.

use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::sign::any_eddsa_type;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::SigningKey;
use tokio_rustls::rustls::{ServerConfig, SignatureScheme};

/// From and until when a certificate is good.
pub type Validity = (&'static str, &'static str);
/// A good one.
pub const TODAY: Validity = ("20000101000000Z", "21000101000000Z");
/// One that is over.
pub const THEN: Validity = ("20000101000000Z", "20100101000000Z");

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const TRUE: [u8; 3] = [0x01, 0x01, 0xff];
const ED25519: [u8; 3] = [0x2b, 0x65, 0x70];
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 0x13];
const OTHER_NAMES: [u8; 3] = [0x55, 0x1d, 0x11];

/// Who signs.
pub struct Authority {
    name: &'static str,
    key: Arc<dyn SigningKey>,
}

impl Authority {
    /// With a key of its own for each number.
    pub fn new(name: &'static str, number: u8) -> Self {
        Self { name, key: signer(&private(number)) }
    }

    /// Its own certificate, as a file that `SSL_CERT_FILE` names.
    pub fn pem(&self) -> String {
        let is_authority = der(SEQUENCE, &[&TRUE]);
        let extension =
            [&der(OID, &[&BASIC_CONSTRAINTS])[..], &TRUE, &der(OCTETS, &[&is_authority])];
        let made = self.sign(self.name, self.key.as_ref(), TODAY, &der(SEQUENCE, &extension));
        format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", base64(&made))
    }

    /// A server with a certificate for this name.
    pub fn acceptor(&self, name: &'static str, validity: Validity) -> TlsAcceptor {
        let own = private(200);
        let names = der(SEQUENCE, &[&der(0x82, &[name.as_bytes()])]);
        let extension = [&der(OID, &[&OTHER_NAMES])[..], &der(OCTETS, &[&names])];
        let made = self.sign(name, signer(&own).as_ref(), validity, &der(SEQUENCE, &extension));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(made)], PrivateKeyDer::Pkcs8(own));
        TlsAcceptor::from(Arc::new(config.expect("a key and its certificate")))
    }

    /// A certificate of this key for this name, with one extension.
    fn sign(
        &self,
        name: &str,
        key: &dyn SigningKey,
        (from, until): Validity,
        extension: &[u8],
    ) -> Vec<u8> {
        let algorithm = der(SEQUENCE, &[&der(OID, &[&ED25519])]);
        let public = key.public_key().expect("it has one");
        let claimed = der(
            SEQUENCE,
            &[
                &der(0xa0, &[&der(INTEGER, &[&[2]])]),
                &der(INTEGER, &[&[7]]),
                &algorithm,
                &distinguished(self.name),
                &der(SEQUENCE, &[&time(from), &time(until)]),
                &distinguished(name),
                public.as_ref(),
                &der(0xa3, &[&der(SEQUENCE, &[extension])]),
            ],
        );
        let signer = self.key.choose_scheme(&[SignatureScheme::ED25519]).expect("its scheme");
        let signature = signer.sign(&claimed).expect("signed");
        der(SEQUENCE, &[&claimed, &algorithm, &der(BITS, &[&[0], &signature])])
    }
}

/// A key of 32 equal bytes, as a file would hold it.
fn private(number: u8) -> PrivatePkcs8KeyDer<'static> {
    let seed = der(OCTETS, &[&der(OCTETS, &[&[number; 32]])]);
    let algorithm = der(SEQUENCE, &[&der(OID, &[&ED25519])]);
    der(SEQUENCE, &[&der(INTEGER, &[&[0]]), &algorithm, &seed]).into()
}

fn signer(key: &PrivatePkcs8KeyDer<'_>) -> Arc<dyn SigningKey> {
    any_eddsa_type(key).expect("a key")
}

fn distinguished(name: &str) -> Vec<u8> {
    let pair = der(SEQUENCE, &[&der(OID, &[&COMMON_NAME]), &der(UTF8, &[name.as_bytes()])]);
    der(SEQUENCE, &[&der(SET, &[&pair])])
}

/// Until 2049 a time has two digits for its year, from then on four.
fn time(text: &str) -> Vec<u8> {
    match text.strip_prefix("20") {
        Some(short) => der(0x17, &[short.as_bytes()]),
        None => der(0x18, &[text.as_bytes()]),
    }
}

/// A tag, a length, and what is in it.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let inside: Vec<u8> = parts.concat();
    let mut out = vec![tag];
    match u8::try_from(inside.len()) {
        Ok(short @ ..0x80) => out.push(short),
        Ok(long) => out.extend([0x81, long]),
        Err(_) => {
            out.push(0x82);
            out.extend(u16::try_from(inside.len()).expect("small").to_be_bytes());
        }
    }
    out.extend(inside);
    out
}

/// With lines of 64 signs, as files of certificates have them.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (number, three) in bytes.chunks(3).enumerate() {
        let bits =
            (0..3).fold(0usize, |bits, at| bits << 8 | usize::from(*three.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let sign = char::from(SIGNS[bits >> (18 - 6 * at) & 63]);
            out.push(if at <= three.len() { sign } else { '=' });
        }
        if number % 16 == 15 {
            out.push('\n');
        }
    }
    out.push('\n');
    out
}
