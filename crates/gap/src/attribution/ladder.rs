//! The ladder of one holding: nine positions, and what waits between neighbours.
//!
//! Entry points: [`Ladder::step`], what a step of the mark costs; [`Ladder::set`],
//! [`Ladder::trade_theory`] and [`Ladder::trade_broker`], which move its counters.
//!
//! Invariant: each unit between the theoretical and the broker's position is in exactly one
//! rung, so the rungs' differences add up to `theory - broker`, whatever was set.

use crate::cause::Cause;
use crate::decimal::Decimal;
use crate::ledger::{Opening, Reason, Stage};

/// Counters of more digits than this are refused: repeated splits would grow them for ever.
const MAX_COUNTER_DIGITS: u32 = 256;

/// The counters of one strategy in one symbol.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    theory: Decimal,
    rungs: [Rung; 8],
    moved: bool,
}

/// One counter below the theoretical one.
#[derive(Clone, Debug)]
struct Rung {
    stage: Stage,
    position: Decimal,
    /// What the units that wait before this stage are booked under: the stage's own cause, or
    /// that of the reason in force.
    cause: Cause,
}

impl Ladder {
    /// A ladder on which nothing has happened.
    pub(super) fn new() -> Self {
        let rung = |stage, cause| Rung { stage, position: Decimal::ZERO, cause };
        Ladder {
            theory: Decimal::ZERO,
            rungs: [
                rung(Stage::Twin, Cause::Data),
                rung(Stage::Emitted, Cause::Decide),
                rung(Stage::Rounded, Cause::Round),
                rung(Stage::Admitted, Cause::Gate),
                rung(Stage::Released, Cause::Queue),
                rung(Stage::Accepted, Cause::Wire),
                rung(Stage::Filled, Cause::Work),
                rung(Stage::Broker, Cause::External),
            ],
            moved: false,
        }
    }

    /// Whether any counter was ever opened, set or traded.
    pub(super) fn has_moved(&self) -> bool {
        self.moved
    }

    /// The theoretical position, Q0.
    pub(super) fn theory(&self) -> &Decimal {
        &self.theory
    }

    /// The position at the broker, Q8.
    pub(super) fn broker(&self) -> &Decimal {
        let [.., broker] = &self.rungs;
        &broker.position
    }

    /// The cost of a step of the mark worth `value` per unit, by what waits on each rung.
    pub(super) fn step<'a>(
        &'a self,
        value: &'a Decimal,
    ) -> impl Iterator<Item = (Cause, Decimal)> + 'a {
        let above = std::iter::once(&self.theory).chain(self.rungs.iter().map(|r| &r.position));
        above.zip(&self.rungs).filter_map(move |(above, rung)| {
            let waiting = above - &rung.position;
            (!waiting.is_zero()).then(|| (rung.cause, &waiting * value))
        })
    }

    /// Takes over opening positions.
    pub(super) fn open(&mut self, opening: &Opening) {
        self.moved = true;
        self.theory = opening.at(Stage::Theory).clone();
        for rung in &mut self.rungs {
            rung.position = opening.at(rung.stage).clone();
        }
    }

    /// Sets one counter and, if one is given, the reason in force for its stage.
    pub(super) fn set(&mut self, stage: Stage, position: &Decimal, reason: Option<Reason>) {
        self.moved = true;
        for rung in self.rungs.iter_mut().filter(|rung| rung.stage == stage) {
            rung.position = position.clone();
            if let Some(cause) = reason.and_then(|_| Cause::waiting_before(stage, reason)) {
                rung.cause = cause;
            }
        }
    }

    /// Adds a theoretical fill.
    pub(super) fn trade_theory(&mut self, qty: &Decimal) {
        self.moved = true;
        self.theory += qty;
    }

    /// Adds a trade at the broker.
    pub(super) fn trade_broker(&mut self, qty: &Decimal) {
        self.moved = true;
        let [.., broker] = &mut self.rungs;
        broker.position += qty;
    }

    /// The ladder in new units, or `None` when a counter would grow beyond its limit.
    pub(super) fn split(&self, ratio: &Decimal) -> Option<Ladder> {
        let mut split = self.clone();
        let counters = split.rungs.iter_mut().map(|rung| &mut rung.position);
        for counter in counters.chain([&mut split.theory]) {
            *counter = (&*counter * ratio).normalised();
            if !counter.fits(MAX_COUNTER_DIGITS) {
                return None;
            }
        }
        Some(split)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(ladder: &Ladder, value: i64) -> Vec<(Cause, String)> {
        ladder.step(&value.into()).map(|(cause, cost)| (cause, cost.to_string())).collect()
    }

    #[test]
    fn a_new_ladder_labels_every_rung_by_its_stage() {
        for rung in Ladder::new().rungs {
            assert_eq!(Some(rung.cause), Cause::waiting_before(rung.stage, None));
        }
    }

    #[test]
    fn each_missing_unit_is_on_one_rung() {
        let mut ladder = Ladder::new();
        ladder.trade_theory(&100.into());
        assert_eq!(costs(&ladder, 2), [(Cause::Data, "200".into())]);
        ladder.set(Stage::Twin, &100.into(), None);
        ladder.set(Stage::Emitted, &90.into(), Some(Reason::Feedback));
        ladder.trade_broker(&30.into());
        assert_eq!(
            costs(&ladder, -1),
            [
                (Cause::Feedback, "-10".into()),
                (Cause::Round, "-90".into()),
                (Cause::External, "30".into()),
            ]
        );
    }

    #[test]
    fn a_reason_stays_until_another_is_given() {
        let mut ladder = Ladder::new();
        ladder.set(Stage::Released, &5.into(), Some(Reason::Backoff));
        ladder.set(Stage::Released, &7.into(), None);
        assert_eq!(costs(&ladder, 1).first(), Some(&(Cause::Backoff, "-7".into())));
        ladder.set(Stage::Released, &7.into(), Some(Reason::Queue));
        assert_eq!(costs(&ladder, 1).first(), Some(&(Cause::Queue, "-7".into())));
    }

    #[test]
    fn a_counter_cannot_be_split_for_ever() {
        let mut ladder = Ladder::new();
        ladder.trade_broker(&3.into());
        let ratio: Decimal = "1e-60".parse().unwrap();
        let splits = std::iter::successors(Some(ladder), |ladder| ladder.split(&ratio)).count();
        assert_eq!(splits, 5, "240 decimals fit, 300 do not");
    }
}
