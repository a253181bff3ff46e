//! Postbacks: the broker posts what changed about an order to an address of ours.
//!
//! Entry points: [`bind`], [`Listener::run`].
//!
//! The listener speaks plain HTTP and stands behind something that speaks TLS. What is posted becomes
//! the same input as a message of the ticker: a hint that may come twice, late or never, and the
//! books decide.
//!
//! Invariants:
//! 1. Nothing follows from a body whose checksum is not that of the app's secret.
//! 2. Connections, heads, bodies and the time of each are bounded.
//! 3. No answer, notice or error holds the secret, or what a stranger posted.

use crate::clock::Clock;
use crate::news::{Inbox, News};
use crate::notices::Notices;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use truefill_core::input::{Channel, Garbled, Input};
use truefill_venue::KiteCodec;
use truefill_venue::http::Secret;
use truefill_venue::kite::Postback;

/// Connections at once; one more is closed.
const CONNECTIONS_MAX: usize = 32;
/// Longest life of one: each carries one request.
const LIFE: Duration = Duration::from_secs(10);
/// How long a head may take, and a body.
const READ: Duration = Duration::from_secs(4);
/// How long the desk may take; the broker waits for two to three seconds.
const TAKEN: Duration = Duration::from_secs(2);
const HEAD_BYTES_MAX: usize = 32 << 10;
const HEADERS_MAX: usize = 64;
const BODY_BYTES_MAX: usize = 64 << 10;
/// Pause when the system gives no connections.
const PAUSE: Duration = Duration::from_millis(200);

/// What the listener needs.
pub(crate) struct Listener {
    /// How postbacks are read.
    pub codec: Arc<KiteCodec>,
    /// Whose orders count.
    pub account: String,
    /// The app's secret, which genuine ones are made with.
    pub secret: Secret,
    /// Where news goes.
    pub inbox: Inbox,
    /// Where people are told.
    pub notices: Notices,
    /// The time.
    pub clock: Clock,
    /// How many were refused.
    pub refused: AtomicU64,
}

/// Listens at this address.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

impl Listener {
    /// Takes what comes until the node ends.
    pub async fn run(self, listener: TcpListener) {
        let own = Arc::new(self);
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = own.inbox.closed() => return,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let own = Arc::clone(&own);
            tokio::spawn(async move {
                // However it ends: it was a hint.
                drop(tokio::time::timeout(LIFE, own.serve(stream)).await);
                drop(place);
            });
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(move |request| {
            let own = Arc::clone(&self);
            async move {
                let mut response = Response::new(Full::new(Bytes::new()));
                *response.status_mut() = own.answer(request).await;
                Ok::<_, Infallible>(response)
            }
        });
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(READ).keep_alive(false);
        server.max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX);
        drop(server.serve_connection(TokioIo::new(stream), service).await);
    }

    async fn answer(&self, request: Request<Incoming>) -> StatusCode {
        if request.method() != Method::POST {
            return self.refuse(StatusCode::METHOD_NOT_ALLOWED, "it was no POST");
        }
        let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect();
        match tokio::time::timeout(READ, body).await {
            Ok(Ok(body)) => self.take(&body.to_bytes()).await,
            _ => {
                let why = "its body was larger than 64 KiB, broken, or too slow";
                self.refuse(StatusCode::BAD_REQUEST, why)
            }
        }
    }

    async fn take(&self, body: &[u8]) -> StatusCode {
        match self.codec.postback(body, &self.secret, &self.account) {
            Postback::Order(news) => self.deliver(Input::Push(news.push)).await,
            Postback::Unreadable(why) => {
                let (channel, why) = (Channel::Stream, why.to_string());
                self.deliver(Input::Garbled(Garbled { channel, why })).await
            }
            Postback::Foreign => StatusCode::OK,
            Postback::Forged => {
                self.refuse(StatusCode::FORBIDDEN, "its checksum is not that of the app's secret")
            }
            Postback::Garbled(_) => self.refuse(StatusCode::BAD_REQUEST, "it is no postback"),
        }
    }

    async fn deliver(&self, input: Input) -> StatusCode {
        match tokio::time::timeout(TAKEN, self.inbox.send(News::Input(input))).await {
            Ok(Ok(())) => StatusCode::OK,
            // The desk is busy, and the books say the same later.
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Counts it. People are told of the first, and again at ten times as many.
    fn refuse(&self, status: StatusCode, why: &str) -> StatusCode {
        let count = self.refused.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if is_power_of_ten(count) {
            let text = match count {
                1 => format!("a postback was refused: {why}"),
                count => format!("{count} postbacks were refused; the last one: {why}"),
            };
            let then = "nothing follows from it; if the broker sent it, check the secret of the \
                        app, else see who reaches the address besides the broker";
            self.notices.say(self.clock.now(), "POSTBACK_REFUSED", text, then);
        }
        status
    }
}

const fn is_power_of_ten(mut count: u64) -> bool {
    while count >= 10 && count.is_multiple_of(10) {
        count /= 10;
    }
    count == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_at_one_ten_and_a_hundred() {
        let told: Vec<u64> = (0..1_001).filter(|count| is_power_of_ten(*count)).collect();
        assert_eq!(told, [1, 10, 100, 1_000]);
    }
}
