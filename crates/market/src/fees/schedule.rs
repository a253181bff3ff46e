//! A schedule: blocks of lines, each from a day on.

use truefill_core::time::{Nanos, SECOND_NS};

use super::charger::{Billing, Charger, Charges, TradeForFee};
use super::error::FeeError;
use super::rate::{FeeKind, Rule};
use crate::calendar::zone::Zone;
use crate::date::{DAY_SECONDS, Date};

/// The rates of one product at one broker, by date.
///
/// ```
/// use truefill_core::{num::{Px, Qty}, request::Side};
/// use truefill_market::{fees::{Schedule, TradeForFee}, time_text};
/// let schedule = Schedule::by_name("zerodha-equity-intraday")?;
/// let time = time_text::parse("2026-04-01T10:00:00+05:30").unwrap_or_default();
/// let trade = TradeForFee {
///     time,
///     side: Side::Sell,
///     qty: Qty::whole(400),
///     px: Px::whole(1100),
///     multiplier: Qty::whole(1),
///     liquidity: None,
/// };
/// let charges = schedule.charge(&trade)?;
/// assert_eq!(charges.total.to_string(), "150.05864");
/// # Ok::<(), truefill_market::fees::FeeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub(super) name: String,
    pub(super) currency: String,
    pub(super) zone: Zone,
    /// Not empty, in order of their dates.
    pub(super) blocks: Vec<Block>,
}

/// What holds from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) from: Date,
    pub(super) paid: PaidIn,
    pub(super) rules: Vec<Rule>,
}

/// In what a fee is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PaidIn {
    /// In the currency of the price.
    Quote,
    /// In what the execution brings: the base asset of a purchase, the quote of a sale.
    Received,
    /// In an asset of its own, at its price of the moment.
    Asset(String),
}

impl Schedule {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The currency of its amounts.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The days from which rates hold, in order; the first is the first day covered.
    pub fn dates(&self) -> impl Iterator<Item = Date> + '_ {
        self.blocks.iter().map(|block| block.from)
    }

    /// The day, in the schedule's own zone, whose rates hold at an instant.
    #[must_use]
    pub fn date_at(&self, at: Nanos) -> Date {
        self.zone.date_at(at)
    }

    /// Noon of a day by the schedule's own clock: an instant whose rates are those of the day.
    #[must_use]
    pub fn noon(&self, date: Date) -> Nanos {
        let local = date.days().saturating_mul(DAY_SECONDS).saturating_add(DAY_SECONDS / 2);
        Nanos(self.zone.to_utc(local).saturating_mul(SECOND_NS))
    }

    /// The lines that hold on a day, as they are written, and whether each was verified.
    ///
    /// # Errors
    /// [`FeeError::NotCovered`].
    pub fn lines_at(
        &self,
        date: Date,
    ) -> Result<impl Iterator<Item = (FeeKind, &str, bool)> + '_, FeeError> {
        let block = self.block_at(date)?;
        Ok(block.rules.iter().map(|rule| (rule.kind, rule.said.as_str(), !rule.unverified)))
    }

    /// What a whole order costs that executes at once, to the last part and not rounded as bills
    /// are. For orders in pieces, and for rounded bills, see [`Charger`].
    ///
    /// # Errors
    /// As [`Charger::charge`].
    pub fn charge(&self, trade: &TradeForFee) -> Result<Charges, FeeError> {
        Charger::new(self.clone(), Billing::Exact).charge(0, trade)
    }

    /// What holds on a day.
    pub(super) fn block_at(&self, date: Date) -> Result<&Block, FeeError> {
        self.blocks.iter().rfind(|block| block.from <= date).ok_or_else(|| FeeError::NotCovered {
            schedule: self.name.clone(),
            date,
            first: self.blocks.first().map_or(date, |block| block.from),
        })
    }
}
