//! The app's secret: from the environment, or from a file that only its owner reads. Never from an
//! argument, which everybody on the machine can see.
//!
//! Entry point: [`secret`].

use crate::config::live::Place;
use crate::failure::Failure;
use std::os::unix::fs::PermissionsExt as _;
use truefill_venue::http::Secret;

/// Where the secret is looked for first.
const VARIABLE: &str = "TRUEFILL_KITE_SECRET";
/// Longest file of a secret.
const SECRET_BYTES_MAX: u64 = 4096;

/// The secret of the app of this node.
pub fn secret(place: &Place) -> Result<Secret, Failure> {
    found(place).map_err(Failure::Input)
}

/// The secret for a node that takes postbacks; others do not need it.
pub fn of_postbacks(place: &Place) -> Result<Option<Secret>, Failure> {
    let Some(address) = place.settings.postback else { return Ok(None) };
    found(place).map(Some).map_err(|why| {
        Failure::Input(format!(
            "postback = \"{address}\" in [live] needs the secret of the app, with which the \
             broker's posts are told from forged ones: {why}"
        ))
    })
}

fn found(place: &Place) -> Result<Secret, String> {
    if let Ok(secret) = std::env::var(VARIABLE)
        && !secret.trim().is_empty()
    {
        return Ok(Secret::new(secret.trim()));
    }
    let none = || {
        format!(
            "the secret of the app is not known; nothing was done; put it into a file of mode 0600 \
             and name it as secret_file in [live], or into the variable {VARIABLE}"
        )
    };
    let file = place.secret_file.as_ref().ok_or_else(none)?;
    let about = |error: std::io::Error| {
        format!("{}: {error}; nothing was done; check the path and its owner", file.display())
    };
    let meta = std::fs::metadata(file).map_err(about)?;
    if meta.permissions().mode() & 0o077 != 0 || meta.len() > SECRET_BYTES_MAX {
        return Err(format!(
            "{} may be read by others or is no secret; nothing was done; run `chmod 600` on it",
            file.display()
        ));
    }
    let text = std::fs::read_to_string(file).map_err(about)?;
    if text.trim().is_empty() { Err(none()) } else { Ok(Secret::new(text.trim())) }
}
