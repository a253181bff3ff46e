//! What people do on a day besides what strategies want: commands, trades by hand, corporate
//! actions, and looking after what an alert asked them to look after.
//!
//! Entry points: [`Cue`], [`Act`].
//!
//! Invariant: people know what the broker shows them and nothing else. Where a command settles
//! what the engine could not, it is said only when it is true: a person who lies to the engine
//! is outside of every law.

use super::{CrashPoint, Session, SessionError};
use truefill_core::event::Freeze;
use truefill_core::ids::{HoldingId, InstrumentId, VenueText};
use truefill_core::input::{Adopt, Command, Input, Operator, Split};
use truefill_core::num::Qty;
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

/// Something that is done at its time. What is said to the engine waits while its process is
/// down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// When.
    pub at: Nanos,
    /// What.
    pub act: Act,
}

/// What people do.
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one, and a day has few")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// An input, as it is. A target is decided at that moment and said again after a crash, as a
    /// strategy would.
    Say(Input),
    /// Somebody trades on the account by hand, at the last mid.
    ByHand {
        /// What.
        instrument: InstrumentId,
        /// The broker's product.
        product: VenueText,
        /// Side.
        side: Side,
        /// How much.
        qty: Qty,
    },
    /// The exchange gives two units for one in every holding of an instrument.
    TwoForOne(InstrumentId),
    /// The engine's process dies in the next turn, here.
    Die(CrashPoint),
    /// The shell is held up: what is decided next leaves too late, so it does not leave at all.
    Stall,
    /// The operator looks at what is frozen, asks the broker, and says what settles it: the
    /// ratio of a split, whose a position is, or that trading goes on.
    Attend,
}

/// How long people take to log in again.
const LOGIN_NS: i64 = 90 * SECOND_NS;

impl Session<'_> {
    /// The broker does not know the session any more: a person logs in, after a while.
    pub(super) fn call_for_login(&mut self) {
        if std::mem::replace(&mut self.logging_in, true) {
            return;
        }
        let at = self.now.plus(LOGIN_NS);
        let place = self.script.iter().take_while(|cue| cue.at <= at).count();
        let act = Act::Say(Input::Operator(Operator { command: Command::Login, by: None }));
        self.script.insert(place, Cue { at, act });
    }

    /// Does what is due; what is said waits while nobody listens.
    pub(super) fn act(&mut self) -> Result<(), SessionError> {
        while let Some(cue) = self.script.front().filter(|cue| cue.at <= self.now) {
            if self.down_until.is_some() {
                break;
            }
            let act = cue.act.clone();
            self.script.pop_front();
            match act {
                Act::Say(Input::Target(target)) => self.wish(target),
                Act::Say(input) => self.inbox.push(input.into()),
                Act::ByHand { instrument, product, side, qty } => {
                    let Some(px) = self.tape.last(instrument).map(|quote| quote.mid()) else {
                        continue;
                    };
                    self.broker.trade_by_hand(self.now, instrument, product, side, qty, px);
                }
                Act::TwoForOne(instrument) => self.broker.two_for_one(self.now, instrument),
                Act::Die(point) => self.doomed = Some(point),
                Act::Stall => self.stalled = true,
                Act::Attend => self.attend(),
            }
            self.log.catch_up(self.broker.truth())?;
        }
        Ok(())
    }

    fn attend(&mut self) {
        let config = &self.plan.config;
        let mut split = Vec::new();
        for (at, key) in config.holdings.iter().enumerate() {
            let Ok(id) = u32::try_from(at).map(HoldingId) else { break };
            let Some(why) = self.engine.state().holding(id).frozen else { continue };
            if self.is_unsettled(id) {
                continue;
            }
            if why == Freeze::CorporateAction && self.was_split(id) {
                if !split.contains(&key.instrument) {
                    split.push(key.instrument);
                    let (instrument, ratio_num, ratio_den) = (key.instrument, 2, 1);
                    self.inbox.push(
                        Input::Split(Split { instrument, ratio_num, ratio_den, by: None }).into(),
                    );
                }
                continue;
            }
            let (holding, sleeve) = (id, key.sleeve);
            let qty = self.engine.state().holding(id).manual;
            self.inbox.push(Input::Adopt(Adopt { holding, sleeve, qty, by: None }).into());
        }
    }

    /// The broker shows twice what the engine has, or an activity row told of it before.
    fn was_split(&self, id: HoldingId) -> bool {
        let h = self.engine.state().holding(id);
        let key = &self.plan.config.holdings[id.ix()];
        let theirs = self.broker.truth().position(key.instrument, &key.product);
        let told = !h.terms.adopted_own.is_zero()
            || !h.terms.adopted_manual.is_zero()
            || h.sleeves.iter().any(|s| !s.terms.adopted_own.is_zero());
        told || (!theirs.is_zero() && theirs == h.total() + h.total())
    }

    /// An order of unknown outcome is at the broker, or may still get there: nobody who asked
    /// the broker would say that it is not.
    fn is_unsettled(&self, id: HoldingId) -> bool {
        let state = self.engine.state();
        let appear_max_ns = self.plan.config.descriptor.appear_max_ns.unwrap_or(i64::MAX);
        state.orders.open.values().filter(|o| o.ticket.holding == id && o.is_unknown()).any(|o| {
            let there = !self.broker.truth().orders_by_client_id(&o.ticket.cl_ord_id).is_empty();
            there || self.now <= o.ticket.released.plus(appear_max_ns)
        })
    }
}
