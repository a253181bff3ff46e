//! The resolved configuration of a journal segment: everything `decide` may depend on besides
//! state and input. It is stored whole at the start of each segment.
//!
//! Entry points: [`Config`], [`Descriptor`].

mod check;
mod policy;

pub use policy::{AmendBy, Chase, CurvePoint, Peg, Policy, Remainder, Style, Then};

use crate::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use crate::num::{Amount, Px, Qty};
use crate::record::{code_enum, records};
use crate::time::{MILLI_NS, Nanos, SECOND_NS};

records! {
    /// One instrument and its trading rules.
    pub struct Instrument {
        /// Symbol as people write it.
        pub symbol: String = 1,
        /// Price step.
        pub tick: Px = 2,
        /// Quantity step.
        pub lot: Qty = 3,
        /// Smallest order.
        pub min_qty: Qty = 4,
        /// Largest order (freeze quantity); absent means no limit of the exchange.
        pub max_qty: Option<Qty> = 5,
        /// Smallest notional of an order.
        pub min_notional: Amount = 6,
        /// Currency per point and unit, in steps of 1e-9.
        pub multiplier: Qty = 7,
        /// Its sessions: a position in [`Config::calendars`]; absent means always open.
        pub calendar: Option<u32> = 8,
        /// When the contract ends, where it does.
        pub expires: Option<Nanos> = 9,
        /// Lowest price the exchange takes.
        pub band_low: Option<Px> = 10,
        /// Highest price the exchange takes.
        pub band_high: Option<Px> = 11,
    }

    /// A stretch of time: from the first instant to, not including, the second.
    pub struct Span {
        /// First instant.
        pub from: Nanos = 1,
        /// First instant after it.
        pub until: Nanos = 2,
    }

    /// A phase of a session.
    pub struct PhaseSpan {
        /// First instant.
        pub from: Nanos = 1,
        /// First instant after it.
        pub until: Nanos = 2,
        /// What goes on.
        pub phase: Phase = 3,
        /// The session it belongs to: days since 1970 of its date.
        pub session: i64 = 4,
    }

    /// Sessions of a class of instruments, resolved for the days of this segment. What no phase
    /// covers is closed.
    pub struct Calendar {
        /// Its name, for people.
        pub name: String = 1,
        /// Phases, sorted, without overlap.
        pub phases: Vec<PhaseSpan> = 2,
    }

    /// A holding key of the account: instrument × product, and who trades it.
    pub struct Holding {
        /// What.
        pub instrument: InstrumentId = 1,
        /// The broker's product; empty where there is none.
        pub product: VenueText = 2,
        /// The strategy that trades it, or the first of several.
        pub sleeve: SleeveId = 3,
        /// The position never goes below zero (Zerodha's CNC).
        pub never_short: bool = 4,
        /// The other strategies that trade it, by rising sleeve, all above `sleeve`. An order
        /// follows the policy of the strategy with the largest share in it.
        pub others: Vec<SleeveId> = 5,
    }

    /// One strategy.
    pub struct Strategy {
        /// Name.
        pub name: String = 1,
        /// For orders that add exposure.
        pub entry: Policy = 2,
        /// For orders that reduce it.
        pub exit: Policy = 3,
        /// How long a target may be acted on after its decision; absent means for ever. After it
        /// an increase becomes the present position, a decrease stands.
        pub valid_for_ns: Option<i64> = 4,
        /// When exposure may be added; empty means always. Sorted, without overlap.
        pub entries: Vec<Span> = 5,
        /// When nothing may be held: from `flat_by` to the end of each session. Sorted.
        pub flats: Vec<Span> = 6,
        /// What the number in a target means.
        pub size_by: SizeBy = 7,
        /// Currency that weights are shares of, and the base of the leverage bound.
        pub capital: Option<Amount> = 8,
        /// Most gross notional of all its targets, in millionths of the capital.
        pub leverage_ppm: u32 = 9,
        /// A change of a target worth less than this trades nothing (unless it goes to zero).
        pub min_trade: Amount = 10,
        /// What happens before a contract ends.
        pub on_expiry: OnExpiry = 11,
        /// So long before a contract ends it happens.
        pub expiry_lead_ns: i64 = 12,
        /// Its targets are legs of one basket.
        pub basket: Option<Basket> = 13,
        /// After a fresh login, or a start in a later session than the target's, increases need
        /// a target declared since.
        pub redeclare: bool = 14,
        /// One order may take the position through zero where nothing is in the way of either
        /// part; otherwise the way out is an order of its own.
        pub through_zero: Option<bool> = 64,
        /// A target is worked toward as it was declared, whatever the grid of lots: the need is
        /// rounded from the exact position, and what is left below a lot is dust.
        pub as_declared: Option<bool> = 65,
    }

    /// How far legs of a basket may run apart, and what pays for what.
    pub struct Basket {
        /// Largest difference between the filled shares of two legs, in millionths: a leg that
        /// is further ahead of the slowest waits. A million means no bound.
        pub imbalance_ppm_max: u32 = 1,
        /// What buys wait for.
        pub funding: Funding = 2,
    }

    /// So many requests in a window of this length.
    pub struct Window {
        /// Most requests.
        pub n: u32 = 1,
        /// Length of the window.
        pub per_ns: i64 = 2,
        /// What is counted.
        pub scope: Scope = 3,
    }

    /// What the broker is capable of: everything the engine must know about it.
    pub struct Descriptor {
        /// The broker's name.
        pub name: String = 1,
        /// Its hard limits.
        pub windows: Vec<Window> = 2,
        /// After a write without an answer, the longest time until the order may still appear
        /// in a complete read. Absent means unbounded: absence is never proven.
        pub appear_max_ns: Option<i64> = 3,
        /// Longest time from sending until the broker counts the request. A request without
        /// an answer holds its slot for this long plus the window.
        pub arrival_max_ns: i64 = 4,
        /// After this long without an answer a request is given up as unknown.
        pub reply_timeout_ns: i64 = 5,
        /// A send that is older than this is not sent any more.
        pub send_window_ns: i64 = 6,
        /// How our id is treated.
        pub client_ids: ClientIds = 7,
        /// What proves that an order is finished.
        pub cancel_proof: CancelProof = 8,
        /// Whether account activity can be read.
        pub activity: bool = 9,
        /// Silence of a live stream that counts as dead.
        pub stream_silence_ns: i64 = 10,
        /// A read may show the account as it was so long ago.
        pub read_lag_max_ns: i64 = 11,
        /// How a working order is changed.
        pub amends: AmendKind = 12,
        /// Most amends of one order; absent means unlimited.
        pub amends_max: Option<u32> = 13,
        /// Stop orders rest at the exchange.
        pub stops: bool = 14,
        /// Which orders a round of reconciliation reads; absent means all of them.
        pub rounds: Option<RoundReads> = 64,
        /// How often the broker's clock is read; absent means never.
        pub clock_every_ns: Option<i64> = 65,
        /// How ids of executions are treated; absent means unique.
        pub fill_ids: Option<FillIds> = 66,
        /// Fees that are kept in kind of what is bought.
        pub in_kind: Vec<InKind> = 67,
    }

    /// The part of a bought quantity that the broker keeps as its fee.
    pub struct InKind {
        /// Of what.
        pub instrument: InstrumentId = 1,
        /// In billionths of the quantity.
        pub ppb: u32 = 2,
    }

    /// Limits on what may be sent. Absent means unlimited.
    pub struct Risk {
        /// Largest quantity of one order.
        pub order_qty_max: Option<Qty> = 1,
        /// Largest notional of one order.
        pub order_notional_max: Option<Amount> = 2,
        /// Largest absolute position of one holding.
        pub position_qty_max: Option<Qty> = 3,
        /// Largest notional of one holding's position.
        pub position_notional_max: Option<Amount> = 4,
        /// Furthest a limit price may be from a fresh mid, in basis points.
        pub collar_bps_max: u32 = 5,
        /// Oldest quote that may price an order that adds exposure.
        pub mark_age_ns_max: i64 = 6,
        /// Most new orders per UTC day.
        pub orders_per_day: Option<u32> = 7,
        /// Most new orders of one holding within `repeat_per_ns`.
        pub repeat_max: u32 = 8,
        /// The window of `repeat_max`.
        pub repeat_per_ns: i64 = 9,
        /// Equal refusals in a row that open the circuit of a holding.
        pub reject_max: u32 = 10,
        /// Rest of a holding after a refusal.
        pub reject_pause_ns: i64 = 11,
        /// Rest of a holding whose circuit is open.
        pub circuit_pause_ns: i64 = 12,
        /// Loss of the UTC day that leads to `daily_loss_action`.
        pub daily_loss_max: Option<Amount> = 13,
        /// What a daily loss leads to.
        pub daily_loss_action: LossAction = 14,
        /// Largest sum of the notionals of all positions, without signs.
        pub gross_notional_max: Option<Amount> = 15,
        /// How far the broker's previous close may be from ours, in millionths of the smaller of
        /// the two, before it looks like a split and freezes. Zero never looks.
        pub split_ppm_min: u32 = 16,
        /// Instruments that are never traded: their name stands for more than one contract.
        pub barred: Vec<InstrumentId> = 64,
        /// After a refusal for want of funds an exit waits for a new target or more margin, too.
        pub funds_final: Option<bool> = 65,
        /// A strategy that is switched off wants nothing; otherwise it stays as it is.
        pub off_is_flat: Option<bool> = 66,
    }

    /// How often the broker is asked what is really held.
    pub struct Recon {
        /// While anything works or is unknown.
        pub busy_ns: i64 = 1,
        /// While nothing does.
        pub idle_ns: i64 = 2,
        /// How often an unknown order is looked up.
        pub lookup_ns: i64 = 3,
        /// Skipped comparisons after which releases pause for a holding.
        pub skips_max: u32 = 4,
        /// Agreeing reads before a vanished or flipped position is adopted unexplained.
        pub agreeing_reads: u32 = 5,
        /// What a trade by somebody else leads to.
        pub on_external: OnExternal = 6,
        /// Differing reads with orders open after which people are told; absent means two.
        pub told_after: Option<u32> = 64,
        /// The account is ours alone: what others did in a symbol that a strategy trades becomes
        /// the strategy's once it trades on. Otherwise it stays manual until it is adopted.
        pub dedicated: Option<bool> = 65,
    }

    /// The resolved configuration.
    pub struct Config {
        /// Account at the broker.
        pub account: String = 1,
        /// Instruments; their ids are positions in this list.
        pub instruments: Vec<Instrument> = 2,
        /// Holdings; their ids are positions in this list.
        pub holdings: Vec<Holding> = 3,
        /// Strategies; the sleeve of the first is 1.
        pub strategies: Vec<Strategy> = 4,
        /// The broker.
        pub descriptor: Descriptor = 5,
        /// Limits.
        pub risk: Risk = 6,
        /// Reconciliation.
        pub recon: Recon = 7,
        /// Inputs between two digests of the state in the journal.
        pub digest_every: u32 = 8,
        /// How long the dedupe keys of a closed order are kept.
        pub replay_horizon_ns: i64 = 9,
        /// What the backtest assumed per side, in basis points of notional; for the gap report.
        pub assumed_fee_bps: u32 = 10,
        /// Sessions by class of instruments.
        pub calendars: Vec<Calendar> = 11,
        /// Opposite needs of two strategies may be crossed inside, at mid.
        pub crossing: bool = 12,
    }
}

