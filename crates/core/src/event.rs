//! What happened, as facts. Events are the only thing that changes state.
//!
//! An event says all that [`crate::state::State::apply`] needs, so that a later version of the
//! deciding code cannot change history.

pub use crate::block::Block;

use crate::alert::AlertCode;
use crate::ids::{HoldingId, OrderNo, RequestId, SleeveId, VenueText};
use crate::input::Channel;
use crate::limiter::Class;
use crate::num::{Amount, Px, Qty};
use crate::order::evidence::Item;
use crate::order::shares::Share;
use crate::order::{CancelWhy, Rule, Ticket};
use crate::quote::Quote;
use crate::record::{code_enum, records, variants};
use crate::time::Nanos;

code_enum! {
    /// What the engine may do.
    pub enum Mode {
        /// Everything.
        Running = 1 "running",
        /// Only reduce.
        ReduceOnly = 2 "reduce_only",
        /// Nothing but cancels; positions stay.
        Halted = 3 "halted",
        /// Latched: all of ours cancelled, positions stay.
        Killed = 4 "killed",
        /// Only reduce, to zero; then halted.
        Flattening = 5 "flattening",
    }

    /// The queue's lanes, the first goes first.
    pub enum Lane {
        /// Cancels.
        Cancel = 1 "cancel",
        /// Orders that reduce.
        Reduce = 2 "reduce",
        /// Orders that add.
        Add = 3 "add",
        /// No work.
        Idle = 9 "idle",
    }

    /// Why a holding sends nothing that is in the plan.
    pub enum Freeze {
        /// Someone else traded.
        External = 1 "external",
        /// The broker closed by force.
        Liquidation = 2 "liquidation",
        /// A split or bonus.
        CorporateAction = 3 "corporate_action",
        /// A difference without explanation.
        Unexplained = 4 "unexplained",
        /// Something manual is in a holding that a strategy trades.
        Manual = 5 "manual",
        /// An order stays unresolved.
        VenueUnknown = 6 "venue_unknown",
        /// An order stands under another instrument than the one sent.
        Misplaced = 64 "misplaced",
    }

    /// What a correction is, as far as is known.
    pub enum DriftClass {
        /// Found at the first start.
        Opening = 1 "opening",
        /// A fill nobody told us of.
        MissedFill = 2 "missed_fill",
        /// Someone else traded.
        External = 3 "external",
        /// The broker closed by force.
        Liquidation = 4 "liquidation",
        /// A split or bonus.
        CorporateAction = 5 "corporate_action",
        /// Not known.
        Unknown = 6 "unknown",
    }

    /// Reason of the stage `released` of the ladder.
    pub enum QueueReason {
        /// Waiting for a slot.
        Queue = 1 "queue",
        /// Waiting after a refusal for the rate.
        Backoff = 2 "backoff",
    }

    /// Reason of the stage `accepted` of the ladder.
    pub enum WireReason {
        /// Under way.
        Wire = 1 "wire",
        /// Refused.
        Rejected = 2 "rejected",
    }

    /// Reason of the stage `filled` of the ladder.
    pub enum WorkReason {
        /// Resting.
        Work = 1 "work",
        /// Cancelled or expired remainder.
        Dropped = 2 "dropped",
        /// Filled beyond the plan.
        Overfill = 3 "overfill",
    }

    /// How a request ended, for its slots in the windows.
    pub enum Ending {
        /// Answered: the slot frees one window from now.
        Answered = 1 "answered",
        /// Certainly never left: the slot is free at once.
        Withdrawn = 2 "withdrawn",
        /// No answer: it may still arrive, the slot frees after the longest arrival.
        Unanswered = 3 "unanswered",
    }

    /// What a request on the wire is.
    pub enum RequestClass {
        /// A new order.
        New = 1 "new",
        /// A cancel.
        Cancel = 2 "cancel",
        /// Positions.
        Positions = 3 "positions",
        /// All orders.
        Orders = 4 "orders",
        /// Activity.
        Activity = 5 "activity",
        /// One order.
        Order = 6 "order",
        /// An amend.
        Amend = 7 "amend",
        /// Orders that can still fill.
        OpenOrders = 64 "open_orders",
        /// The broker's clock.
        Clock = 65 "clock",
    }
}

