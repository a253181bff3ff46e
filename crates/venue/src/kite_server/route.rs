//! Which request is which: method and path to what is asked.
//!
//! Entry points: [`Asked`], [`Route::of`].
//!
//! Invariant: whatever the bytes are, the result is a route or a refusal as the broker gives it.

use super::form::Fields;
use super::reply::{ErrorType, Refusal};
use super::words::Variety;

/// A request, as far as the wire tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// The path, without query and prefix.
    pub path: String,
    /// What is behind the question mark, as it came.
    pub query: String,
    /// The header `Authorization`, if there was one.
    pub authorization: Option<String>,
    /// The body is JSON; otherwise it is a form.
    pub json: bool,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// Fields of the body where there is one, and of the query.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let mut text = String::new();
        if !self.json {
            text.push_str(&String::from_utf8_lossy(&self.body));
        }
        text.push('&');
        text.push_str(&self.query);
        Fields::read(&text)
    }

    /// `api_key` and `access_token` of the header.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.authorization.as_deref()?.strip_prefix("token ")?.trim().split_once(':')
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The page on which a person logs in.
    Login,
    /// A request token for an access token.
    Session,
    /// A refresh token for an access token.
    Refresh,
    /// The end of a session.
    Logout,
    /// Who the user is.
    Profile {
        /// With everything.
        full: bool,
    },
    /// Money.
    Margins {
        /// `equity` or `commodity`; both if absent.
        segment: Option<String>,
    },
    /// A new order.
    Place(Variety),
    /// A change of an order.
    Modify(Variety, String),
    /// A cancel.
    Cancel(Variety, String),
    /// The order book of today.
    Orders,
    /// The states of an order.
    History(String),
    /// The trades of an order.
    OrderTrades(String),
    /// The trades of today.
    Trades,
    /// Positions.
    Positions,
    /// From one product to another.
    Convert,
    /// Holdings.
    Holdings,
    /// Holdings as sums.
    HoldingsSummary,
    /// Holdings with few columns.
    HoldingsCompact,
    /// What can be bid for in the auction.
    Auctions,
    /// Permission of the depository to sell holdings.
    Authorise,
    /// Margins of single orders.
    OrderMargins,
    /// Margins of orders together.
    BasketMargins,
    /// What orders cost.
    Charges,
    /// Quotes.
    Quote(QuoteDetail),
    /// The list of instruments.
    Instruments {
        /// Of one exchange only.
        exchange: Option<String>,
    },
    /// Candles.
    Historical {
        /// Whose.
        token: String,
        /// How long each is.
        interval: String,
    },
    /// The range of triggers for cover orders.
    TriggerRange,
    /// Orders that wait at the broker for a price.
    Triggers,
}

/// How much a quote says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteDetail {
    /// With the book.
    Full,
    /// Open, high, low, close.
    Ohlc,
    /// The last price.
    Ltp,
}

/// Which of the broker's limits a request counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Writes of orders.
    Order,
    /// Quotes.
    Quote,
    /// Candles.
    Historical,
    /// Everything else.
    Other,
}

impl Route {
    /// Finds out what is asked.
    ///
    /// # Errors
    /// A refusal with 404 for a path that does not exist and 405 for a method that it lacks.
    pub fn of(method: &str, path: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let route = match (method, parts.as_slice()) {
            ("GET", ["connect", "login"]) => Self::Login,
            ("POST", ["session", "token"]) => Self::Session,
            ("POST", ["session", "refresh_token"]) => Self::Refresh,
            ("DELETE", ["session", "token"]) => Self::Logout,
            ("GET", ["user", "profile"]) => Self::Profile { full: false },
            ("GET", ["user", "profile", "full"]) => Self::Profile { full: true },
            ("GET", ["user", "margins"]) => Self::Margins { segment: None },
            ("GET", ["user", "margins", one]) => Self::Margins { segment: Some((*one).into()) },
            (_, ["orders", rest @ ..]) => return Self::orders(method, rest),
            ("GET", ["trades"]) => Self::Trades,
            ("GET", ["portfolio", "positions"]) => Self::Positions,
            ("PUT", ["portfolio", "positions"]) => Self::Convert,
            ("GET", ["portfolio", "holdings"]) => Self::Holdings,
            ("GET", ["portfolio", "holdings", "summary"]) => Self::HoldingsSummary,
            ("GET", ["portfolio", "holdings", "compact"]) => Self::HoldingsCompact,
            ("GET", ["portfolio", "holdings", "auctions"]) => Self::Auctions,
            ("POST", ["portfolio", "holdings", "authorise"]) => Self::Authorise,
            ("POST", ["margins", "orders"]) => Self::OrderMargins,
            ("POST", ["margins", "basket"]) => Self::BasketMargins,
            ("POST", ["charges", "orders"]) => Self::Charges,
            ("GET", ["quote"]) => Self::Quote(QuoteDetail::Full),
            ("GET", ["quote", "ohlc"]) => Self::Quote(QuoteDetail::Ohlc),
            ("GET", ["quote", "ltp"]) => Self::Quote(QuoteDetail::Ltp),
            ("GET", ["instruments"]) => Self::Instruments { exchange: None },
            ("GET", ["instruments", "historical", token, interval]) => {
                Self::Historical { token: (*token).into(), interval: (*interval).into() }
            }
            ("GET", ["instruments", "trigger_range", _]) => Self::TriggerRange,
            ("GET", ["instruments", one]) => Self::Instruments { exchange: Some((*one).into()) },
            ("GET", ["gtt", "triggers"]) => Self::Triggers,
            (_, rest) => return Err(no_route(rest)),
        };
        Ok(route)
    }