code_enum! {
    /// What the number in a target means.
    pub enum SizeBy {
        /// A quantity.
        Shares = 1 "shares",
        /// A share of the strategy's capital: 1 is all of it.
        Weight = 2 "weight",
        /// An amount of currency.
        Notional = 3 "notional",
    }

    /// What happens before a contract ends.
    pub enum OnExpiry {
        /// It is closed.
        Flatten = 1 "flatten",
        /// Nothing is added; what is held stays and people are told.
        Block = 2 "block",
    }

    /// What the buys of a basket wait for.
    pub enum Funding {
        /// Nothing.
        Free = 1 "free",
        /// The fills of its sells.
        AfterSells = 2 "after_sells",
    }

    /// A phase of a session.
    pub enum Phase {
        /// Orders are collected before the open.
        PreOpen = 1 "pre_open",
        /// Continuous trading.
        Continuous = 2 "continuous",
        /// The closing auction.
        ClosingAuction = 3 "closing_auction",
        /// Nothing trades.
        Closed = 4 "closed",
    }

    /// How a broker changes a working order.
    pub enum AmendKind {
        /// In place: it keeps its identity, and the reply proves the change.
        InPlace = 1 "in_place",
        /// By a cancel and a new order of its own making: we cancel, prove and place instead.
        CancelReplace = 2 "cancel_replace",
        /// Not at all.
        Never = 3 "none",
    }

    /// What a window counts.
    pub enum Scope {
        /// Writes.
        Orders = 1 "orders",
        /// Reads.
        Reads = 2 "reads",
        /// Both.
        All = 3 "all",
    }

    /// How a broker treats our id.
    pub enum ClientIds {
        /// Echoed everywhere; lookup by it works.
        Unique = 1 "unique",
        /// Echoed, not unique.
        Tag = 2 "tag",
        /// Never echoed.
        None = 3 "none",
    }

    /// What a round of reconciliation reads besides positions.
    pub enum RoundReads {
        /// All orders the broker knows today, then positions.
        AllOrders = 1 "all_orders",
        /// Positions, then the orders that can still fill; what is missing there is looked up.
        OpenOrders = 2 "open_orders",
    }

    /// How ids of executions are treated.
    pub enum FillIds {
        /// Each execution has its own; still not trusted alone.
        Unique = 1 "unique",
        /// Ids that differ only after the last dot are revisions of one execution.
        Revisions = 2 "revisions",
        /// Empty.
        None = 3 "none",
    }

    /// What proves that an order is finished.
    pub enum CancelProof {
        /// A read that shows it finished.
        Read = 1 "read",
        /// The broker's word is enough.
        Word = 2 "word",
    }

    /// What a daily loss leads to.
    pub enum LossAction {
        /// Only reducing orders.
        ReduceOnly = 1 "reduce_only",
        /// Go flat.
        Flatten = 2 "flatten",
    }

    /// What a trade by somebody else leads to.
    pub enum OnExternal {
        /// Adopt and freeze; the operator resumes.
        Hold = 1 "hold",
        /// Adopt and go on.
        Rebuild = 2 "rebuild",
    }
}