impl RequestClass {
    /// What the limiter calls it.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            // Nothing in it is safer than a new order, so it waits like one.
            Self::New | Self::Amend => Class::New,
            Self::Cancel => Class::Cancel,
            _ => Class::Read,
        }
    }
}

records! {
    /// The engine started.
    pub struct Started {
        /// Epoch of this start.
        pub epoch: u64 = 1,
        /// There was no state before: nothing is known of the account.
        pub first: bool = 2,
    }

    /// A target was accepted. Rebases the ladder: what was waived is work again.
    pub struct TargetSet {
        /// Whose.
        pub sleeve: SleeveId = 1,
        /// Of what.
        pub holding: HoldingId = 2,
        /// As declared.
        pub qty: Qty = 3,
        /// On the lot grid.
        pub rounded: Qty = 4,
        /// When it was decided.
        pub decided: Nanos = 5,
        /// The price the decision assumes.
        pub px: Option<Px> = 6,
        /// The quote when it was decided, where the shell still knows it.
        pub mark: Option<Quote> = 7,
        /// The number in the target, in the unit of the strategy: repeated, it is no news.
        pub said: Qty = 8,
        /// Price of a protective stop that the target carries.
        pub stop_px: Option<Px> = 9,
        /// The price it was sized at and counts with in the leverage bound.
        pub sized_px: Option<Px> = 10,
    }

    /// A target was declared once more with the same number: nothing is rebased, but it is as
    /// young as this decision.
    pub struct TargetRenewed {
        /// Of what.
        pub holding: HoldingId = 1,
        /// When it was decided.
        pub decided: Nanos = 2,
        /// Whose; absent where one strategy trades the holding.
        pub sleeve: Option<SleeveId> = 3,
    }

    /// A new session began: what was waived in an older one is work again.
    pub struct WaiverEnded {
        /// Of what.
        pub holding: HoldingId = 1,
        /// Whose; absent where one strategy trades the holding.
        pub sleeve: Option<SleeveId> = 2,
    }

    /// The operator told of a fresh session with the broker.
    pub struct LoggedIn {}

    /// The broker told how much margin is free.
    pub struct MarginTold {
        /// In currency.
        pub available: Amount = 1,
    }

    /// A split or a bonus: quantities of a holding in new units. Money is not touched.
    pub struct SplitApplied {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// New units.
        pub ratio_num: u32 = 2,
        /// For so many old ones.
        pub ratio_den: u32 = 3,
        /// The strategy's position in new units.
        pub own: Qty = 4,
        /// The manual position in new units.
        pub manual: Qty = 5,
        /// The declared target in new units.
        pub emitted: Qty = 6,
        /// The same on the lot grid.
        pub rounded: Qty = 7,
        /// Signed part of the strategy's position that is no whole lot: paid out by the broker,
        /// booked at the mark.
        pub fraction: Qty = 8,
        /// The same by strategy, in canonical order; empty where one trades the holding.
        pub sleeves: Vec<SleeveSplit> = 9,
    }

    /// One strategy's part of a split; the parts of a position sum to that of the holding.
    pub struct SleeveSplit {
        /// Whose.
        pub sleeve: SleeveId = 1,
        /// Its position in new units.
        pub own: Qty = 2,
        /// Its declared target in new units.
        pub emitted: Qty = 3,
        /// The same on the lot grid.
        pub rounded: Qty = 4,
        /// Signed part of its position that is no whole lot: booked at the mark. Below zero
        /// where the largest remainder gave it a lot.
        pub fraction: Qty = 5,
    }

    /// A request took its slots and leaves when this is durable.
    pub struct Requested {
        /// Its number.
        pub request: RequestId = 1,
        /// What it is.
        pub class: RequestClass = 2,
        /// The order it is about.
        pub order: Option<OrderNo> = 3,
    }

    /// A new order was released.
    pub struct Released {
        /// What was asked for.
        pub ticket: Ticket = 1,
    }

    /// A cancel was released.
    pub struct CancelReleased {
        /// Of which order.
        pub order: OrderNo = 1,
        /// The write.
        pub request: RequestId = 2,
        /// Why.
        pub why: CancelWhy = 3,
        /// Which rule of the policy wanted it.
        pub rule: Rule = 4,
    }

    /// A read showed an order alive after our cancel was answered.
    pub struct CancelFailed {
        /// Which order.
        pub order: OrderNo = 1,
    }

    /// A request ended.
    pub struct RequestClosed {
        /// Which.
        pub request: RequestId = 1,
        /// What that means for its slots.
        pub ending: Ending = 2,
        /// It was answered with content (reads) or taken (writes).
        pub ok: bool = 3,
    }

    /// Something new is known of an order.
    pub struct Learned {
        /// Which order.
        pub order: OrderNo = 1,
        /// What.
        pub item: Item = 2,
        /// The mark when it was effective, where the shell still knows it.
        pub mark: Option<Quote> = 3,
    }

    /// The order is looked up again at this time, not before.
    pub struct LookupPlanned {
        /// Which order.
        pub order: OrderNo = 1,
        /// When.
        pub at: Nanos = 2,
    }

    /// Nothing more can come of an order: it leaves hot state.
    pub struct Closed {
        /// Which order.
        pub order: OrderNo = 1,
        /// Signed remainder that is waived as dropped.
        pub dropped: Qty = 2,
        /// Signed remainder that is waived as refused.
        pub rejected: Qty = 3,
        /// What of the waiver is whose, signed; empty where one strategy trades the holding.
        pub shares: Vec<Share> = 4,
    }

    /// A holding rests after refusals; at the end what was waived as refused is work again.
    pub struct Paused {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// Until when; the end of time means until the target changes.
        pub until: Nanos = 2,
        /// Equal refusals in a row.
        pub streak: u32 = 3,
        /// Number of the code of the last refusal.
        pub code: u32 = 4,
    }

    /// A pause ended.
    pub struct Unpaused {
        /// Which holding.
        pub holding: HoldingId = 1,
    }

    /// The broker wants silence.
    pub struct Backoff {
        /// Until when.
        pub until: Nanos = 1,
        /// Refusals for the rate in a row.
        pub strikes: u32 = 2,
    }

    /// A link went up or down.
    pub struct LinkTurned {
        /// Which.
        pub channel: Channel = 1,
        /// Up or down.
        pub up: bool = 2,
    }

    /// The account is to be read soon.
    pub struct Suspected {
        /// All orders, finished ones included, are to be read.
        pub all_orders: Option<bool> = 64,
    }

    /// A round of reconciliation began.
    pub struct RoundStarted {}

    /// A round of reconciliation ended.
    pub struct RoundEnded {
        /// Positions were read and compared.
        pub compared: bool = 1,
    }

    /// A quiet comparison of a holding changed what is known of its drift.
    pub struct Compared {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// Comparisons skipped in a row.
        pub skips: u32 = 2,
        /// Agreeing reads that differ from us.
        pub differing: u32 = 3,
        /// What the broker shows, when it differs.
        pub broker: Qty = 4,
        /// People were told of the difference.
        pub told: bool = 5,
    }

    /// The broker's number was adopted.
    pub struct Corrected {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// What it is.
        pub class: DriftClass = 2,
        /// Change of the manual sleeve.
        pub manual: Qty = 3,
        /// Change of the strategy's sleeve.
        pub own: Qty = 4,
        /// Price, where an activity row tells it.
        pub px: Option<Px> = 5,
        /// When it was effective, as far as is known.
        pub effective: Nanos = 6,
        /// Later evidence effective by then replaces it unit for unit.
        pub placeholder: bool = 7,
        /// The activity row, where there is one.
        pub exec_id: Option<VenueText> = 8,
        /// What of `own` is whose, signed; empty where one strategy trades the holding.
        pub shares: Vec<Share> = 9,
    }

    /// A holding was frozen.
    pub struct Frozen {
        /// Which.
        pub holding: HoldingId = 1,
        /// Why.
        pub why: Freeze = 2,
    }

    /// A holding was thawed.
    pub struct Thawed {
        /// Which.
        pub holding: HoldingId = 1,
    }

    /// Something manual became a strategy's.
    pub struct Adopted {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// How much, signed.
        pub qty: Qty = 2,
        /// Whose it became; absent where one strategy trades the holding.
        pub sleeve: Option<SleeveId> = 3,
    }

    /// Two strategies that want opposite sides of a holding traded inside, without an order.
    pub struct Crossed {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// Who bought.
        pub buyer: SleeveId = 2,
        /// Who sold.
        pub seller: SleeveId = 3,
        /// How much, positive.
        pub qty: Qty = 4,
        /// At what price: the mid of a fresh quote.
        pub px: Px = 5,
    }

    /// A strategy was switched on or off.
    pub struct Enabled {
        /// Which.
        pub sleeve: SleeveId = 1,
        /// On or off.
        pub on: bool = 2,
    }

    /// What the engine may do changed.
    pub struct ModeSet {
        /// To what.
        pub mode: Mode = 1,
    }

    /// The ladder of a holding moved, or its place in the queue.
    pub struct Staged {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// Q4, the admitted target (waived units included).
        pub admitted: Qty = 2,
        /// Q5.
        pub released: Qty = 3,
        /// Q6.
        pub accepted: Qty = 4,
        /// Q7.
        pub filled: Qty = 5,
        /// Reason of Q5.
        pub queue_reason: QueueReason = 6,
        /// Reason of Q6.
        pub wire_reason: WireReason = 7,
        /// Reason of Q7.
        pub work_reason: WorkReason = 8,
        /// Place in the queue.
        pub lane: Lane = 9,
        /// Why nothing is sent although there is work; people read it.
        pub blocked: Block = 10,
        /// The mark at this moment.
        pub mark: Option<Quote> = 11,
        /// Why the admitted target is not the declared one: the reason behind GATE.
        pub gate: Block = 12,
        /// By strategy, in canonical order; empty where one strategy trades the holding.
        pub sleeves: Vec<SleeveStage> = 20,
    }

    /// One strategy's part of a ladder.
    pub struct SleeveStage {
        /// Whose.
        pub sleeve: SleeveId = 1,
        /// Q4, its waived units included.
        pub admitted: Qty = 2,
        /// Why that is not its declared target: the reason behind GATE.
        pub gate: Block = 3,
    }

    /// An alert.
    pub struct Alert {
        /// What.
        pub code: AlertCode = 1,
        /// Which holding it is about.
        pub holding: Option<HoldingId> = 2,
        /// Which order it is about.
        pub order: Option<OrderNo> = 3,
        /// The cause, for people.
        pub text: String = 4,
    }

    /// A message told nothing new: already processed.
    pub struct Repeated {
        /// Which order.
        pub order: OrderNo = 1,
    }

    /// A mark was taken for valuation.
    pub struct Marked {
        /// Which holding.
        pub holding: HoldingId = 1,
        /// The quote.
        pub quote: Quote = 2,
    }

    /// The part of a target that is not there yet became due for the first time: patience,
    /// chase and schedule count from here. (The release of the first order begins it too.)
    pub struct ParentBegun {
        /// Of which holding.
        pub holding: HoldingId = 1,
        /// Mid: the arrival price; zero when nobody knows it.
        pub arrival: Px = 2,
    }

    /// The market traded, and more of a need that follows its volume is due.
    pub struct VolumeSeen {
        /// Of which holding.
        pub holding: HoldingId = 1,
        /// Quantity that others traded since the session began.
        pub traded: Qty = 2,
    }

    /// The price of the protective stop changed, and nothing else of the target.
    pub struct StopMoved {
        /// Of which holding.
        pub holding: HoldingId = 1,
        /// The price; absent means no stop.
        pub stop_px: Option<Px> = 2,
    }

    /// Too little of a target was filled to be worth keeping: the whole of it is waived, and
    /// the position goes back to where it began.
    pub struct Unwound {
        /// Of which holding.
        pub holding: HoldingId = 1,
    }

    /// A trading day ended.
    pub struct DayEnded {}

    /// The broker does not take us for who we are: nothing but a probe a minute leaves before a
    /// fresh login.
    pub struct AuthLost {}

    /// The broker's own count is nearly used up: no reads before.
    pub struct ReadsPaused {
        /// Until when.
        pub until: Nanos = 1,
    }

    /// The broker shows an order as pending or as being cancelled, or no more.
    pub struct Hung {
        /// Which order.
        pub order: OrderNo = 1,
        /// Since when; absent when it is not any more.
        pub since: Option<Nanos> = 2,
        /// It is being cancelled.
        pub cancelling: bool = 3,
    }

    /// A list of open orders did not have an order of ours that is taken to be open: it is looked
    /// up; or it was found again.
    pub struct Missed {
        /// Which order.
        pub order: OrderNo = 1,
        /// It is missing.
        pub missing: bool = 2,
    }

    /// Our own working orders are to be cancelled, or need not be any more.
    pub struct Swept {
        /// They are to be cancelled.
        pub on: bool = 1,
    }

    /// New orders that were sent on a day before this journal began.
    pub struct DayCounted {
        /// The day, as limits per day count it.
        pub day: i64 = 1,
        /// So many.
        pub orders: u32 = 2,
    }

    /// Slots of a rate window that were used before this journal began.
    pub struct SlotsUsed {
        /// Position of the window in the descriptor.
        pub window: u32 = 1,
        /// So many.
        pub n: u32 = 2,
        /// When they are free again.
        pub until: Nanos = 3,
    }

    /// An order stands under another holding than the one it was sent for.
    pub struct Restated {
        /// Which order.
        pub order: OrderNo = 1,
        /// Where it stands.
        pub holding: HoldingId = 2,
    }

    /// The broker's clock was read.
    pub struct ClockSeen {
        /// The broker's clock minus ours.
        pub ahead_ns: i64 = 1,
    }

    /// A law does not hold: nothing is trusted any more.
    pub struct Poisoned {
        /// Which law, and how.
        pub law: String = 1,
    }
}

