//! Sessions: which phase an instrument is in, and which session an instant belongs to.
//!
//! Entry points: [`phase_at`], [`session_at`], [`close_from`], [`trading_day`].
//!
//! Invariants: an instrument without a calendar is always in continuous trading and has no
//! sessions; what no phase of a calendar covers is closed.

use super::parts::Trader;
use crate::config::{Calendar, Config, Phase, PhaseSpan, Style};
use crate::ids::InstrumentId;
use crate::order::Intent;
use crate::time::{Nanos, SECOND_NS};

const DAY_NS: i64 = 86_400 * SECOND_NS;

fn calendar(config: &Config, instrument: InstrumentId) -> Option<&Calendar> {
    let at = config.instruments.get(instrument.ix())?.calendar?;
    config.calendars.get(usize::try_from(at).ok()?)
}

/// The first phase that is not over at `now`: its position in the calendar.
fn next_phase(calendar: &Calendar, now: Nanos) -> usize {
    calendar.phases.partition_point(|phase| phase.until <= now)
}

/// The phase an instrument is in, and the first instant at which that may change.
///
/// ```
/// use truefill_core::config::{Calendar, Config, Phase, PhaseSpan};
/// use truefill_core::engine::session::phase_at;
/// use truefill_core::{ids::InstrumentId, time::Nanos};
/// # use truefill_core::config::{Descriptor, Instrument, Recon, Risk};
/// # use truefill_core::num::{Px, Qty};
/// # let mut config = Config { account: "demo".into(),
/// #     instruments: vec![Instrument::new("X", Px(1), Qty(1))], holdings: vec![],
/// #     strategies: vec![], descriptor: Descriptor::default(), risk: Risk::default(),
/// #     recon: Recon::default(), digest_every: 1, replay_horizon_ns: 1, assumed_fee_bps: 0,
/// #     calendars: Vec::new(), crossing: false };
/// let phase = Phase::Continuous;
/// let day = PhaseSpan { from: Nanos(10), until: Nanos(20), phase, session: 0 };
/// config.calendars = vec![Calendar { name: "demo".into(), phases: vec![day] }];
/// config.instruments[0].calendar = Some(0);
/// assert_eq!(phase_at(&config, InstrumentId(0), Nanos(5)), (Phase::Closed, Nanos(10)));
/// assert_eq!(phase_at(&config, InstrumentId(0), Nanos(10)), (Phase::Continuous, Nanos(20)));
/// assert_eq!(phase_at(&config, InstrumentId(0), Nanos(20)), (Phase::Closed, Nanos::MAX));
/// ```
#[must_use]
pub fn phase_at(config: &Config, instrument: InstrumentId, now: Nanos) -> (Phase, Nanos) {
    let Some(calendar) = calendar(config, instrument) else {
        return (Phase::Continuous, Nanos::MAX);
    };
    match calendar.phases.get(next_phase(calendar, now)) {
        Some(phase) if phase.from <= now => (phase.phase, phase.until),
        Some(phase) => (Phase::Closed, phase.from),
        None => (Phase::Closed, Nanos::MAX),
    }
}

/// The session that is on at `now`, or the next one to come: what is declared after the close is
/// meant for the next session. Past the end of the calendar it is the day after its last.
/// `None` without a calendar.
#[must_use]
pub fn session_at(config: &Config, instrument: InstrumentId, now: Nanos) -> Option<i64> {
    let phases = &calendar(config, instrument)?.phases;
    let next = next_phase(calendar(config, instrument)?, now);
    let past = || phases.last().map(|last| last.session.saturating_add(1));
    phases.get(next).map(|phase| phase.session).or_else(past)
}

/// When the session that was on at `then`, or the next one after it, is over.
#[must_use]
pub fn session_end(config: &Config, instrument: InstrumentId, then: Nanos) -> Nanos {
    let Some(calendar) = calendar(config, instrument) else { return Nanos::MAX };
    let rest = &calendar.phases[next_phase(calendar, then)..];
    let Some(first) = rest.first() else { return Nanos::MAX };
    let same = rest.partition_point(|phase| phase.session <= first.session);
    rest.get(same.saturating_sub(1)).map_or(Nanos::MAX, |last| last.until)
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
    let phases = &calendar(config, instrument)?.phases;
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

/// The day that limits per day count: the session, or the UTC day without a calendar.
#[must_use]
pub fn trading_day(config: &Config, instrument: InstrumentId, now: Nanos) -> i64 {
    session_at(config, instrument, now).unwrap_or(now.0.div_euclid(DAY_NS))
}

/// When the day of [`trading_day`] is over.
#[must_use]
pub fn day_end(config: &Config, instrument: InstrumentId, now: Nanos) -> Nanos {
    match calendar(config, instrument) {
        Some(_) => session_end(config, instrument, now),
        None => Nanos((now.0.div_euclid(DAY_NS) + 1).saturating_mul(DAY_NS)),
    }
}

/// Orders of a holding may leave at `now`: entries in continuous trading, or in the closing
/// auction where their policy is made for it; exits in both. Before the open and after the close
/// nothing leaves but cancels.
#[must_use]
pub fn is_open(config: &Config, trader: Trader, intent: Intent, now: Nanos) -> bool {
    let Some(key) = config.holdings.get(trader.holding.ix()) else { return false };
    let at_close = || trader.policy(config, intent).is_some_and(|p| p.style == Style::AtClose);
    match phase_at(config, key.instrument, now).0 {
        Phase::Continuous => true,
        Phase::ClosingAuction => intent == Intent::Exit || at_close(),
        Phase::PreOpen | Phase::Closed => false,
    }
}
