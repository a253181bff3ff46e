//! Sessions: which phase an instrument is in, and when its day closes.
//!
//! Entry points: [`phase_at`], [`close_from`].
//!
//! Invariant: what no phase of a calendar covers is closed; without a calendar the market is
//! always open.

use crate::config::{Config, Phase, PhaseSpan};
use crate::ids::InstrumentId;
use crate::time::Nanos;

/// The phase of an instrument at `now`, and until when it lasts.
///
/// ```
/// use truefill_core::config::{Calendar, Config, Descriptor, Instrument, Phase, PhaseSpan, Recon,
///     Risk};
/// use truefill_core::engine::session::phase_at;
/// use truefill_core::{ids::InstrumentId, num::{Px, Qty}, time::Nanos};
/// let open = PhaseSpan { from: Nanos(10), until: Nanos(20), phase: Phase::Continuous, session: 0 };
/// let mut instrument = Instrument::new("X", Px::whole(1), Qty::whole(1));
/// instrument.calendar = Some(0);
/// let config = Config { account: "demo".into(), instruments: vec![instrument], holdings: vec![],
///     strategies: vec![], descriptor: Descriptor::default(), risk: Risk::default(),
///     recon: Recon::default(), digest_every: 1024, replay_horizon_ns: 0, assumed_fee_bps: 0,
///     calendars: vec![Calendar { name: "day".into(), phases: vec![open] }], crossing: false };
/// assert_eq!(phase_at(&config, InstrumentId(0), Nanos(5)), (Phase::Closed, Nanos(10)));
/// assert_eq!(phase_at(&config, InstrumentId(0), Nanos(10)), (Phase::Continuous, Nanos(20)));
/// assert_eq!(phase_at(&config, InstrumentId(0), Nanos(20)), (Phase::Closed, Nanos::MAX));
/// ```
#[must_use]
pub fn phase_at(config: &Config, instrument: InstrumentId, now: Nanos) -> (Phase, Nanos) {
    let Some(phases) = phases_of(config, instrument) else {
        return (Phase::Continuous, Nanos::MAX);
    };
    let at = phases.partition_point(|span| span.until <= now);
    match phases.get(at) {
        Some(span) if span.from <= now => (span.phase, span.until),
        Some(span) => (Phase::Closed, span.from),
        None => (Phase::Closed, Nanos::MAX),
    }
}

/// When orders at the close of the session at `now` (or of the next one) may begin to work: the
/// first instant of its closing auction; where there is none, `lead_ns` before the end of its
/// continuous trading. `None` where nothing ever closes.
#[must_use]
pub fn close_from(
    config: &Config,
    instrument: InstrumentId,
    now: Nanos,
    lead_ns: i64,
) -> Option<Nanos> {
    let phases = phases_of(config, instrument)?;
    let rest = &phases[phases.partition_point(|span| span.until <= now)..];
    let works = |span: &&PhaseSpan| matches!(span.phase, Phase::Continuous | Phase::ClosingAuction);
    let session = rest.iter().find(works)?.session;
    let of_session = || rest.iter().filter(|span| span.session == session);
    let auction = of_session().find(|span| span.phase == Phase::ClosingAuction);
    auction.map(|span| span.from).or_else(|| {
        let last = of_session().rfind(|span| span.phase == Phase::Continuous)?;
        Some(last.until.plus(-lead_ns))
    })
}

/// The phases of an instrument; `None` when it has no calendar.
fn phases_of(config: &Config, instrument: InstrumentId) -> Option<&[PhaseSpan]> {
    let calendar = config.instruments.get(instrument.ix())?.calendar?;
    let calendar = config.calendars.get(usize::try_from(calendar).ok()?)?;
    Some(&calendar.phases)
}
