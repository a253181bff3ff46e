//! What a day may have, switched on and off as a whole.

use super::dice::Dice;

macro_rules! features {
    ($( $(#[doc = $doc:literal])+ $name:ident = $text:literal, $percent:literal; )+) => {
        /// A part of a day that a seed has or has not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Feature { $( $(#[doc = $doc])+ $name ),+ }

        impl Feature {
            /// Every feature.
            pub const ALL: &'static [Self] = &[ $( Self::$name ),+ ];

            /// Its name in tables.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => $text ),+ }
            }

            /// In so many of a hundred days of the middling kind.
            const fn percent(self) -> u32 {
                match self { $( Self::$name => $percent ),+ }
            }
        }
    };
}

features! {
    /// More than one instrument.
    Instruments = "several instruments", 60;
    /// Several strategies on one holding key.
    Shared = "shared keys", 35;
    /// Opposite needs are crossed inside.
    Crossing = "crossing", 40;
    /// Two products of one instrument, one of which is never short.
    Products = "products", 25;
    /// Lots, smallest orders, freeze quantities, least notionals, bands, multipliers.
    Rules = "instrument rules", 45;
    /// Policies other than a marketable limit that rests.
    Styles = "policy styles", 60;
    /// Remainders are cancelled, chased, crossed; small fills unwound.
    Remainders = "remainders", 50;
    /// Curves, shares of the volume, slices, icebergs.
    Schedules = "schedules", 35;
    /// Hours for entries.
    Entries = "entry hours", 25;
    /// Times at which nothing may be held.
    FlatBy = "flat_by", 25;
    /// Targets that grow too old.
    ValidFor = "valid_for", 25;
    /// Weights and notionals, capital, leverage, least trades.
    Sizing = "sizing", 30;
    /// Legs of a basket.
    Baskets = "baskets", 25;
    /// A calendar with phases.
    Calendar = "calendar", 25;
    /// Contracts that end.
    Expiry = "expiry", 12;
    /// Protective stops.
    Stops = "protective stops", 25;
    /// Limits on orders, positions, losses, orders of the day.
    Limits = "risk limits", 35;
    /// Quotes that become too old, wide spreads, jumps, thin books.
    RudeMarket = "rude market", 45;
    /// Others trade.
    Volume = "market volume", 40;
    /// A broker other than the reference one.
    Profile = "broker profile", 50;
    /// Narrow or odd rate windows.
    Windows = "rate windows", 45;
    /// Long latency tails.
    Tails = "latency tails", 40;
    /// The broker's clock is not ours.
    Skew = "clock skew", 30;
    /// The account is not empty at the start.
    Opening = "opening positions", 20;
    /// Faults inside what the descriptor declares.
    Faults = "faults", 85;
    /// Faults beyond it.
    Beyond = "faults beyond", 12;
    /// The engine's process dies.
    Crashes = "crashes", 45;
    /// The shell is held up, and requests leave too late.
    Stalls = "stalls", 25;
    /// The operator commands.
    Operator = "operator commands", 40;
    /// A kill.
    Kill = "kill", 5;
    /// Strategies are switched off and on.
    Switches = "disable and enable", 20;
    /// Somebody trades by hand.
    ByHand = "trades by hand", 30;
    /// Splits, and previous closes that look like one.
    Splits = "corporate actions", 20;
    /// Free margin is told.
    Margin = "margin told", 25;
    /// Days end inside the run.
    DayEnds = "day ends", 15;
    /// A frozen holding is looked after.
    Attended = "operator attends", 70;
    /// Targets flip, repeat, change by next to nothing.
    Restless = "restless targets", 60;
}

/// The features of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(u64);

impl Features {
    /// A third of all days is plain, a third middling, a third crowded.
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let (times, per) = dice.pick([(1_u32, 4_u32), (1, 1), (3, 2)]);
        let mut drawn = Self::default();
        for feature in Feature::ALL {
            let percent = feature.percent().saturating_mul(times) / per;
            drawn = if dice.percent(percent.min(95)) { drawn.with(*feature) } else { drawn };
        }
        drawn
    }

    /// The day has it.
    #[must_use]
    pub const fn has(&self, feature: Feature) -> bool {
        self.0 & (1 << feature as u32) != 0
    }

    /// The same and this one.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | (1 << feature as u32))
    }

    /// What either has.
    #[must_use]
    pub const fn or(self, other: &Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those it has.
    pub fn iter(&self) -> impl Iterator<Item = Feature> + '_ {
        Feature::ALL.iter().copied().filter(|feature| self.has(*feature))
    }
}
