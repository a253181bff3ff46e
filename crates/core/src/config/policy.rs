//! How orders are priced and what becomes of a remainder.
//!
//! Every policy is a limit-price rule plus a remainder contract, so a partial fill always meets
//! explicit logic. There is no naked market order.
//!
//! Entry point: [`Policy`].

use crate::num::{Px, Qty};
use crate::record::{code_enum, records};

records! {
    /// How an order is priced and what becomes of a remainder.
    pub struct Policy {
        /// Collar in basis points of the far touch, for orders that are marketable.
        pub collar_bps: u32 = 1,
        /// Collar in ticks; the larger of the two holds.
        pub collar_ticks: u32 = 2,
        /// What becomes of a remainder.
        pub remainder: Remainder = 3,
        /// How long the first price is given: then `passive_then_cross` crosses, and the
        /// remainder contract of the other styles acts. It counts from when the need began (its
        /// first release), for a remainder that is cancelled from the release of the order.
        pub patience_ns: i64 = 4,
        /// The rule of the price.
        pub style: Style = 5,
        /// A given limit price, for `limit`.
        pub px: Option<Px> = 6,
        /// Where a passive order rests.
        pub peg: Peg = 7,
        /// Least time between two prices of a resting order; zero means that it is not moved.
        pub requote_ns: i64 = 8,
        /// Least distance in basis points that is worth a move.
        pub requote_bps: u32 = 9,
        /// The contract of `chase`.
        pub chase: Chase = 10,
        /// Least part of the wanted quantity, in millionths, worth keeping when the remainder is
        /// cancelled: below it the filled part is unwound. Zero keeps whatever filled.
        pub min_fill_ppm: u32 = 11,
        /// Largest order of this policy; absent means that of the instrument.
        pub child_qty: Option<Qty> = 12,
        /// DisplayQty (FIX 1138) of its orders; absent means all.
        pub display_qty: Option<Qty> = 13,
        /// When which part of the wanted quantity is due; empty means all at once.
        pub curve: Vec<CurvePoint> = 14,
        /// Widest spread, in basis points of the mid, at which exposure is added; zero means
        /// any.
        pub spread_bps_max: u32 = 15,
        /// How long a crossing order has before the remainder contract acts, for
        /// `passive_then_cross`.
        pub cross_patience_ns: i64 = 16,
        /// Part of the market's whole volume, our own included, in millionths: so much of the
        /// wanted quantity is due. Zero means that volume holds nothing back.
        pub pov_ppm: u32 = 17,
        /// How a working order is moved or taken down; absent means in place where the broker
        /// amends in place, and by a cancel and a new order elsewhere.
        pub amend: Option<AmendBy> = 64,
        /// A remainder that is cancelled is given up on the way out as well; otherwise exits are
        /// never given up.
        pub exits_end: Option<bool> = 65,
        /// Collar in basis points where that is no whole number; absent means `collar_bps`.
        pub collar: Option<Qty> = 66,
    }

    /// A contract that walks the price after the market: from the arrival price by a step each
    /// interval, at most so many steps and so far.
    pub struct Chase {
        /// Size of a step, in basis points of the arrival price.
        pub step_bps: u32 = 1,
        /// Furthest from the arrival price, in basis points.
        pub bps_max: u32 = 2,
        /// Most steps.
        pub steps_max: u32 = 3,
        /// Least time between two steps.
        pub interval_ns: i64 = 4,
        /// What happens after the last step.
        pub then: Then = 5,
    }

    /// A point of a release schedule: by this time after the parent began, this part of it is
    /// due. TWAP, VWAP and arrival-price schedules are such curves.
    pub struct CurvePoint {
        /// Time since the parent began.
        pub after_ns: i64 = 1,
        /// Part of the parent due by then, in billionths, growing.
        pub due_ppb: u32 = 2,
    }
}

