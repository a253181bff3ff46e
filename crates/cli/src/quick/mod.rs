//! A rehearsal of a backtest's output, without a configuration: `--targets` with `--bars` or
//! `--quotes`.
//!
//! Entry points: [`config_text`]; for other commands that read such files also [`zone`],
//! [`session`], [`failure`] and [`flag`].
//!
//! [`config_text`] reads both files, refuses what is ambiguous with the flag that settles it, and
//! writes the configuration that the flags mean. That text is what runs; it is kept in the run
//! directory, so nothing about the run is hidden in a command line.
//!
//! | module | idea |
//! |---|---|
//! | `data` | what a file of bars or quotes is about: symbols, grid, sessions |
//! | `sizes` | what the numbers of a table mean |
//! | `ask` | an ambiguity becomes the flag that settles it |
//! | `write` | the configuration |
//!
//! Invariant: nothing is guessed that could look ahead or change a size; what is assumed stands
//! in the configuration with a comment.

mod ask;
mod data;
mod sizes;
mod write;

pub use ask::{failure, flag};

use crate::args::Quick;
use crate::failure::Failure;
use data::Data;
use std::path::Path;
use truefill_market::columns::Session;
use truefill_market::wanted::{self, Decided, WantedSpec};
use truefill_market::zone::Zone;

/// The configuration that the flags mean.
///
/// # Errors
/// [`Failure::Input`] for what cannot be read, and for what has to be said.
pub fn config_text(quick: &Quick) -> Result<String, Failure> {
    let Some(targets) = &quick.targets else {
        return Err(Failure::Input(
            "--bars and --quotes say where the market comes from, and nothing says what to hold; \
             nothing was started; add --targets FILE"
                .to_owned(),
        ));
    };
    if quick.bars.is_none() && quick.quotes.is_none() {
        return Err(Failure::Input(
            "--targets says what to hold, and nothing says what the market did; nothing was \
             started; add --bars FILE or --quotes FILE"
                .to_owned(),
        ));
    }
    let zone = quick.zone.as_deref().map(zone).transpose()?;
    let session = quick.session.as_deref().map(session).transpose()?;
    let decided = quick.decided.map(|side| match side {
        crate::args::End::Open => Decided::Open,
        crate::args::End::Close => Decided::Close,
    });
    let spec = WantedSpec { decided, zone, session };
    let table = wanted::read(targets, &spec).map_err(|error| ask::failure(&error))?;
    let data = Data::read(quick, zone, session, &table)?;
    let sizes = sizes::settle(quick, targets, &table, &data)?;
    Ok(write::config(quick, targets, &table, &data, &sizes))
}

/// The name of a run: that of its target file.
pub fn name(targets: &Path) -> String {
    let stem = targets.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    stem.split('.').next().unwrap_or_default().to_owned()
}

/// The zone that a flag names.
pub fn zone(text: &str) -> Result<Zone, Failure> {
    Zone::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Zone::names().collect();
        Failure::Input(format!(
            "--zone {text}: this zone is not known; nothing was started; write an offset such as \
             +05:30, or one of {}",
            names.join(", ")
        ))
    })
}

/// The hours that a flag names.
pub fn session(text: &str) -> Result<Session, Failure> {
    crate::config::session_of_text(text).ok_or_else(|| {
        Failure::Input(format!(
            "--session {text}: these are no hours of a session; nothing was started; write \
             us_equities, nse_cash, utc_day, or \"09:30-16:00 America/New_York\""
        ))
    })
}
