//! The kinds of faults, with the behaviour of the real broker that each one shows.
//!
//! Entry points: [`Fault`], [`Hook`].

macro_rules! faults {
    ($($variant:ident $name:literal $behaviour:literal $hook:ident $words:literal;)*) => {
        /// Something that can go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $(#[doc = $words] $variant,)*
        }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in the control API.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Number of the behaviour in the list of those that a simulator must show.
            #[must_use]
            pub const fn behaviour(self) -> u8 {
                match self { $(Self::$variant => $behaviour,)* }
            }

            /// What happens, in words.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }

            /// Where it strikes.
            #[must_use]
            pub const fn hook(self) -> Hook {
                match self { $(Self::$variant => Hook::$hook,)* }
            }
        }
    };
}

/// Where a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Any request.
    Any,
    /// A new order, a change or a cancel.
    Write,
    /// A new order.
    Place,
    /// A change.
    Modify,
    /// A cancel.
    Cancel,
    /// A read.
    Read,
    /// A message of the stream.
    Push,
    /// At a time of its own.
    Time,
}

impl Hook {
    /// True if a fault that is armed for `armed` strikes here.
    #[must_use]
    pub fn is(self, armed: Self) -> bool {
        let write = matches!(self, Self::Place | Self::Modify | Self::Cancel);
        self == armed
            || (armed == Self::Write && write)
            || (armed == Self::Any && (write || self == Self::Read))
    }

    /// The hook of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "any" => Self::Any,
            "write" => Self::Write,
            "place" => Self::Place,
            "modify" => Self::Modify,
            "cancel" => Self::Cancel,
            "read" => Self::Read,
            "push" => Self::Push,
            _ => return None,
        })
    }
}

faults! {
    LostReply "lost_reply" 1 Write
        "the reply is lost: a 400 that says timed out, 5xx, a dropped socket or silence; the order appears at once, later or never";
    SlowReply "slow_reply" 3 Write
        "the reply comes late, so that messages about the order overtake it";
    PushTwice "push_twice" 3 Push
        "a message is sent twice";
    PushLost "push_lost" 3 Push
        "a message is not sent";
    PushLate "push_late" 3 Push
        "a message is sent seconds later, so that a partial fill comes after the completion";
    StaleOrders "stale_orders" 4 Read
        "the order book is some seconds old";
    StaleHistory "stale_history" 4 Read
        "the history of an order is some seconds old";
    StaleTrades "stale_trades" 4 Read
        "the trade book is some seconds old";
    StalePositions "stale_positions" 4 Read
        "the positions are some seconds old";
    JustAcked "just_acked" 4 Write
        "an order younger than a second is unknown to a change or a cancel";
    ThinMarket "thin_market" 5 Place
        "of a protected market order only a part fills, the rest stays open as a limit order";
    CancelRace "cancel_race" 6 Cancel
        "the cancel is taken and the order fills all the same";
    CancelStuck "cancel_stuck" 6 Cancel
        "the cancel is pending for minutes";
    CancelNumbers "cancel_numbers" 6 Cancel
        "the cancelled row has wrong pending and cancelled quantities";
    LinkLost "link_lost" 7 Time
        "the broker loses the exchange: orders, changes and cancels are pending until it is back, with late timestamps";
    TooMany "too_many" 8 Any
        "a 429 although no limit is reached";
    TokenDies "token_dies" 9 Any
        "the session ends in the middle of a request";
    AutosliceMixed "autoslice_mixed" 10 Place
        "of an order that is sliced some slices are refused, inside a success";
    RmsRefuses "rms_refuses" 11 Place
        "the risk system refuses with a 400, and no row appears";
    RmsRejects "rms_rejects" 11 Place
        "the order is acknowledged, then its row says rejected";
    MarginShort "margin_short" 11 Place
        "there is too little money, says the broker";
    WrongAddress "wrong_address" 12 Write
        "the address is not registered for orders";
    Refused "refused" 12 Any
        "the request is refused with an error of any type, `error_type` says which";
    NotAuthorised "not_authorised" 12 Place
        "the depository wants its permission first: 428";
    ManualTrade "manual_trade" 13 Time
        "the user trades by hand";
    SquareOff "square_off" 13 Time
        "the broker squares off an intraday position";
    Converted "converted" 13 Time
        "the user converts an intraday position into delivery";
    RowUnknownStatus "row_unknown_status" 14 Read
        "a row has a status that nobody has seen before";
    RowNulls "row_nulls" 14 Read
        "a row has nulls where there were values";
    RowNewKeys "row_new_keys" 14 Read
        "rows have keys that are new";
    FloatNoise "float_noise" 14 Read
        "computed numbers have the noise of floats behind their last digit";
    RowMissing "row_missing" 14 Read
        "a row is missing in a book that looks complete";
    HtmlPage "html_page" 14 Any
        "the delivery network answers with a page instead of JSON; a write was not carried out";
    CutJson "cut_json" 14 Read
        "the body ends in the middle";
    JsonOnCsv "json_on_csv" 14 Read
        "the list of instruments is an error in JSON, with status 200";
    DayRoll "day_roll" 15 Time
        "a new day begins: books are empty, positions are re-based";
    HeartbeatStops "heartbeat_stops" 16 Time
        "the ticker is silent while its socket stays open";
    TickerDrops "ticker_drops" 16 Time
        "the sockets of the ticker are closed";
    DepthStale "depth_stale" 16 Time
        "the book in the ticker stands still while prices move";
    FramesSwapped "frames_swapped" 16 Time
        "frames of the ticker come in the wrong order";
}

impl Fault {
    /// The fault of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }

    /// It strikes at a time of its own and not at a request.
    #[must_use]
    pub fn is_timed(self) -> bool {
        self.hook() == Hook::Time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_behaviour_has_a_fault_or_a_rule() {
        for fault in Fault::ALL {
            assert_eq!(Fault::parse(fault.name()), Some(*fault));
        }
        // The second, equal tags, is no fault: it is how the box always is.
        let shown = |number| Fault::ALL.iter().any(|fault| fault.behaviour() == number);
        let missing: Vec<u8> = (1..=16).filter(|number| !shown(*number)).collect();
        assert_eq!(missing, [2]);
    }

    #[test]
    fn hooks_nest() {
        assert!(Hook::Place.is(Hook::Write) && Hook::Place.is(Hook::Any));
        assert!(!Hook::Read.is(Hook::Write) && !Hook::Push.is(Hook::Any));
    }
}
