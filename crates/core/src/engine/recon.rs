//! Reconciliation: ask what is really held, explain, adopt the truth (law 6).
//!
//! A round reads orders first (so that what they explain is merged), then positions, and
//! compares each holding that was quiet meanwhile. A difference is read again after orders and
//! activity explained what they could; what is left is adopted, classified and, where the class
//! is unsafe, frozen.

use super::deciding::Deciding;
use super::sharing;
use crate::alert::AlertCode;
use crate::config::OnExternal;
use crate::event::{
    Compared, Corrected, DriftClass, Event, Freeze, Frozen, RoundEnded, RoundStarted,
};
use crate::ids::{HoldingId, VenueText};
use crate::num::Qty;
use crate::report::{ActivityKind, ActivityRow, PositionRow};
use crate::state::{OnWire, State};

/// Agreeing reads that differ before an ordinary difference is adopted.
const READS_ORDINARY: u32 = 2;

impl Deciding<'_> {
    pub fn begin_round(&mut self) {
        self.emit(Event::RoundStarted(RoundStarted {}));
    }

    pub fn round_over(&mut self, compared: bool) {
        self.emit(Event::RoundEnded(RoundEnded { compared }));
    }

    /// Compares positions of the whole account with ours, over the union of both sides.
    pub fn compare(&mut self, rows: &[PositionRow], on_wire: OnWire) {
        let baseline = !self.state.recon.baseline && self.state.recon.since.0 == i64::MIN;
        for at in 0..self.config.holdings.len() {
            let Ok(at) = u32::try_from(at) else { break };
            let id = HoldingId(at);
            let key = &self.config.holdings[id.ix()];
            let same =
                |r: &&PositionRow| r.instrument == key.instrument && r.product == key.product;
            let broker: Qty = rows.iter().filter(same).map(|r| r.qty).sum();
            if !rows.iter().any(|r| same(&r)) && crate::planted!(MissingRowIsAgreed) {
                continue;
            }
            if baseline {
                self.take_opening(id, broker);
            } else if is_unresolved(self.state, id) {
                // The difference could be its doing: it is settled first.
            } else if moved_since(self.state, id, on_wire, self.config.descriptor.read_lag_max_ns) {
                self.skip(id);
            } else {
                self.compare_one(id, broker);
            }
        }
        self.round_over(true);
        self.touch_busy();
    }

    /// First start: nothing is known, everything found is nobody's.
    fn take_opening(&mut self, holding: HoldingId, broker: Qty) {
        let manual = broker - self.state.holding(holding).total();
        if manual.is_zero() {
            return;
        }
        self.touch(holding);
        let text = format!("{broker} was found at the start and belongs to no strategy");
        self.alert(AlertCode::PositionDrift, Some(holding), None, text);
        self.emit(Event::Corrected(Corrected {
            holding,
            class: DriftClass::Opening,
            manual,
            own: Qty::ZERO,
            shares: Vec::new(),
            px: None,
            effective: self.now(),
            placeholder: false,
            exec_id: None,
        }));
        self.emit(Event::Frozen(Frozen { holding, why: Freeze::Manual }));
    }

    fn skip(&mut self, holding: HoldingId) {
        let h = self.state.holding(holding);
        let (skips, differing, broker) = (h.skips.saturating_add(1), h.differing, h.broker);
        let told = h.told;
        self.touch(holding);
        self.emit(Event::Compared(Compared { holding, skips, differing, broker, told }));
    }

    fn compare_one(&mut self, holding: HoldingId, broker: Qty) {
        let h = self.state.holding(holding);
        let ours = h.total();
        if broker == ours {
            let taken_back = h.told && h.moved_seq < h.differ_seq;
            if h.skips > 0 || h.differing > 0 {
                self.touch(holding);
                let broker = ours;
                let clean = Compared { holding, skips: 0, differing: 0, broker, told: false };
                self.emit(Event::Compared(clean));
            }
            if taken_back {
                let text = format!("the broker took its number back: {ours} again");
                self.alert(AlertCode::SnapshotRejected, Some(holding), None, text);
            }
            return;
        }
        let explained = explained_since(self.state, holding);
        let again = h.differing > 0 && h.broker == broker;
        let differing = match (again, explained) {
            (true, true) => h.differing + 1,
            (true, false) => h.differing.max(1),
            (false, _) => 1,
        };
        let was_told = h.told;
        // With open orders one differing read is probably a fill whose message is under way.
        let quiet = self.config.recon.told_after.map_or(1, |reads| reads.saturating_sub(1));
        let told = was_told || differing > if h.open.is_empty() { 0 } else { quiet };
        let suspicious = is_suspicious(ours, broker);
        // The operator says the ratio; adopting the new units as somebody's would book it twice.
        let split_due = h.frozen == Some(Freeze::CorporateAction);
        self.touch(holding);
        self.emit(Event::Compared(Compared { holding, skips: 0, differing, broker, told }));
        if told && !was_told {
            let text = format!("the broker shows {broker}, the journal {ours}");
            self.alert(AlertCode::PositionDrift, Some(holding), None, text.clone());
            if suspicious {
                self.alert(AlertCode::SnapshotRejected, Some(holding), None, text);
            }
        }
        let needed = if suspicious { self.config.recon.agreeing_reads } else { READS_ORDINARY };
        let at_once = crate::planted!(AdoptsAtFirstSight);
        let (needed, explained) = if at_once { (1, true) } else { (needed, explained) };
        if differing >= needed && explained && !split_due {
            self.adopt_unexplained(holding, broker - ours);
        } else if differing == 1 {
            self.suspect();
        }
    }

    /// Books activity that is not ours where it explains a difference exactly.
    pub fn explain(&mut self, rows: &[ActivityRow]) {
        for at in 0..self.config.holdings.len() {
            let Ok(at) = u32::try_from(at) else { break };
            let id = HoldingId(at);
            let h = self.state.holding(id);
            if h.differing == 0 || h.broker == h.total() {
                continue;
            }
            let key = &self.config.holdings[id.ix()];
            let recon = &self.state.recon;
            let news: Vec<&ActivityRow> = rows
                .iter()
                .filter(|r| r.instrument == key.instrument && r.product == key.product)
                .filter(|r| r.kind != ActivityKind::Funding)
                .filter(|r| self.our_time(r.fill.time) >= recon.since)
                .filter(|r| r.kind != ActivityKind::Trade || self.of_activity(r).is_none())
                .filter(|r| !recon.externals.contains(&external_id(r)))
                .collect();
            let sum: Qty = news.iter().map(|r| r.side.signed(r.fill.qty)).sum();
            if news.is_empty() || sum != h.broker - h.total() {
                continue;
            }
            for row in news {
                self.adopt_row(id, row);
            }
        }
    }

    fn adopt_row(&mut self, holding: HoldingId, row: &ActivityRow) {
        let delta = row.side.signed(row.fill.qty);
        let (class, code, freeze) = match row.kind {
            ActivityKind::Liquidation => {
                (DriftClass::Liquidation, AlertCode::Liquidation, Some(Freeze::Liquidation))
            }
            ActivityKind::Split => (
                DriftClass::CorporateAction,
                AlertCode::CorporateAction,
                Some(Freeze::CorporateAction),
            ),
            ActivityKind::Trade | ActivityKind::Funding => {
                let hold = self.config.recon.on_external == OnExternal::Hold;
                (
                    DriftClass::External,
                    AlertCode::ExternalActivity,
                    hold.then_some(Freeze::External),
                )
            }
        };
        let h = self.state.holding(holding);
        let (manual, own) = share(h.manual, h.own, delta);
        let shares = sharing::eaten(h, own);
        self.touch(holding);
        self.alert(code, Some(holding), None, format!("{delta} by somebody else, adopted"));
        if code == AlertCode::Liquidation {
            let text = "the broker traded, not we".to_owned();
            self.alert(AlertCode::ExternalActivity, Some(holding), None, text);
        }
        self.emit(Event::Corrected(Corrected {
            holding,
            class,
            manual,
            own,
            shares,
            px: Some(row.fill.px),
            effective: row.fill.time.min(self.now()),
            placeholder: false,
            exec_id: Some(external_id(row)),
        }));
        match freeze {
            Some(why) => self.emit(Event::Frozen(Frozen { holding, why })),
            None => self.takes_all(holding),
        }
    }

    /// In an account that is ours alone, what others did in a symbol that trades on becomes the
    /// first strategy's: what it wants is meant to be all that is held.
    pub fn takes_all(&mut self, holding: HoldingId) {
        let h = self.state.holding(holding);
        if self.config.recon.dedicated != Some(true) || h.manual.is_zero() {
            return;
        }
        let (qty, shared) = (h.manual, h.is_shared());
        let sleeve = self.config.holdings[holding.ix()].sleeve;
        let sleeve = shared.then_some(sleeve);
        self.emit(Event::Adopted(crate::event::Adopted { holding, qty, sleeve }));
    }

    fn adopt_unexplained(&mut self, holding: HoldingId, delta: Qty) {
        let h = self.state.holding(holding);
        let (manual, own) = share(h.manual, h.own, delta);
        let shares = sharing::eaten(h, own);
        let text = format!("{delta} without explanation, adopted");
        self.alert(AlertCode::Unconverged, Some(holding), None, text);
        self.emit(Event::Corrected(Corrected {
            holding,
            class: DriftClass::Unknown,
            manual,
            own,
            shares,
            px: None,
            effective: self.now(),
            placeholder: true,
            exec_id: None,
        }));
        if crate::planted!(UnexplainedIsHarmless) {
            return;
        }
        self.emit(Event::Frozen(Frozen { holding, why: Freeze::Unexplained }));
    }
}