    fn orders(method: &str, rest: &[&str]) -> Result<Self, Refusal> {
        let variety =
            |text: &str| Variety::parse(text).ok_or_else(|| Refusal::input("Invalid `variety`."));
        Ok(match (method, rest) {
            ("GET", []) => Self::Orders,
            ("GET", [id]) => Self::History((*id).into()),
            ("GET", [id, "trades"]) => Self::OrderTrades((*id).into()),
            ("POST", [of]) => Self::Place(variety(of)?),
            ("PUT", [of, id]) => Self::Modify(variety(of)?, (*id).into()),
            ("DELETE", [of, id]) => Self::Cancel(variety(of)?, (*id).into()),
            _ => return Err(no_route(&["orders"])),
        })
    }

    /// The limit that it counts in.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Place(_) | Self::Modify(..) | Self::Cancel(..) => Class::Order,
            Self::Quote(_) => Class::Quote,
            Self::Historical { .. } => Class::Historical,
            _ => Class::Other,
        }
    }

    /// It works without a session.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Login | Self::Session | Self::Refresh | Self::Instruments { .. })
    }
}

fn no_route(parts: &[&str]) -> Refusal {
    const KNOWN: [&str; 11] = [
        "connect",
        "session",
        "user",
        "orders",
        "trades",
        "portfolio",
        "margins",
        "charges",
        "quote",
        "instruments",
        "gtt",
    ];
    let known = parts.first().is_some_and(|first| KNOWN.contains(first));
    if known {
        Refusal::new(ErrorType::General, "Method not allowed.").with_status(405)
    } else {
        Refusal::new(ErrorType::General, "Route not found").with_status(404)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_found() {
        let of = |method, path| Route::of(method, path);
        assert_eq!(of("POST", "/orders/regular"), Ok(Route::Place(Variety::Regular)));
        assert_eq!(of("PUT", "/orders/co/17"), Ok(Route::Modify(Variety::Co, "17".into())));
        assert_eq!(of("GET", "/orders/17/trades"), Ok(Route::OrderTrades("17".into())));
        assert_eq!(
            of("GET", "/instruments/NSE"),
            Ok(Route::Instruments { exchange: Some("NSE".into()) })
        );
        assert_eq!(of("GET", "/quote/ltp").map(|route| route.class()), Ok(Class::Quote));
        assert_eq!(of("POST", "/orders/bo").unwrap_err().status, 400);
        assert_eq!(of("PATCH", "/orders").unwrap_err().status, 405);
        assert_eq!(of("GET", "/admin").unwrap_err().status, 404);
        assert_eq!(of("GET", "").unwrap_err().status, 404);
    }

    #[test]
    fn credentials_are_read() {
        let mut asked =
            Asked { authorization: Some("token key:tok:en".into()), ..Asked::default() };
        assert_eq!(asked.credentials(), Some(("key", "tok:en")));
        asked.authorization = Some("Bearer key".into());
        assert_eq!(asked.credentials(), None);
    }

    #[test]
    fn fields_come_from_body_and_query() {
        let asked =
            Asked { query: "i=NSE:INFY".into(), body: b"quantity=5".to_vec(), ..Asked::default() };
        assert_eq!(asked.fields().get("i"), Some("NSE:INFY"));
        assert_eq!(asked.fields().get("quantity"), Some("5"));
        let json = Asked { json: true, ..asked };
        assert_eq!(json.fields().get("quantity"), None);
    }
}
