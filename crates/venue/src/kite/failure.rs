//! What a reply that is not a success means: refused for sure, or unknown.
//!
//! Entry points: [`success`], [`Failure`].
//!
//! | status | words | a write |
//! |---|---|---|
//! | 400 | a refusal's type (Input, Margin, Holding, Order, User, ..) | refused for sure |
//! | 400 | any type, a time-out in the text | unknown: the order may appear later |
//! | 400 | Network, Data, General, an unknown type, or unreadable | unknown |
//! | 401, 403 | Token, TwoFA | refused: a new login is needed |
//! | 401, 403 | unreadable | refused by what stands in front of the broker |
//! | 403 | Permission, User, an address that is not registered | refused: stop for good |
//! | 404, 405, 410 | readable | refused: no such route or order |
//! | 428 | readable | refused: holdings are not authorised for sale today |
//! | 429 | any | refused for the rate |
//! | 5xx | any | unknown |
//! | 200 | an error, or unreadable | unknown |
//! | anything else | any | unknown |

use serde_json::value::RawValue;

use super::json;
use super::row::Row;
use super::switches::Switches;
use super::texts;
use crate::codec::Garbage;
use crate::http::HttpReply;
use crate::live::{ReadEnd, WriteEnd};
use crate::reason::Reason;
use crate::words::{printable, shortened};
use truefill_core::report::{Failed, Found, Outcome, ReadFailure, Refused, Unclear, UnknownCause};

/// Largest body that is read as JSON, in bytes: a whole day's order book is about 8 MiB.
pub const BODY_BYTES_MAX: usize = 32 << 20;

super::words::words! {
    /// `error_type` of the broker.
    ErrorType {
        /// The session is over.
        Token = "TokenException",
        /// The second factor of the login failed.
        TwoFactor = "TwoFAException",
        /// About the account.
        User = "UserException",
        /// Not allowed.
        Permission = "PermissionException",
        /// About an order.
        Order = "OrderException",
        /// Against the rules of the wire.
        Input = "InputException",
        /// Not enough margin.
        Margin = "MarginException",
        /// Not enough of a holding.
        Holding = "HoldingException",
        /// Between the broker and the exchange; also too many requests.
        Network = "NetworkException",
        /// Between the parts of the broker.
        Data = "DataException",
        /// Anything else.
        General = "GeneralException",
    }
}

/// A reply that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Status of the response.
    pub status: u16,
    /// The broker's type, where it is one we know.
    pub error_type: Option<ErrorType>,
    /// The body was an error as the broker writes it.
    pub envelope: bool,
    /// The broker's words, at most 400 characters.
    pub words: String,
    /// How long the broker wants silence.
    pub retry_after_ns: Option<i64>,
}

/// The `data` of a success.
pub fn success<'a>(reply: &HttpReply<'a>) -> Result<&'a RawValue, Box<Failure>> {
    let row = envelope(reply.body);
    if reply.status == 200
        && let Ok(row) = &row
        && row.text("status").as_deref() == Some("success")
        && let Some(data) = row.raw("data")
    {
        return Ok(data);
    }
    Err(Box::new(Failure::of(reply, row)))
}

fn envelope(body: &[u8]) -> Result<Row<'_>, Garbage> {
    json::document(body, BODY_BYTES_MAX).and_then(Row::parse)
}

impl Failure {
    /// What the reply says about its failure.
    pub fn read(reply: &HttpReply<'_>) -> Self {
        Self::of(reply, envelope(reply.body))
    }

    fn of(reply: &HttpReply<'_>, row: Result<Row<'_>, Garbage>) -> Self {
        let mut failure = Self {
            status: reply.status,
            error_type: None,
            envelope: false,
            words: String::new(),
            retry_after_ns: reply.retry_after_ns,
        };
        match row {
            Ok(row) => {
                let kind = row.text("error_type");
                failure.error_type = kind.as_deref().and_then(ErrorType::from_text);
                failure.envelope = kind.is_some() && row.text("status").as_deref() == Some("error");
                failure.words = printable(&row.text("message").unwrap_or_default());
            }
            Err(garbage) => failure.words = printable(&garbage.why),
        }
        failure
    }

