//! The vocabulary of orders.
//!
//! Entry points: [`Variety`], [`OrderType`], [`Validity`], [`Protection`].

use truefill_core::num::Px;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$word_doc])* $word,)*
        }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)*
                }
            }

            /// Reads the word on the wire.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$word),)*
                    _ => None,
                }
            }
        }
    };
}
pub(super) use words;

words! {
    /// Kind of an order; part of its address.
    Variety {
        /// In the session.
        Regular = "regular",
        /// After market: kept by the broker until the market opens.
        Amo = "amo",
        /// Cover order.
        Cover = "co",
        /// Sliced by the broker, one leg after the other.
        Iceberg = "iceberg",
        /// For the exchange's auction of undelivered shares.
        Auction = "auction",
    }
}

words! {
    /// OrdType (FIX 40).
    OrderType {
        /// At any price inside the market protection.
        Market = "MARKET",
        /// At a price or better.
        Limit = "LIMIT",
        /// Rests outside the book until triggered, then a limit order.
        StopLimit = "SL",
        /// Rests outside the book until triggered, then a market order.
        StopMarket = "SL-M",
    }
}

words! {
    /// TimeInForce (FIX 59) without its length.
    Validity {
        /// Until the end of the session.
        Day = "DAY",
        /// At once or not at all; what does not fill is cancelled.
        Ioc = "IOC",
        /// For some minutes.
        Ttl = "TTL",
    }
}

/// How far a market order may go from the last price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// As the broker sees fit: `-1`.
    Automatic,
    /// So many percent, above 0 and at most 100, in the steps of a price.
    Percent(Px),
}

impl Protection {
    /// The value on the wire; `None` when it is outside what the broker takes.
    #[must_use]
    pub fn text(self) -> Option<String> {
        match self {
            Self::Automatic => Some("-1".to_owned()),
            Self::Percent(percent) => {
                (percent.0 > 0 && percent <= Px::whole(100)).then(|| percent.to_string())
            }
        }
    }
}