variants! {
    /// One event.
    pub enum Event {
        /// Started.
        Started(Started) = 1,
        /// Target accepted.
        TargetSet(TargetSet) = 2,
        /// Request released.
        Requested(Requested) = 3,
        /// New order released.
        Released(Released) = 4,
        /// Cancel released.
        CancelReleased(CancelReleased) = 5,
        /// Request ended.
        RequestClosed(RequestClosed) = 6,
        /// New evidence.
        Learned(Learned) = 7,
        /// Lookup planned.
        LookupPlanned(LookupPlanned) = 8,
        /// Order closed.
        Closed(Closed) = 9,
        /// Holding paused.
        Paused(Paused) = 10,
        /// Pause ended.
        Unpaused(Unpaused) = 11,
        /// Silence.
        Backoff(Backoff) = 12,
        /// Link.
        LinkTurned(LinkTurned) = 13,
        /// Suspicion.
        Suspected(Suspected) = 14,
        /// Round of reconciliation.
        RoundEnded(RoundEnded) = 15,
        /// Comparison.
        Compared(Compared) = 16,
        /// Correction.
        Corrected(Corrected) = 17,
        /// Freeze.
        Frozen(Frozen) = 18,
        /// Thaw.
        Thawed(Thawed) = 19,
        /// Adoption.
        Adopted(Adopted) = 20,
        /// Mode.
        ModeSet(ModeSet) = 21,
        /// Ladder.
        Staged(Staged) = 22,
        /// Alert.
        Alert(Alert) = 23,
        /// Already processed.
        Repeated(Repeated) = 24,
        /// Mark.
        Marked(Marked) = 25,
        /// Day end.
        DayEnded(DayEnded) = 26,
        /// Poisoned.
        Poisoned(Poisoned) = 27,
        /// Round of reconciliation begun.
        RoundStarted(RoundStarted) = 28,
        /// A cancel failed.
        CancelFailed(CancelFailed) = 29,
        /// Two strategies traded inside.
        Crossed(Crossed) = 30,
        /// A strategy on or off.
        Enabled(Enabled) = 31,
        /// Target declared again.
        TargetRenewed(TargetRenewed) = 40,
        /// Waiver of an older session ended.
        WaiverEnded(WaiverEnded) = 41,
        /// Fresh login.
        LoggedIn(LoggedIn) = 42,
        /// Free margin.
        MarginTold(MarginTold) = 43,
        /// Split.
        SplitApplied(SplitApplied) = 44,
        /// Something became due.
        ParentBegun(ParentBegun) = 50,
        /// Stop moved.
        StopMoved(StopMoved) = 51,
        /// Unwound.
        Unwound(Unwound) = 52,
        /// Volume.
        VolumeSeen(VolumeSeen) = 53,
        /// Login is needed.
        AuthLost(AuthLost) = 64,
        /// No reads.
        ReadsPaused(ReadsPaused) = 65,
        /// Order hangs.
        Hung(Hung) = 66,
        /// Order missing in a list.
        Missed(Missed) = 67,
        /// Own orders are cancelled.
        Swept(Swept) = 68,
        /// Orders before the journal.
        DayCounted(DayCounted) = 69,
        /// Slots before the journal.
        SlotsUsed(SlotsUsed) = 70,
        /// Order stands elsewhere.
        Restated(Restated) = 71,
        /// The broker's clock.
        ClockSeen(ClockSeen) = 72,
    }
}