impl Strategy {
    /// A strategy whose targets are quantities, without hours or bounds of its own.
    #[must_use]
    pub fn new(name: impl Into<String>, entry: Policy, exit: Policy) -> Self {
        Self {
            name: name.into(),
            entry,
            exit,
            valid_for_ns: None,
            entries: Vec::new(),
            flats: Vec::new(),
            size_by: SizeBy::Shares,
            capital: None,
            leverage_ppm: 1_000_000,
            min_trade: Amount::ZERO,
            on_expiry: OnExpiry::Flatten,
            expiry_lead_ns: 0,
            basket: None,
            redeclare: false,
            through_zero: None,
            as_declared: None,
        }
    }
}

impl Instrument {
    /// An instrument that is always open and has no largest order.
    #[must_use]
    pub fn new(symbol: impl Into<String>, tick: Px, lot: Qty) -> Self {
        Self {
            symbol: symbol.into(),
            tick,
            lot,
            min_qty: lot,
            max_qty: None,
            min_notional: Amount::ZERO,
            multiplier: Qty::whole(1),
            calendar: None,
            expires: None,
            band_low: None,
            band_high: None,
        }
    }
}

impl Default for Descriptor {
    /// The reference wire: client ids are unique, reads prove, writes appear within 30 s.
    fn default() -> Self {
        Self {
            name: "reference".to_owned(),
            windows: vec![
                Window { n: 3, per_ns: SECOND_NS, scope: Scope::Orders },
                Window { n: 10, per_ns: SECOND_NS, scope: Scope::Reads },
            ],
            appear_max_ns: Some(30 * SECOND_NS),
            arrival_max_ns: 5 * SECOND_NS,
            reply_timeout_ns: 5 * SECOND_NS,
            send_window_ns: 500 * MILLI_NS,
            client_ids: ClientIds::Unique,
            cancel_proof: CancelProof::Read,
            activity: true,
            stream_silence_ns: 30 * SECOND_NS,
            read_lag_max_ns: 500 * MILLI_NS,
            amends: AmendKind::InPlace,
            amends_max: None,
            stops: true,
            rounds: None,
            clock_every_ns: None,
            fill_ids: None,
            in_kind: Vec::new(),
        }
    }
}