/// Something moved since the read was asked, or so shortly before that the read may show an
/// older state.
fn moved_since(state: &State, id: HoldingId, read: OnWire, lag_ns: i64) -> bool {
    let h = state.holding(id);
    if crate::planted!(RacedReadCompared) {
        return false;
    }
    h.moved_seq > 0 && (h.moved_seq > read.asked_seq || h.moved.plus(lag_ns) > read.asked)
}

/// An order of the holding has no certain state.
fn is_unresolved(state: &State, id: HoldingId) -> bool {
    let open = &state.holding(id).open;
    let mut open = open.iter().filter_map(|no| state.orders.open.get(no));
    open.any(|o| o.needs_lookup() || !o.known.exists) && !crate::planted!(AdoptsAroundAnUnknown)
}

/// Orders and activity were both read since the difference was first seen.
fn explained_since(state: &State, id: HoldingId) -> bool {
    let from = state.holding(id).differ_seq;
    state.recon.orders_seq > from && state.recon.activity_seq > from
}

/// A position that vanished or flipped is a failing broker more often than the truth.
fn is_suspicious(ours: Qty, broker: Qty) -> bool {
    let vanished = !ours.is_zero() && (broker.is_zero() || (broker.0 > 0) != (ours.0 > 0));
    vanished && !crate::planted!(ZeroIsTrue)
}