    /// A success that lacks what it must have.
    pub fn garbled(reply: &HttpReply<'_>, why: &Garbage) -> Self {
        Self {
            status: reply.status,
            error_type: None,
            envelope: false,
            words: printable(&why.why),
            retry_after_ns: reply.retry_after_ns,
        }
    }

    /// Why, as far as it can be told.
    #[must_use]
    pub fn reason(&self) -> Reason {
        let told = texts::reason_of(&self.words);
        match (self.status, self.error_type) {
            (429, _) => match told {
                Some(Reason::AmendLimit) => Reason::AmendLimit,
                _ => Reason::Rate,
            },
            (500..=599, _) => Reason::Server,
            (428, _) => Reason::Authorisation,
            (401 | 403, _) if !self.envelope => Reason::Blocked,
            (401 | 403, kind) => match (told, kind) {
                (Some(Reason::IpNotRegistered), _) => Reason::IpNotRegistered,
                (_, Some(ErrorType::Token | ErrorType::TwoFactor) | None) => Reason::Session,
                (_, Some(ErrorType::Permission | ErrorType::User)) => Reason::Permission,
                (told, Some(_)) => told.unwrap_or(Reason::Other),
            },
            (400, _) if told == Some(Reason::TimedOut) => Reason::TimedOut,
            (200 | 400, Some(ErrorType::Token)) => Reason::Session,
            (200 | 400 | 404 | 405 | 410, kind) if self.envelope => match (told, kind) {
                (Some(told), _) => told,
                (None, Some(ErrorType::Margin)) => Reason::Margin,
                (None, Some(ErrorType::Holding)) => Reason::Holdings,
                (None, Some(ErrorType::Permission)) => Reason::Permission,
                (None, Some(ErrorType::Input)) => Reason::Invalid,
                _ => Reason::Other,
            },
            _ => Reason::Garbled,
        }
    }

    /// True when the request was certainly not executed.
    #[must_use]
    pub fn refuses(&self, switches: &Switches) -> bool {
        if texts::times_out(&self.words) {
            return matches!(self.status, 401 | 403);
        }
        match (self.status, self.error_type) {
            (400, Some(kind)) => {
                use ErrorType as E;
                self.envelope && !matches!(kind, E::Network | E::Data | E::General)
            }
            (401 | 403, _) => self.envelope || switches.bare_403_refuses,
            (404 | 405 | 410 | 428, _) => self.envelope,
            (429, _) => switches.rate_limit_refuses,
            _ => false,
        }
    }

    /// What the failure says about a write.
    #[must_use]
    pub fn of_write(self, switches: &Switches) -> WriteEnd {
        let reason = self.reason();
        let outcome = if self.refuses(switches) {
            let (text, retry_after_ns) = (shortened(&self.words), self.retry_after_ns);
            Outcome::Refused(Refused { code: reason.code(), text, retry_after_ns })
        } else {
            // An answer came, even if it says that another one did not: the request was counted.
            let cause = match self.status {
                400 | 429 | 500..=599 if self.envelope || self.status != 400 => {
                    UnknownCause::Server
                }
                _ => UnknownCause::Garbled,
            };
            Outcome::Unclear(Unclear { cause, retry_after_ns: self.retry_after_ns })
        };
        WriteEnd { outcome, reason: Some(reason), words: self.words }
    }

    /// What the failure says about a read.
    #[must_use]
    pub fn of_read(self) -> ReadEnd {
        let reason = self.reason();
        let cause = match reason {
            Reason::Rate => ReadFailure::RateLimited,
            Reason::Session | Reason::Permission | Reason::IpNotRegistered | Reason::Blocked => {
                ReadFailure::Auth
            }
            Reason::Garbled => ReadFailure::Garbled,
            _ => ReadFailure::Server,
        };
        let failed = Failed { cause, retry_after_ns: self.retry_after_ns };
        let mut end = ReadEnd::of(Found::Failed(failed));
        end.reason = Some(reason);
        end.words = self.words;
        end
    }
}