impl Descriptor {
    /// Longest time from the release of a request until the broker counts it: it may leave as
    /// late as the send window allows, and then takes the longest arrival.
    #[must_use]
    pub const fn held_ns(&self) -> i64 {
        self.send_window_ns.saturating_add(self.arrival_max_ns)
    }
}

impl Default for Risk {
    fn default() -> Self {
        Self {
            order_qty_max: None,
            order_notional_max: None,
            position_qty_max: None,
            position_notional_max: None,
            collar_bps_max: 500,
            mark_age_ns_max: 30 * SECOND_NS,
            orders_per_day: None,
            repeat_max: 60,
            repeat_per_ns: 60 * SECOND_NS,
            reject_max: 3,
            reject_pause_ns: 5 * SECOND_NS,
            circuit_pause_ns: 60 * SECOND_NS,
            daily_loss_max: None,
            daily_loss_action: LossAction::ReduceOnly,
            gross_notional_max: None,
            split_ppm_min: 200_000,
            barred: Vec::new(),
            funds_final: None,
            off_is_flat: None,
        }
    }
}

impl Default for Recon {
    fn default() -> Self {
        Self {
            busy_ns: 3 * SECOND_NS,
            idle_ns: 60 * SECOND_NS,
            lookup_ns: 3 * SECOND_NS,
            skips_max: 3,
            agreeing_reads: 5,
            on_external: OnExternal::Hold,
            told_after: None,
            dedicated: None,
        }
    }
}

