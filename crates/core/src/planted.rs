//! Faults planted on purpose, each a mistake that somebody really made, so that the checks can be
//! checked: what does not find them would not find a real one.
//!
//! Compiled in with the feature `planted` only, which nothing that is shipped turns on; without it
//! [`planted!`](crate::planted!) is the word `false` and the compiler removes what stands behind
//! it. With it, one plant at a time is chosen per thread, by name, at run time; equal seeds stay
//! equal, and threads may try different plants side by side.
//!
//! Entry points: [`Plant::ALL`], [`Planted::new`], [`bites`].
//!
//! Invariants:
//! 1. Without a choice every plant is asleep and nothing differs from what is shipped.
//! 2. A plant stands where the mistake would be made, in the code that is shipped.

use std::cell::Cell;

/// True while this fault is chosen.
#[cfg(feature = "planted")]
#[macro_export]
macro_rules! planted {
    ($plant:ident) => {
        $crate::planted::bite($crate::planted::Plant::$plant)
    };
}

thread_local! {
    static CHOSEN: Cell<Option<Plant>> = const { Cell::new(None) };
    static BITES: Cell<u64> = const { Cell::new(0) };
}

/// True if this plant is the chosen one; it is counted.
#[must_use]
pub fn bite(plant: Plant) -> bool {
    let on = CHOSEN.get() == Some(plant);
    if on {
        BITES.set(BITES.get() + 1);
    }
    on
}

/// How often the chosen plant was met on this thread since it was chosen: one that was never met
/// was not missed by the checks, it was never tried.
#[must_use]
pub fn bites() -> u64 {
    BITES.get()
}

/// A plant is awake on this thread for as long as this lives.
#[derive(Debug)]
pub struct Planted(());

impl Planted {
    /// Wakes a plant; whichever was awake on this thread sleeps.
    #[must_use]
    pub fn new(plant: Plant) -> Self {
        CHOSEN.set(Some(plant));
        BITES.set(0);
        Self(())
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        CHOSEN.set(None);
    }
}

macro_rules! plants {
    ($( $plant:ident = $name:literal, $class:literal, $about:literal; )+) => {
        /// A fault that can be planted. Each is told of by [`Plant::about`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is told of in its own sentence")]
        pub enum Plant { $( $plant ),+ }

        impl Plant {
            /// Every plant.
            pub const ALL: &'static [Self] = &[ $( Self::$plant ),+ ];

            /// Its name on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$plant => $name ),+ }
            }

            /// The class of incidents it is taken from.
            #[must_use]
            pub const fn class(self) -> &'static str {
                match self { $( Self::$plant => $class ),+ }
            }

            /// The mistake, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $( Self::$plant => $about ),+ }
            }

            /// The plant of this name.
            #[must_use]
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|plant| plant.name() == name)
            }
        }
    };
}

