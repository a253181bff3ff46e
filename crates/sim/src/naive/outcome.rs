//! What came out of a naive run, in numbers.

use super::book::{Book, live_orders};
use super::bot::Bot;
use crate::broker::Broker;
use crate::session::SessionError;
use truefill_core::config::Config;
use truefill_core::num::Qty;
use truefill_gap::ledger::{Entry, Line};
use truefill_gap::{Attribution, Decimal, Report};

/// One holding at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The last target that reached the bot.
    pub target: Qty,
    /// What the bot's variable says.
    pub believed: Qty,
    /// What the account really holds beyond its opening position.
    pub truth: Qty,
    /// Furthest that a fill took what it had bought or sold past the target of that moment.
    pub overshoot: Qty,
}

impl Held {
    /// Units that the bot does not know it holds, or believes in without having them.
    #[must_use]
    pub fn unknown_units(&self) -> Qty {
        (self.truth - self.believed).abs()
    }
}

/// What came out.
#[derive(Debug)]
pub struct NaiveOutcome {
    /// Requests sent.
    pub requests: u64,
    /// Orders that came to exist at the broker, refused ones left out.
    pub orders: u64,
    /// Executions of its orders.
    pub fills: u64,
    /// Requests that really exceeded the broker's limit.
    pub rate_limit_hits: u64,
    /// Writes after which it did not know the outcome.
    pub unknown_outcomes: u64,
    /// Orders that exist a second time because it sent them again while the first one lived.
    pub doubled_orders: u64,
    /// Every holding of the configuration, in its order.
    pub held: Vec<Held>,
    /// Sum of [`Held::unknown_units`] over all holdings.
    pub unknown_units: Qty,
    /// Largest [`Held::overshoot`].
    pub overshoot: Qty,
    /// Both books and the gap between them, by cause.
    pub gap: Report,
    /// The gap ledger's lines after the header.
    pub ledger: Vec<Entry>,
    /// The broker, with its truth.
    pub broker: Broker,
}

impl NaiveOutcome {
    pub(super) fn new(
        config: &Config,
        bot: &Bot,
        broker: Broker,
        book: Book<'_>,
    ) -> Result<Self, SessionError> {
        let mut attribution = Attribution::new();
        attribution.apply(&Line::HEADER)?;
        for entry in &book.entries {
            attribution.apply(&entry.line)?;
        }
        let gap = attribution.finish()?;
        let truth = broker.truth();
        let opening: std::collections::BTreeMap<_, _> = truth.opening().collect();
        let one = |at: usize| {
            let key = &config.holdings[at];
            let before = opening.get(&(key.instrument, key.product)).copied().unwrap_or_default();
            Held {
                target: book.rungs[at].target,
                believed: bot.position[at],
                truth: truth.position(key.instrument, &key.product) - before,
                overshoot: book.rungs[at].overshoot,
            }
        };
        let held: Vec<Held> = (0..config.holdings.len()).map(one).collect();
        let orders = bot.intents.iter().map(|intent| live_orders(truth, &intent.ids));
        let doubled = orders.clone().map(|orders| orders.saturating_sub(1));
        let count = |numbers: usize| u64::try_from(numbers).unwrap_or(u64::MAX);
        Ok(Self {
            requests: bot.requests,
            orders: count(orders.sum()),
            fills: count(
                truth.fills().iter().filter(|fill| !fill.external && !fill.busted).count(),
            ),
            rate_limit_hits: count(truth.limit_hits()),
            unknown_outcomes: bot.unknown_outcomes,
            doubled_orders: count(doubled.sum()),
            unknown_units: held.iter().map(Held::unknown_units).sum(),
            overshoot: held.iter().map(|h| h.overshoot).max().unwrap_or_default(),
            held,
            gap,
            ledger: book.entries,
            broker,
        })
    }

    /// Profit of the theoretical book.
    #[must_use]
    pub fn theory_pnl(&self) -> &Decimal {
        self.gap.theory_pnl()
    }

    /// Profit of what was really traded: cash, the position at the last marks, less fees.
    #[must_use]
    pub fn live_pnl(&self) -> &Decimal {
        self.gap.live_pnl()
    }
}
