//! The law beyond the declared bounds: every run ends true, or frozen with the right alert.
//!
//! A broker that does what its descriptor says it cannot do breaks laws that no engine can
//! keep: then it is enough that people know and that nothing more is risked where belief and
//! truth differ. What is the engine's own affair is never excused.
//!
//! Entry point: [`judge`].

use super::measure::Facts;
use crate::broker::Broker;
use crate::faults::FaultKind;
use truefill_core::alert::AlertCode;
use truefill_core::config::Config;
use truefill_core::event::Mode;
use truefill_core::state::State;

/// Alerts that say that broker and engine do not agree. Of an order that the broker shows as
/// ended although it works, all that can be told is that it ended by itself: the last two.
const DISAGREE: [AlertCode; 8] = [
    AlertCode::PositionDrift,
    AlertCode::Overfill,
    AlertCode::OutOfOrder,
    AlertCode::IdCollision,
    AlertCode::SnapshotRejected,
    AlertCode::VenueUnknown,
    AlertCode::ExternalActivity,
    AlertCode::Unprotected,
];

/// Splits broken laws into those that stand and those that a broker outside its bounds excuses.
pub(super) fn judge(
    violations: Vec<String>,
    config: &Config,
    state: &State,
    facts: &Facts,
    broker: &Broker,
) -> (Vec<String>, Vec<String>) {
    let struck = |wanted| broker.faults_struck().any(|(kind, n)| kind == wanted && n > 0);
    // A twin of an order that rests and is in no list that was read tells nobody of itself.
    let silent = Silent {
        late: struck(FaultKind::ArrivesTooLate),
        twin: struck(FaultKind::DoubledOrder),
        ended: struck(FaultKind::FalseProof),
        old: struck(FaultKind::ReadTooOld),
        phantom: struck(FaultKind::PhantomFill) && UNHEARD.into_iter().any(struck),
    };
    let is_excused = |violation: &String| is_excused(violation, config, state, facts, silent);
    violations.into_iter().partition(|violation| !is_excused(violation))
}

/// What a broker beyond its bounds does without a trace that anybody could see.
#[derive(Clone, Copy)]
struct Silent {
    late: bool,
    twin: bool,
    /// An order that works is shown as cancelled: that it ended by itself is all that is told.
    ended: bool,
    /// A list of trades that is older than a list may be lacks prices that nobody misses: the
    /// executions stay booked at their limits.
    old: bool,
    /// An execution that never happened is told of an order that fills as much soon after, and
    /// the message of that is lost: quantities agree, and the price is that of the first.
    phantom: bool,
}

/// How the message of an execution gets lost on its way.
const UNHEARD: [FaultKind; 5] = [
    FaultKind::LostPush,
    FaultKind::GarblePush,
    FaultKind::TruncatePush,
    FaultKind::StreamDown,
    FaultKind::StreamZombie,
];

/// People were told that broker and engine do not agree.
#[must_use]
pub fn was_told(facts: &Facts) -> bool {
    DISAGREE.iter().any(|code| facts.alerts.contains_key(code.as_str()))
}

fn is_excused(
    violation: &str,
    config: &Config,
    state: &State,
    facts: &Facts,
    silent: Silent,
) -> bool {
    let told = |code: AlertCode| facts.alerts.contains_key(code.as_str());
    let disagree = || was_told(facts);
    let stopped = state.mode != Mode::Running;
    let frozen = || {
        let of_symbol =
            config.holdings.iter().zip(&state.holdings).filter(|(key, _)| {
                violation.contains(&config.instruments[key.instrument.ix()].symbol)
            });
        // The sentence names the symbol, not the product.
        of_symbol.into_iter().any(|(_, h)| h.frozen.is_some())
    };
    let law = violation.split_once(':').map_or("", |(law, _)| law);
    match law {
        "law 2" => disagree() || silent.twin,
        "law 5" => disagree() || silent.ended || silent.twin,
        "law 6" => stopped || frozen() || silent.ended,
        // A request that arrives outside its bound hits a limit that nobody could see coming;
        // and its answer, which would tell of it, may be lost.
        "law 7" => told(AlertCode::RateLimited) || silent.late,
        // What an order did twice is booked once, by its number.
        "law 8" if violation.contains("has cash") => disagree() || silent.phantom,
        "law 8" if violation.contains("the ledger has") => {
            disagree() || silent.old || silent.phantom
        }
        "liveness" => told(AlertCode::VenueUnknown),
        _ => false,
    }
}
