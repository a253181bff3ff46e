//! The shape of a call over HTTP, without a connection: what a codec of a real broker makes and
//! reads, and what a transport carries.
//!
//! Entry points: [`HttpRequest`], [`HttpReply`], [`Credentials`], [`Secret`].
//!
//! Invariants:
//! 1. An [`HttpRequest`] of a trading call holds no secret: the transport asks [`Credentials`]
//!    for the headers that carry one, at the moment of sending. Calls that open or close a
//!    session cannot avoid it; they are `private`, and then neither their query nor their body is
//!    ever printed.
//! 2. A [`Secret`] has no readable form but [`Secret::expose`].
//! 3. The transport never repeats a write, follows no redirect, and gives a reply back whatever
//!    its status is.

use std::fmt;

use truefill_core::time::SECOND_NS;

/// Longest wait that a reply's `Retry-After` may ask for, in seconds: three days.
const RETRY_AFTER_S_MAX: i64 = 3 * 86_400;

/// A text that never prints itself.
///
/// ```
/// let secret = truefill_venue::http::Secret::new("api_secret_value");
/// assert_eq!(format!("{secret:?}"), "[secret]");
/// assert_eq!(secret.expose(), "api_secret_value");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the wire only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True for the empty text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Places.
    Post,
    /// Changes.
    Put,
    /// Cancels.
    Delete,
}

impl Method {
    /// The word on the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Which of the broker's rate budgets a call is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Budget {
    /// Writes of orders.
    Orders,
    /// Everything that has no budget of its own.
    Reads,
    /// Snapshots of prices.
    Quotes,
    /// Candles of the past.
    History,
}

/// A call that is to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Method.
    pub method: Method,
    /// Path and query, beginning with `/`, a configured prefix included.
    pub target: String,
    /// Headers without secrets, in the order to send them.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// What the broker counts it as.
    pub budget: Budget,
    /// Its query or body holds a secret and must not be shown.
    pub private: bool,
}

impl HttpRequest {
    /// A call without a body.
    #[must_use]
    pub fn new(method: Method, target: impl Into<String>, budget: Budget) -> Self {
        let target = target.into();
        Self { method, target, headers: Vec::new(), body: Vec::new(), budget, private: false }
    }

    /// The target as it may be shown: without the query of a private call.
    #[must_use]
    pub fn shown_target(&self) -> &str {
        if self.private { self.target.split('?').next().unwrap_or_default() } else { &self.target }
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, bytes) = (self.method.as_str(), self.body.len());
        write!(f, "{method} {} with {bytes} bytes", self.shown_target())
    }
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpReply<'a> {
    /// Status of the response.
    pub status: u16,
    /// Its body, decompressed.
    pub body: &'a [u8],
    /// How long the broker wants silence, where a header said so.
    pub retry_after_ns: Option<i64>,
}

impl<'a> HttpReply<'a> {
    /// A reply that asks for no silence.
    #[must_use]
    pub const fn new(status: u16, body: &'a [u8]) -> Self {
        Self { status, body, retry_after_ns: None }
    }

    /// The same with the value of its `Retry-After` header. Only whole seconds are understood;
    /// anything else asks for nothing.
    ///
    /// ```
    /// use truefill_venue::http::HttpReply;
    /// assert_eq!(HttpReply::new(429, b"").retry_after("2").retry_after_ns, Some(2_000_000_000));
    /// assert_eq!(HttpReply::new(429, b"").retry_after("tomorrow").retry_after_ns, None);
    /// ```
    #[must_use]
    pub fn retry_after(mut self, header: &str) -> Self {
        let seconds = header.trim().parse::<i64>().ok().filter(|seconds| *seconds >= 0);
        self.retry_after_ns = seconds.map(|seconds| seconds.min(RETRY_AFTER_S_MAX) * SECOND_NS);
        self
    }
}

/// Who may sign calls.
pub trait Credentials {
    /// The headers that carry the secret, made when a call is sent. They are not kept.
    fn authorization(&self) -> Vec<(&'static str, Secret)>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_call_shows_neither_query_nor_body() {
        let mut call = HttpRequest::new(Method::Delete, "/session/token?a=CANARY", Budget::Reads);
        call.body = b"checksum=CANARY".to_vec();
        call.private = true;
        let shown = format!("{call:?} {}", call.shown_target());
        assert_eq!(shown, "DELETE /session/token with 15 bytes /session/token");
    }

    #[test]
    fn silence_is_bounded() {
        let reply = HttpReply::new(429, b"").retry_after("99999999999");
        assert_eq!(reply.retry_after_ns, Some(RETRY_AFTER_S_MAX * SECOND_NS));
        assert_eq!(HttpReply::new(429, b"").retry_after("-1").retry_after_ns, None);
    }
}
