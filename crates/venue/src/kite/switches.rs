//! What is not documented about this broker, as switches: the engine must survive both ways.

use super::words::Protection;

/// How a part of an order that is to be shown is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// `disclosed_quantity`: one order in the book.
    Disclosed,
    /// Variety `iceberg`: one row a leg.
    Iceberg,
}

/// What `quantity` of a holding counts after some of it was sold today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldingsCount {
    /// Either: `opening_quantity` is believed where the other numbers agree with it in one of
    /// the two ways, and else it is what remains.
    Told,
    /// What was held at the open: the sale shows in the positions only.
    AtOpen,
    /// What remains: the sale shows in both, and `used_quantity` says how much it was.
    Remaining,
}

/// The switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// How a displayed quantity is said.
    pub display: Display,
    /// What holdings count after a sale.
    pub holdings_count: HoldingsCount,
    /// A share may be listed under the other exchange (NSE, BSE) than it is traded on: the same
    /// trading symbol there is the same share, unless it is configured by itself.
    pub holdings_across_exchanges: bool,
    /// A 403 without the broker's words (from what stands in front of it) is a refusal. If not,
    /// it leaves a write unknown.
    pub bare_403_refuses: bool,
    /// A 429 is a refusal: the request was not executed. If not, it leaves a write unknown.
    pub rate_limit_refuses: bool,
    /// What market orders of the typed interface are protected with, where it is not said.
    pub market_protection: Protection,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            display: Display::Disclosed,
            holdings_count: HoldingsCount::Told,
            holdings_across_exchanges: true,
            bare_403_refuses: true,
            rate_limit_refuses: true,
            market_protection: Protection::Automatic,
        }
    }
}
