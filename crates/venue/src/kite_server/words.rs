//! The words of orders on this wire.
//!
//! Entry points: [`Variety`], [`OrderType`], [`Product`], [`Validity`], [`Status`].

use truefill_core::request::Side;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$item])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As the wire writes it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Exactly this word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }
    )*};
}

words! {
    /// How an order is handled.
    Variety {
        /// An ordinary order.
        Regular = "regular",
        /// Collected outside hours, sent before the next open.
        Amo = "amo",
        /// An entry with a stop behind it.
        Co = "co",
        /// Legs, one after the other.
        Iceberg = "iceberg",
        /// An order in an auction of shares that were not delivered.
        Auction = "auction",
    }
    /// What decides the price.
    OrderType {
        /// Whatever is there, within the protection.
        Market = "MARKET",
        /// At the price or better.
        Limit = "LIMIT",
        /// A limit order that waits for its trigger.
        Sl = "SL",
        /// A market order that waits for its trigger.
        SlM = "SL-M",
    }
    /// Which account of positions an order belongs to.
    Product {
        /// Delivery.
        Cnc = "CNC",
        /// Carried forward, derivatives.
        Nrml = "NRML",
        /// Squared off on the same day.
        Mis = "MIS",
        /// Funded delivery.
        Mtf = "MTF",
        /// Of a cover order.
        Co = "CO",
    }
    /// How long an order works.
    Validity {
        /// Until the end of the session.
        Day = "DAY",
        /// At once or not at all.
        Ioc = "IOC",
        /// For some minutes.
        Ttl = "TTL",
    }
    /// States of an order, as its rows say.
    Status {
        /// Came in.
        PutReceived = "PUT ORDER REQ RECEIVED",
        /// Looked at by risk management.
        ValidationPending = "VALIDATION PENDING",
        /// On the way to the exchange.
        OpenPending = "OPEN PENDING",
        /// Working; a part of it may be filled.
        Open = "OPEN",
        /// Waits for its trigger.
        TriggerPending = "TRIGGER PENDING",
        /// A change came in.
        ModifyValidationPending = "MODIFY VALIDATION PENDING",
        /// A change is on its way to the exchange.
        ModifyPending = "MODIFY PENDING",
        /// A change was taken.
        Modified = "MODIFIED",
        /// A cancel is on its way to the exchange.
        CancelPending = "CANCEL PENDING",
        /// Waits for the market to open.
        AmoReceived = "AMO REQ RECEIVED",
        /// Filled.
        Complete = "COMPLETE",
        /// Cancelled.
        Cancelled = "CANCELLED",
        /// Refused after it came in.
        Rejected = "REJECTED",
        /// Only in messages: something changed.
        Update = "UPDATE",
    }
}

impl Status {
    /// Nothing follows any more.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Complete | Self::Cancelled | Self::Rejected)
    }
}

/// The word of a side.
#[must_use]
pub const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// The side of a word.
#[must_use]
pub fn side_of(word: &str) -> Option<Side> {
    match word {
        "BUY" => Some(Side::Buy),
        "SELL" => Some(Side::Sell),
        _ => None,
    }
}

/// Segments as the low byte of a token tells them, with the divisor of ticker prices.
const SEGMENTS: [(&str, u32, i128); 8] = [
    ("NSE", 1, 100),
    ("NFO", 2, 100),
    ("CDS", 3, 10_000_000),
    ("BSE", 4, 100),
    ("BFO", 5, 100),
    ("BCD", 6, 10_000),
    ("MCX", 7, 100),
    ("NCO", 12, 10_000),
];

/// The number of indices, which are not traded.
pub const INDEX_SEGMENT: u32 = 9;

/// The number of an exchange's segment.
#[must_use]
pub fn segment_of(exchange: &str) -> Option<u32> {
    SEGMENTS.iter().find(|(name, ..)| *name == exchange).map(|(_, number, _)| *number)
}

/// Units of ticker prices in one rupee, by token.
#[must_use]
pub fn divisor_of(token: u32) -> i128 {
    let segment = token & 0xff;
    SEGMENTS.iter().find(|(_, number, _)| *number == segment).map_or(100, |(.., by)| *by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(*status));
        }
        assert_eq!(OrderType::parse("SL-M"), Some(OrderType::SlM));
        assert_eq!(OrderType::parse("sl-m"), None);
        assert_eq!(side_of(side_word(Side::Sell)), Some(Side::Sell));
    }

    #[test]
    fn currency_prices_are_finer() {
        assert_eq!(divisor_of(412_675), 10_000_000);
        assert_eq!(divisor_of(408_065), 100);
        assert_eq!(segment_of("MCX"), Some(7));
    }
}
