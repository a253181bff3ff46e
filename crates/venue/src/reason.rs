//! Why a broker does not do what is asked, finer than the engine needs: for the node, which must
//! know whether to go on, and for people, who must know what to do.
//!
//! Entry point: [`Reason`].

use truefill_core::num::Qty;
use truefill_core::report::RejectCode;

/// Why a request was refused or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The session ended: a new login is needed.
    Session,
    /// Orders are only taken from a registered address, and this is not one.
    IpNotRegistered,
    /// The account or the app may not do this.
    Permission,
    /// Something in front of the broker refused, without the broker's words.
    Blocked,
    /// The depository has not authorised the sale of these holdings today.
    Authorisation,
    /// Not enough funds or margin.
    Margin,
    /// Not enough of the holding to sell.
    Holdings,
    /// The price is outside the band of the exchange.
    Circuit,
    /// More than the exchange takes in one order; the largest quantity, where it was told.
    Freeze(Option<Qty>),
    /// Against the rules of the wire or the instrument.
    Invalid,
    /// Trade-to-trade: only delivery, no intraday products.
    TradeToTrade,
    /// Only for, or not during, an auction.
    Auction,
    /// A market order without market protection, or with a wrong one.
    MarketProtection,
    /// The price is not a multiple of the tick.
    Tick,
    /// The quantity is not a multiple of the lot.
    Lot,
    /// Our tag is too long or has characters that are not taken.
    Tag,
    /// This validity is not taken here.
    Validity,
    /// The quantity does not need slicing.
    Slicing,
    /// The order was amended as often as the broker allows.
    AmendLimit,
    /// Too many requests.
    Rate,
    /// The market is closed.
    Closed,
    /// The order is finished.
    OrderDone,
    /// The broker does not know the order (yet, or any more).
    UnknownOrder,
    /// The broker gave up waiting for its own parts: anything may have happened.
    TimedOut,
    /// The broker is broken.
    Server,
    /// The answer could not be read.
    Garbled,
    /// Anything else.
    Other,
}

/// What a reason means for going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// It concerns this request only.
    Request,
    /// Nothing can be sent until a new login.
    Login,
    /// Nothing may be sent at all until a person mends it: never tried again by itself.
    Stop,
}

impl Reason {
    /// Whether the node may go on.
    #[must_use]
    pub const fn consequence(self) -> Consequence {
        match self {
            Self::Session => Consequence::Login,
            Self::IpNotRegistered | Self::Permission => Consequence::Stop,
            _ => Consequence::Request,
        }
    }

    /// The code for the engine when the request was refused for sure.
    #[must_use]
    pub const fn code(self) -> RejectCode {
        match self {
            Self::Session | Self::IpNotRegistered | Self::Permission | Self::Blocked => {
                RejectCode::Auth
            }
            Self::Margin => RejectCode::InsufficientFunds,
            Self::Circuit => RejectCode::PriceBand,
            Self::Freeze(_)
            | Self::Invalid
            | Self::TradeToTrade
            | Self::MarketProtection
            | Self::Tick
            | Self::Lot
            | Self::Tag
            | Self::Validity
            | Self::Slicing => RejectCode::Invalid,
            Self::Rate => RejectCode::RateLimited,
            Self::Closed => RejectCode::Closed,
            Self::OrderDone => RejectCode::OrderDone,
            Self::UnknownOrder => RejectCode::UnknownOrder,
            Self::Authorisation
            | Self::Holdings
            | Self::Auction
            | Self::AmendLimit
            | Self::TimedOut
            | Self::Server
            | Self::Garbled
            | Self::Other => RejectCode::Other,
        }
    }

    /// What to do about it, for people.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Session => "the session ended; log in again",
            Self::IpNotRegistered => {
                "orders are only taken from a registered static address; register this one with \
                 the broker, or run where it is registered"
            }
            Self::Permission => "the broker does not allow this; check the app and its segments",
            Self::Blocked => "the way to the broker is blocked; look at address, proxy and rate",
            Self::Authorisation => {
                "the holdings are not authorised for sale today; authorise them at the depository"
            }
            Self::Margin => "not enough margin; add funds or ask for less",
            Self::Holdings => "less is held free than is to be sold; check pledges and deliveries",
            Self::Circuit => "the price is outside today's band; it is tried inside the band",
            Self::Freeze(_) => "the exchange takes less in one order; smaller ones are sent",
            Self::Invalid => "the broker does not take an order like this; read its words",
            Self::TradeToTrade => "only delivery is possible here; trade it as CNC or leave it",
            Self::Auction => "this is not possible in or outside an auction; wait for its end",
            Self::MarketProtection => "market orders need market protection; use limit orders",
            Self::Tick => "the price step has changed; refresh the instruments",
            Self::Lot => "the lot has changed; refresh the instruments",
            Self::Tag => "the client id was not taken; report a bug",
            Self::Validity => "this validity is not taken here; use a day order",
            Self::Slicing => "the quantity needs no slicing; send it without",
            Self::AmendLimit => "the order cannot be amended any more; it is cancelled instead",
            Self::Rate => "too many requests; nothing is sent for a while",
            Self::Closed => "the market is closed; it is tried in the next session",
            Self::OrderDone => "the order is finished; the books are read",
            Self::UnknownOrder => "the broker does not know the order; the books are read",
            Self::TimedOut | Self::Server | Self::Garbled => {
                "nobody knows what happened; the books are read until it is settled"
            }
            Self::Other => "read the broker's words",
        }
    }
}