code_enum! {
    /// The rule of the price.
    pub enum Style {
        /// The far touch plus a collar of max(bps, ticks), rounded toward the touch.
        MarketableLimit = 1 "marketable_limit",
        /// The near touch, the mid, or a given price.
        Limit = 2 "limit",
        /// Rests at the peg; crosses when patience ends.
        PassiveThenCross = 3 "passive_then_cross",
        /// Entries wait for the closing auction; where there is none, for the last minutes of
        /// the day, as long as the patience. The way out never waits.
        AtClose = 4 "at_close",
    }

    /// What becomes of the part of an order that does not fill.
    pub enum Remainder {
        /// It rests.
        Rest = 1 "rest",
        /// It is cancelled after the patience and waived (entries only).
        Cancel = 2 "cancel",
        /// Its price follows the market, step by step.
        Chase = 3 "chase",
        /// It crosses the spread after the patience.
        Cross = 4 "cross",
    }

    /// How a working order is moved or taken down.
    pub enum AmendBy {
        /// By the broker's own amend, if it has one.
        Native = 1 "native",
        /// By a cancel, the proof that it is finished, and a new order.
        CancelNew = 2 "cancel_new",
    }

    /// Where a passive order rests (FIX PegPriceType 1094).
    pub enum Peg {
        /// The near touch (primary peg).
        Near = 1 "near",
        /// Half way, rounded to the passive side.
        Mid = 2 "mid",
    }

    /// What happens after the last step of a chase.
    pub enum Then {
        /// What is left rests at the last price.
        Rest = 1 "rest",
        /// What is left is cancelled and waived (entries only).
        Cancel = 2 "cancel",
        /// What is left crosses.
        Cross = 3 "cross",
    }
}

impl Policy {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// A sentence that says which part does not.
    pub fn check(&self) -> Result<(), String> {
        if self.px.is_some_and(|px| px.0 <= 0) {
            return Err("the given price must be above zero".to_owned());
        }
        let sizes = [self.child_qty, self.display_qty];
        if sizes.into_iter().flatten().any(|qty| qty.0 <= 0) {
            return Err("child_qty and display_qty must be above zero".to_owned());
        }
        let times = [self.patience_ns, self.requote_ns, self.cross_patience_ns];
        if times.into_iter().any(|ns| ns < 0) {
            return Err("a time must not be negative".to_owned());
        }
        if self.remainder == Remainder::Chase && self.chase.interval_ns <= 0 {
            return Err("the interval of a chase must be above zero".to_owned());
        }
        let grows = |pair: &[CurvePoint]| {
            pair[0].after_ns < pair[1].after_ns && pair[0].due_ppb <= pair[1].due_ppb
        };
        if !self.curve.windows(2).all(grows) {
            return Err("the points of a schedule must grow".to_owned());
        }
        if self.curve.last().is_some_and(|last| last.due_ppb != 1_000_000_000) {
            return Err("a schedule must end at all of it".to_owned());
        }
        if self.pov_ppm >= 1_000_000 || (self.pov_ppm > 0 && !self.curve.is_empty()) {
            return Err(
                "a share of the volume is below all of it, and no curve beside it".to_owned()
            );
        }
        Ok(())
    }
}

impl Default for Chase {
    fn default() -> Self {
        Self {
            step_bps: 5,
            bps_max: 20,
            steps_max: 4,
            interval_ns: 5 * crate::time::SECOND_NS,
            then: Then::Rest,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            collar_bps: 50,
            collar_ticks: 0,
            remainder: Remainder::Rest,
            patience_ns: 0,
            style: Style::MarketableLimit,
            px: None,
            peg: Peg::Near,
            requote_ns: 0,
            requote_bps: 0,
            chase: Chase::default(),
            min_fill_ppm: 0,
            child_qty: None,
            display_qty: None,
            curve: Vec::new(),
            spread_bps_max: 0,
            cross_patience_ns: 5 * crate::time::SECOND_NS,
            pov_ppm: 0,
            amend: None,
            exits_end: None,
            collar: None,
        }
    }
}
