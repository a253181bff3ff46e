//! One line of a schedule, and its arithmetic.

use truefill_core::num::{Amount, Px};
use truefill_core::report::Liquidity;
use truefill_core::request::Side;

/// What a fee is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeeKind {
    /// The broker's fee.
    Brokerage,
    /// Securities transaction tax (India).
    Stt,
    /// The exchange's fee.
    Transaction,
    /// Turnover fee of the regulator (India).
    Sebi,
    /// Stamp duty (India).
    Stamp,
    /// Goods and services tax on other fees (India).
    Gst,
    /// Fee under Section 31 of the Exchange Act (United States).
    Sec,
    /// Trading activity fee of FINRA (United States).
    Taf,
    /// Consolidated audit trail (United States).
    Cat,
    /// The fee of an exchange that is its own broker.
    Commission,
}

impl FeeKind {
    /// All of them, in the order of a bill.
    pub const ALL: [Self; 10] = [
        Self::Brokerage,
        Self::Stt,
        Self::Transaction,
        Self::Sebi,
        Self::Stamp,
        Self::Gst,
        Self::Sec,
        Self::Taf,
        Self::Cat,
        Self::Commission,
    ];

    /// Its name in data and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brokerage => "brokerage",
            Self::Stt => "stt",
            Self::Transaction => "transaction",
            Self::Sebi => "sebi",
            Self::Stamp => "stamp",
            Self::Gst => "gst",
            Self::Sec => "sec",
            Self::Taf => "taf",
            Self::Cat => "cat",
            Self::Commission => "commission",
        }
    }
}

/// Which executions a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Both,
    Buy,
    Sell,
    Maker,
    Taker,
}

impl When {
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("both", Self::Both),
        ("buy", Self::Buy),
        ("sell", Self::Sell),
        ("maker", Self::Maker),
        ("taker", Self::Taker),
    ];

    pub(super) fn holds(self, side: Side, liquidity: Liquidity) -> bool {
        match self {
            Self::Both => true,
            Self::Buy => side == Side::Buy,
            Self::Sell => side == Side::Sell,
            Self::Maker => liquidity == Liquidity::Maker,
            Self::Taker => liquidity == Liquidity::Taker,
        }
    }

    /// True if one execution can be under both.
    pub(super) fn overlaps(self, other: Self) -> bool {
        !matches!(
            (self, other),
            (Self::Buy, Self::Sell)
                | (Self::Sell, Self::Buy)
                | (Self::Maker, Self::Taker)
                | (Self::Taker, Self::Maker)
        )
    }
}

/// A share of an amount in parts of 1e-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share(pub(super) i128);

/// Decimal places of a percentage that a [`Share`] keeps.
pub(super) const PERCENT_PLACES: u32 = 10;
/// Parts of one whole.
const WHOLE: i128 = 1_000_000_000_000;

impl Share {
    /// This share of an amount, rounded toward minus infinity to 1e-18. The amount is taken apart
    /// first, so that the product of a large sum and a fine rate does not leave the integer.
    pub(super) fn of(self, amount: Amount) -> Amount {
        let (whole, rest) = (amount.0.div_euclid(WHOLE), amount.0.rem_euclid(WHOLE));
        Amount(whole.saturating_mul(self.0).saturating_add((rest * self.0).div_euclid(WHOLE)))
    }
}

/// What a line is a rate of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rate {
    /// Of the notional.
    Notional(Share),
    /// Of other fees of the same execution.
    Fees(Share, Vec<FeeKind>),
    /// An amount for every unit of quantity.
    Unit(Px),
    /// An amount for every order that executes.
    Order(Amount),
}

/// The most that a line charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cap {
    None,
    Order(Amount),
    Trade(Amount),
}

/// How a bill rounds the sum of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Up; otherwise to the nearest, and up from half way.
    pub(super) up: bool,
    /// To a multiple of this, above zero.
    pub(super) step: Amount,
}

impl Note {
    pub(super) fn round(self, sum: Amount) -> Amount {
        let step = self.step.0;
        let lift = if self.up { step - 1 } else { step / 2 };
        Amount(sum.0.saturating_add(lift).div_euclid(step).saturating_mul(step))
    }
}

/// One line of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) kind: FeeKind,
    pub(super) when: When,
    pub(super) rate: Rate,
    pub(super) cap: Cap,
    pub(super) note: Option<Note>,
    pub(super) unverified: bool,
    /// The line as it was written.
    pub(super) said: String,
}

impl Rule {
    /// What the line charges for a base: an amount for shares, a quantity for rates per unit, a
    /// count of executions for rates per order. Never falls when the base grows, unless the rate
    /// is a rebate.
    pub(super) fn charge(&self, base: i128) -> Amount {
        let raw = match &self.rate {
            Rate::Notional(share) | Rate::Fees(share, _) => share.of(Amount(base)),
            Rate::Unit(per_unit) => Amount(per_unit.0.saturating_mul(base)),
            Rate::Order(flat) if base > 0 => *flat,
            Rate::Order(_) => Amount::ZERO,
        };
        match self.cap {
            Cap::None => raw,
            Cap::Order(most) | Cap::Trade(most) => raw.min(most),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_of_the_largest_notional_does_not_leave_the_integer() {
        // 1e15 currency units at 1e-18, and 100 %.
        let most = Amount(1_000_000_000_000_000_000_000_000_000_000_000);
        assert_eq!(Share(WHOLE).of(most), most);
        assert_eq!(Share(WHOLE).of(-most), -most);
    }

    #[test]
    fn a_note_rounds_as_told() {
        let rupee = Note { up: false, step: Amount(10) };
        let cent = Note { up: true, step: Amount(10) };
        let cases = [(0, 0, 0), (1, 0, 10), (4, 0, 10), (5, 10, 10), (10, 10, 10), (-4, 0, 0)];
        for (sum, nearest, up) in cases {
            assert_eq!(rupee.round(Amount(sum)).0, nearest, "{sum}");
            assert_eq!(cent.round(Amount(sum)).0, up, "{sum}");
        }
    }

    proptest! {
        #[test]
        fn a_share_is_the_floor_of_the_product(amount in -1_i128 << 80..1_i128 << 80,
                                               share in 0_i128..1_000_000_000_000) {
            let exact = (amount * share).div_euclid(WHOLE);
            prop_assert_eq!(Share(share).of(Amount(amount)).0, exact);
        }
    }
}