plants! {
    TimeoutIsARefusal = "timeout-is-a-refusal", "submit-ambiguous",
        "A new order without an answer in time counts as refused.";
    ResetIsARefusal = "reset-is-a-refusal", "submit-ambiguous",
        "A connection that broke under a new order counts as a refusal.";
    ServerErrorIsARefusal = "server-error-is-a-refusal", "submit-ambiguous",
        "A 5xx on a new order counts as a refusal.";
    GarbledReplyIsARefusal = "garbled-reply-is-a-refusal", "submit-ambiguous",
        "A reply that cannot be read counts as a refusal.";
    UnknownIsNotExposure = "unknown-is-not-exposure", "submit-ambiguous",
        "An order without a certain outcome is not counted as what may still fill.";
    AbsenceBelievedAtOnce = "absence-believed-at-once", "submit-ambiguous",
        "Two reads without the order prove that it is not there, however early they were asked.";
    EveryMessageIsAFill = "every-message-is-a-fill", "duplicate-event",
        "Each message about an execution counts, the same one under another id too.";
    OneIdIsOneFill = "one-id-is-one-fill", "duplicate-event",
        "Two executions under one id count as one.";
    CumAddedToFills = "cum-added-to-fills", "duplicate-event",
        "What a cumulative report shows is added to the executions behind it.";
    FinishedOrdersAreDeaf = "finished-orders-are-deaf", "out-of-order",
        "News of an order that was taken as finished are dropped.";
    ForgottenAtTheEnd = "forgotten-at-the-end", "out-of-order",
        "A finished order is forgotten at once, so a late message meets nobody.";
    CumIgnored = "cum-ignored", "missed-event",
        "Only executions count: what a cumulative report shows beyond them is not believed.";
    LostStreamIsQuiet = "lost-stream-is-quiet", "missed-event",
        "After a reconnection nothing is read, as if nothing had happened meanwhile.";
    StrangeRowsAreLeftOut = "strange-rows-are-left-out", "missed-event",
        "Trades that only a read of activity shows are not merged into their orders.";
    ClaimFreesQuantity = "claim-frees-quantity", "cancel-race",
        "A pushed `canceled` frees the quantity where only a read proves it.";
    CancelTakenIsDone = "cancel-taken-is-done", "cancel-race",
        "A cancel that was taken counts as an order that is finished.";
    NothingToCancelIsDone = "nothing-to-cancel-is-done", "cancel-race",
        "A cancel refused as unknown counts as an order that is finished without fills.";
    CancelTriedOnce = "cancel-tried-once", "cancel-race",
        "A cancel that came to nothing is not tried again.";
    BothSidesAtOnce = "both-sides-at-once", "cancel-race",
        "An order leaves while one on the other side is not proven finished.";
    PendingAmendCountsAsTaken = "pending-amend-counts-as-taken", "modify-race",
        "An amend without an answer counts with its new quantity only.";
    AmendBesideAmend = "amend-beside-amend", "modify-race",
        "An order is amended again while an amend of it is not settled.";
    AmendRefusedIsDone = "amend-refused-is-done", "modify-race",
        "A refused amend ends the order.";
    AmendCountsTheRest = "amend-counts-the-rest", "modify-race",
        "The quantity of an amend is what is left where the broker takes it as all.";
    AmendGrows = "amend-grows", "modify-race",
        "What an amend was to take away is added.";
    PartIsAll = "part-is-all", "partial-fill",
        "The first fill finishes an order, however small.";
    WaiverForgotten = "waiver-forgotten", "partial-fill",
        "A remainder that was given up is wanted again at once.";
    WaiverOutlivesTarget = "waiver-outlives-target", "partial-fill",
        "A remainder that was given up is missing from later targets too.";
    RacedReadCompared = "raced-read-compared", "reconcile-snapshot",
        "A read of positions that raced with a fill is compared.";
    ErrorIsEmpty = "error-is-empty", "reconcile-snapshot",
        "A read of positions that failed counts as an account without positions.";
    ZeroIsTrue = "zero-is-true", "reconcile-snapshot",
        "A position that vanished or flipped is believed as fast as any other difference.";
    MissingRowIsAgreed = "missing-row-is-agreed", "reconcile-snapshot",
        "Only symbols in the broker's answer are compared.";
    AdoptsAroundAnUnknown = "adopts-around-an-unknown", "reconcile-snapshot",
        "Positions are compared while an order without a certain outcome could explain them.";
    AdoptsAtFirstSight = "adopts-at-first-sight", "reconcile-snapshot",
        "The first read that differs is adopted, before orders and activity could explain it.";
    ShortPageIsAll = "short-page-is-all", "reconcile-snapshot",
        "What a page of orders that is known to be short does not show counts as absent.";
    IntentSentAgain = "intent-sent-again", "restart-recovery",
        "What was in flight at a restart counts as never sent.";
    InFlightForgotten = "in-flight-forgotten", "restart-recovery",
        "What was in flight at a restart is never looked up.";
    StartsUnread = "starts-unread", "restart-recovery",
        "After a restart orders leave before the account was read.";
    SentBeforeDurable = "sent-before-durable", "restart-recovery",
        "Requests leave before the batch that holds their intents is durable.";
    SnapshotIsAll = "snapshot-is-all", "restart-recovery",
        "Recovery stops at the newest snapshot and leaves out what came after it.";
    BatchLosesAnEvent = "batch-loses-an-event", "restart-recovery",
        "The last event of each step is not in the batch.";
    ReplayBooksTwice = "replay-books-twice", "restart-recovery",
        "Fills in the journal are booked a second time at recovery.";
    EpochForgotten = "epoch-forgotten", "identity",
        "Client ids are made without the epoch of the start.";
    NumbersStartAgain = "numbers-start-again", "identity",
        "Serial numbers of orders begin again at a restart.";
    CancelsTheNeighbour = "cancels-the-neighbour", "identity",
        "A cancel names the order before the one it means.";
    SlotFreeAtReply = "slot-free-at-reply", "rate-limit",
        "A slot of a rate window is free again as soon as its request is answered.";
    WindowFromSending = "window-from-sending", "rate-limit",
        "Windows are counted by our time of sending, as if nothing took time to arrive.";
    LostFreesSlot = "lost-frees-slot", "rate-limit",
        "A request without an answer frees its slot.";
    RestartEmptiesWindows = "restart-empties-windows", "rate-limit",
        "After a restart the rate windows count as empty.";
    CancelsAreFree = "cancels-are-free", "rate-limit",
        "Cancels are not counted in the windows of orders.";
    ReserveForgotten = "reserve-forgotten", "rate-limit",
        "New orders take the slots that long windows keep for cancels.";
    SilenceIgnored = "silence-ignored", "rate-limit",
        "What the broker says about how long to be silent is not kept.";
    OtherPeoplesTradesAreOurs = "other-peoples-trades-are-ours", "external-activity",
        "A trade by somebody else counts as the strategy's own.";
    UnexplainedIsHarmless = "unexplained-is-harmless", "external-activity",
        "A difference without explanation is adopted and nothing is frozen.";
    TargetThaws = "target-thaws", "external-activity",
        "A new target ends a freeze.";
    LotsRoundedUp = "lots-rounded-up", "precision-limits",
        "A target between two lots is rounded up.";
    SignOfTarget = "sign-of-target", "precision-limits",
        "The side of an order follows the sign of the target, not of the need.";
    FeesLost = "fees-lost", "precision-limits",
        "Fees that executions carry are not booked.";
    OldTargetWorked = "old-target-worked", "clock-calendar",
        "What was queued for an earlier target is sent although the target has changed.";
    RepeatReopens = "repeat-reopens", "clock-calendar",
        "The same target said again counts as a new one.";
    HaltedStillSends = "halted-still-sends", "risk-killswitch",
        "New orders leave while the engine is halted or killed.";
    ResumeLiftsKill = "resume-lifts-kill", "risk-killswitch",
        "A kill is not latched.";
    RefusedAgainAtOnce = "refused-again-at-once", "risk-killswitch",
        "What was refused is tried again without a rest.";
    BustIgnored = "bust-ignored", "mapping",
        "An execution that was taken back stays booked.";
    SellIsABuy = "sell-is-a-buy", "mapping",
        "The money of a sale is paid instead of received.";
    FilledMeansAll = "filled-means-all", "mapping",
        "A pushed `filled` counts as all of the order, whatever its quantity says.";
    BlindEntries = "blind-entries", "link-health",
        "Exposure is added while the stream of fills is down.";
}