/// The id under which a trade of somebody else is remembered: its own, or one made of what it
/// says, so that a nameless row read again is the same row.
fn external_id(row: &ActivityRow) -> VenueText {
    let fill = &row.fill;
    if !fill.exec_id.is_empty() {
        return fill.exec_id;
    }
    let made = format!("~{}/{}/{}", fill.time.0, row.side.signed(fill.qty), fill.px);
    VenueText::new(made.get(..48).unwrap_or(&made)).unwrap_or_default()
}

/// Splits somebody else's change into (manual, own): manual holdings give first, then the
/// strategy's as far as the change eats into them; the rest is manual.
fn share(manual: Qty, own: Qty, delta: Qty) -> (Qty, Qty) {
    let eats = |position: Qty, change: Qty| {
        if position.is_zero() || change.is_zero() || (position.0 > 0) == (change.0 > 0) {
            return Qty::ZERO;
        }
        Qty(change.0.abs().min(position.0.abs()) * change.0.signum())
    };
    if crate::planted!(OtherPeoplesTradesAreOurs) {
        return (Qty::ZERO, delta);
    }
    let from_manual = eats(manual, delta);
    let from_own = eats(own, delta - from_manual);
    (delta - from_own, from_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_elses_trade_is_manual_unless_it_eats_into_ours() {
        let q = Qty::whole;
        assert_eq!(share(q(0), q(100), q(20)), (q(20), q(0)));
        assert_eq!(share(q(0), q(100), q(-20)), (q(0), q(-20)));
        assert_eq!(share(q(15), q(100), q(-20)), (q(-15), q(-5)));
        assert_eq!(share(q(0), q(100), q(-130)), (q(-30), q(-100)));
        assert_eq!(share(q(0), q(0), q(-20)), (q(-20), q(0)));
    }
}
