//! Everything that can happen to the engine.
//!
//! An input carries by value whatever it uses, quotes included, so the journal of inputs is
//! all that a replay needs.

use crate::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use crate::num::{Amount, Px, Qty};
use crate::quote::Mark;
use crate::record::{code_enum, records, variants};
use crate::report::{ActivityKind, Answer, Push, Reply};
use crate::time::Nanos;

code_enum! {
    /// A connection to the broker or the market.
    pub enum Channel {
        /// Order and fill messages.
        Stream = 1 "stream",
        /// Requests and replies.
        Rest = 2 "rest",
        /// Quotes.
        Market = 3 "market",
    }

    /// What the operator may say.
    pub enum Command {
        /// No new orders; positions stay, working orders stay.
        Halt = 1 "halt",
        /// Cancel all of ours and stay down; positions stay. Latched.
        Kill = 2 "kill",
        /// Cancel, then let only reducing orders out until flat; ends halted.
        Flatten = 3 "flatten",
        /// Trade again (not after a kill).
        Resume = 4 "resume",
        /// Only reducing orders.
        ReduceOnly = 5 "reduce_only",
        /// A fresh session with the broker began: where a strategy asks for it, increases wait
        /// for a target declared since.
        Login = 6 "login",
        /// No new orders, and our own working orders are cancelled; positions stay.
        HaltCancel = 64 "halt_cancel",
    }
}

records! {
    /// The engine starts, or starts again.
    pub struct Start {
        /// Milliseconds since 1970 of this start; larger than that of any start before.
        pub epoch: u64 = 1,
    }

    /// A strategy says what it wants to hold.
    pub struct Target {
        /// Whose.
        pub sleeve: SleeveId = 1,
        /// Of what.
        pub holding: HoldingId = 2,
        /// Absolute signed size in the unit of the strategy's `size_by` (a quantity, a share of
        /// its capital, or an amount of currency), before any rounding.
        pub qty: Qty = 3,
        /// When the decision was known.
        pub decided: Nanos = 4,
        /// The price the decision assumes; absent means the mark.
        pub px: Option<Px> = 5,
        /// Declared once more: opens a waived remainder again.
        pub reopen: bool = 6,
        /// Price of a protective stop for what is held; absent means none.
        pub stop_px: Option<Px> = 7,
    }

    /// A link went up or down.
    pub struct LinkChange {
        /// Which.
        pub channel: Channel = 1,
        /// Up or down.
        pub up: bool = 2,
    }

    /// A message that could not be read. Its content is lost, so everything may have changed.
    pub struct Garbled {
        /// Where it came from.
        pub channel: Channel = 1,
        /// Why, for people.
        pub why: String = 2,
    }

    /// An operator command.
    pub struct Operator {
        /// What.
        pub command: Command = 1,
        /// Who said so, where it is known.
        pub by: Option<VenueText> = 64,
    }

    /// The operator adopts what was found as a strategy's, or thaws a frozen holding.
    pub struct Adopt {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// Whose it becomes.
        pub sleeve: SleeveId = 2,
        /// How much of it, signed; zero just resumes.
        pub qty: Qty = 3,
        /// Who said so, where it is known.
        pub by: Option<VenueText> = 64,
    }

    /// The operator switches a strategy on or off. The targets of one that is off do not count;
    /// its position stays as it is, unless it declares zero.
    pub struct Enable {
        /// Which.
        pub sleeve: SleeveId = 1,
        /// On or off.
        pub on: bool = 2,
    }

    /// Time passed, or a quote arrived that the engine asked to be woken for.
    pub struct Tick {}

    /// Others traded: told while [`crate::engine::Engine::wants_volume`] says so.
    pub struct Volume {
        /// What.
        pub instrument: InstrumentId = 1,
        /// Quantity that others traded since the session began; it only grows.
        pub traded: Qty = 2,
    }

    /// The send slot opens: the queue is asked what to send now. Last of each batch.
    pub struct Release {}

    /// A trading day ends; the marks of all instruments are attached.
    pub struct DayEnd {}

    /// The broker's previous close of an instrument, read before the open.
    pub struct PrevClose {
        /// Of what.
        pub instrument: InstrumentId = 1,
        /// The price, as the broker shows it today.
        pub px: Px = 2,
    }

    /// The operator says that a split or a bonus happened: so many new units for old ones.
    pub struct Split {
        /// Of what.
        pub instrument: InstrumentId = 1,
        /// New units.
        pub ratio_num: u32 = 2,
        /// Old units.
        pub ratio_den: u32 = 3,
        /// Who said so, where it is known.
        pub by: Option<VenueText> = 64,
    }

    /// The broker told how much margin or cash is free.
    pub struct Margin {
        /// Free for new orders, in currency.
        pub available: Amount = 1,
    }
}

records! {
    /// The broker's own count of what we have used.
    pub struct Budget {
        /// Requests it has counted.
        pub used: u64 = 1,
        /// Most requests it allows.
        pub limit: u64 = 2,
        /// In a window of this length.
        pub per_ns: i64 = 3,
    }

    /// The broker told of a position by itself. Not believed: a reason to read.
    pub struct PositionTold {
        /// Of what.
        pub instrument: InstrumentId = 1,
        /// Signed quantity.
        pub qty: Qty = 2,
    }

    /// The broker told of account activity that is not about an order of ours. Not believed: a
    /// reason to read.
    pub struct ActivityTold {
        /// Of what.
        pub instrument: InstrumentId = 1,
        /// What kind.
        pub kind: ActivityKind = 2,
    }
}

variants! {
    /// One input.
    pub enum Input {
        /// Start or restart.
        Start(Start) = 1,
        /// A declared target.
        Target(Target) = 2,
        /// The end of a write.
        Reply(Reply) = 3,
        /// A pushed message.
        Push(Push) = 4,
        /// The answer to a read.
        Answer(Answer) = 5,
        /// A link change.
        Link(LinkChange) = 6,
        /// An unreadable message.
        Garbled(Garbled) = 7,
        /// An operator command.
        Operator(Operator) = 8,
        /// Adoption by the operator.
        Adopt(Adopt) = 9,
        /// Time.
        Tick(Tick) = 10,
        /// The send slot.
        Release(Release) = 11,
        /// End of day.
        DayEnd(DayEnd) = 12,
        /// Previous close.
        PrevClose(PrevClose) = 13,
        /// A split.
        Split(Split) = 14,
        /// Free margin.
        Margin(Margin) = 15,
        /// A strategy on or off.
        Enable(Enable) = 16,
        /// Volume of the market.
        Volume(Volume) = 20,
        /// The broker's own count.
        Budget(Budget) = 64,
        /// A position that was pushed.
        PositionTold(PositionTold) = 65,
        /// Activity that was pushed.
        ActivityTold(ActivityTold) = 66,
    }
}

records! {
    /// An input as it is stepped and journaled.
    pub struct Envelope {
        /// The engine's clock: never decreasing.
        pub now: Nanos = 1,
        /// Every quote the step uses.
        pub marks: Vec<Mark> = 2,
        /// What happened.
        pub input: Input = 3,
    }
}