impl Holding {
    /// The strategies that trade it, in canonical order: by sleeve.
    pub fn sleeves(&self) -> impl Iterator<Item = SleeveId> + '_ {
        std::iter::once(self.sleeve).chain(self.others.iter().copied())
    }

    /// This strategy trades it.
    #[must_use]
    pub fn has(&self, sleeve: SleeveId) -> bool {
        self.sleeves().any(|known| known == sleeve)
    }
}

impl Config {
    /// The instrument of a holding.
    #[must_use]
    pub fn instrument_of(&self, holding: HoldingId) -> &Instrument {
        &self.instruments[self.holdings[holding.ix()].instrument.ix()]
    }

    /// The holding of an instrument and a product.
    #[must_use]
    pub fn holding_of(&self, instrument: InstrumentId, product: &VenueText) -> Option<HoldingId> {
        let at = self
            .holdings
            .iter()
            .position(|h| h.instrument == instrument && h.product == *product)?;
        u32::try_from(at).ok().map(HoldingId)
    }

    /// The strategy of a sleeve; `None` for the manual one.
    #[must_use]
    pub fn strategy(&self, sleeve: SleeveId) -> Option<&Strategy> {
        self.strategies.get(sleeve.ix().checked_sub(1)?)
    }

    /// Checks that this configuration can go on with the state of an older one: ids are positions
    /// in lists, so what stood at a position must stand there still.
    ///
    /// # Errors
    /// A sentence that says what moved.
    pub fn continues(&self, older: &Self) -> Result<(), String> {
        if self.account != older.account {
            return Err(format!(
                "the journal is of account {}, not {}",
                older.account, self.account
            ));
        }
        let name = |config: &Self, at: usize| {
            let key = config.holdings.get(at)?;
            let symbol = &config.instruments.get(key.instrument.ix())?.symbol;
            let strategy = &config.strategy(key.sleeve)?.name;
            Some(format!("{symbol} {} of {strategy}", key.product))
        };
        for at in 0..older.holdings.len() {
            if name(self, at) != name(older, at) {
                let was = name(older, at).unwrap_or_default();
                return Err(format!(
                    "holding {at} was {was} in the journal and is not any more; \
                     keep the order of strategies and symbols, add new ones at the end"
                ));
            }
            let others = |config: &Self| {
                let of = |key: &Holding| {
                    let named = key.others.iter().filter_map(|other| config.strategy(*other));
                    named.map(|strategy| strategy.name.clone()).collect::<Vec<_>>()
                };
                config.holdings.get(at).map(of).unwrap_or_default()
            };
            let now = others(self);
            if let Some(gone) = others(older).iter().find(|name| !now.contains(name)) {
                return Err(format!(
                    "strategy {gone} traded holding {at} in the journal and does not any more; \
                     disable it instead, so that its part of the position keeps its owner"
                ));
            }
        }
        for (at, instrument) in older.instruments.iter().enumerate() {
            if self.instruments.get(at).is_none_or(|now| now.symbol != instrument.symbol) {
                return Err(format!("instrument {at} was {} in the journal", instrument.symbol));
            }
        }
        Ok(())
    }

    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// A sentence that says which part does not.
    pub fn check(&self) -> Result<(), String> {
        for (at, holding) in self.holdings.iter().enumerate() {
            if holding.instrument.ix() >= self.instruments.len() {
                return Err(format!("holding {at} names an instrument that does not exist"));
            }
            if holding.sleeves().any(|sleeve| self.strategy(sleeve).is_none()) {
                return Err(format!("holding {at} names a strategy that does not exist"));
            }
            if !holding.sleeves().is_sorted_by(|a, b| a < b) {
                return Err(format!("holding {at}: its strategies are not in rising order"));
            }
            let twin = self.holding_of(holding.instrument, &holding.product);
            if twin.is_some_and(|id| id.ix() != at) {
                return Err(format!("holding {at} is declared twice"));
            }
        }
        for instrument in &self.instruments {
            let symbol = &instrument.symbol;
            if instrument.tick.0 <= 0 || instrument.lot.0 <= 0 || instrument.multiplier.0 <= 0 {
                return Err(format!("{symbol}: tick, lot and multiplier must be above zero"));
            }
        }
        self.check_time_and_size()?;
        self.check_shared()?;
        for strategy in &self.strategies {
            for (policy, side) in [(&strategy.entry, "entry"), (&strategy.exit, "exit")] {
                let of = |why| format!("{side} policy of {}: {why}", strategy.name);
                policy.check().map_err(of)?;
            }
        }
        for window in &self.descriptor.windows {
            if window.n == 0 || window.per_ns <= 0 {
                return Err("a rate window must allow at least one request".to_owned());
            }
        }
        if self.digest_every == 0 {
            return Err("digest_every must be at least 1".to_owned());
        }
        Ok(())
    }
}
