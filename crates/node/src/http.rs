//! Calls over HTTP: few connections, kept while they are good, with a bound on everything.
//!
//! Entry point: [`Pool::call`].
//!
//! Invariants:
//! 1. A call is put on a wire once. What never reached one ended as [`Lost::NotSent`], for sure;
//!    everything else that has no answer is not known ([`Lost::Reset`], [`Lost::Timeout`]).
//! 2. No redirect is followed; an answer of any status is an answer.
//! 3. In no window does a broker see more reads than it allows, restarts included.
//! 4. Every call has an end in time, every body a largest size.

use crate::wire::Connector;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Semaphore;
use truefill_venue::http::{Budget, HttpRequest, Secret};

/// Calls that are under way at once; more wait for a place.
const CALLS_MAX: usize = 64;
/// Reads in a window of the broker, and that window with a margin for its clock.
const READS_MAX: usize = 10;
const READS_WINDOW: Duration = Duration::from_millis(1_050);
/// Connections that are kept for later.
const IDLE_MAX: usize = 8;
/// A connection that was idle for longer may be half closed on the other side.
const IDLE: Duration = Duration::from_secs(15);
/// Headers of an answer.
const HEADERS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 64 << 10;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
    /// `Retry-After`, as it stands there.
    pub retry_after: Option<String>,
    /// The other side's clock, to the second.
    pub date: Option<SystemTime>,
}

/// A call without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// It never left, for sure: there was no place for it in time.
    NotSent,
    /// It never left, for sure: no connection stands.
    Unreached,
    /// The connection broke, or the answer was larger than anything that is read.
    Reset,
    /// No answer in time.
    Timeout,
}

/// When a call must have left, and when it must have been answered.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// Latest time to leave.
    pub leave: Instant,
    /// Latest time of the whole answer.
    pub answer: Instant,
}

impl Deadlines {
    /// So much for all of it.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        let answer = Instant::now() + time;
        Self { leave: answer, answer }
    }
}

type Sender = SendRequest<Full<Bytes>>;

/// Calls to one server.
pub struct Pool {
    connector: Connector,
    idle: Mutex<Vec<(Instant, Sender)>>,
    places: Semaphore,
    reads: Arc<Semaphore>,
}

/// Gives places for reads back once their window is over, as the broker sees it.
fn after_window(reads: Arc<Semaphore>, places: usize) {
    tokio::spawn(async move {
        tokio::time::sleep(READS_WINDOW).await;
        reads.add_permits(places);
    });
}

/// A place for a read. It stays taken from the sending until one window after the end.
struct ReadPlace(Arc<Semaphore>);

impl Drop for ReadPlace {
    fn drop(&mut self) {
        after_window(Arc::clone(&self.0), 1);
    }
}

impl Pool {
    /// Without connections yet. What a node before this one has read in the last second is not
    /// known, so the first read waits for one window.
    #[must_use]
    pub fn new(connector: Connector) -> Self {
        let reads = Arc::new(Semaphore::new(0));
        after_window(Arc::clone(&reads), READS_MAX);
        let (idle, places) = (Mutex::new(Vec::new()), Semaphore::new(CALLS_MAX));
        Self { connector, idle, places, reads }
    }

    /// Reads that have no budget of their own share one, which the engine knows half of: a read of
    /// its may be two calls, and the node has questions of its own.
    async fn read_place(&self, leave: tokio::time::Instant) -> Result<ReadPlace, Lost> {
        let place = tokio::time::timeout_at(leave, self.reads.acquire()).await;
        let Ok(Ok(place)) = place else { return Err(Lost::NotSent) };
        place.forget();
        Ok(ReadPlace(Arc::clone(&self.reads)))
    }

    /// Makes a call and reads its answer, at most so many bytes of it.
    ///
    /// # Errors
    /// [`Lost`]: what is certain about a call without an answer.
    pub async fn call(
        &self,
        call: &HttpRequest,
        signed: &[(&'static str, Secret)],
        by: Deadlines,
        bytes_max: usize,
    ) -> Result<Answer, Lost> {
        let mut body = Vec::new();
        let mut whole = true;
        let mut take = |piece: &[u8]| {
            whole = body.len() + piece.len() <= bytes_max;
            if whole {
                body.extend_from_slice(piece);
            }
            whole
        };
        let mut answer = self.stream(call, signed, by, &mut take).await?;
        if !whole {
            return Err(Lost::Reset);
        }
        answer.body = body;
        Ok(answer)
    }

    /// Makes a call and gives its body away as it comes, until `take` has had enough.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn stream(
        &self,
        call: &HttpRequest,
        signed: &[(&'static str, Secret)],
        by: Deadlines,
        take: &mut (dyn FnMut(&[u8]) -> bool + Send),
    ) -> Result<Answer, Lost> {
        let leave = tokio::time::Instant::from_std(by.leave);
        let place = tokio::time::timeout_at(leave, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(Lost::NotSent) };
        let is_read = call.budget == Budget::Reads;
        let _read = if is_read { Some(self.read_place(leave).await?) } else { None };
        let mut request = self.request(call, signed).ok_or(Lost::NotSent)?;
        let answer_by = tokio::time::Instant::from_std(by.answer);
        let (response, sender) = loop {
            let (mut sender, fresh) = self.connection(leave).await?;
            if Instant::now() > by.leave {
                return Err(Lost::NotSent);
            }
            let sent = tokio::time::timeout_at(answer_by, sender.try_send_request(request)).await;
            match sent {
                Err(_) => return Err(Lost::Timeout),
                Ok(Ok(response)) => break (response, sender),
                Ok(Err(mut error)) => match error.take_message() {
                    // The kept connection was closed by the other side before anything was
                    // written, so a new one is the first to carry it.
                    Some(again) if !fresh => request = again,
                    Some(_) => return Err(Lost::NotSent),
                    None => return Err(Lost::Reset),
                },
            }
        };
        let (answer, body) = head(response);
        let read = tokio::time::timeout_at(answer_by, drain(body, take)).await;
        match read.unwrap_or(Err(Lost::Timeout)) {
            Ok(whole) => {
                if whole {
                    self.keep(sender);
                }
                Ok(answer)
            }
            Err(lost) => Err(lost),
        }
    }

    /// Whether a connection can be made now. It is kept for the next call.
    pub async fn reaches(&self) -> bool {
        let leave = tokio::time::Instant::now() + Duration::from_secs(10);
        match self.connection(leave).await {
            Ok((sender, _)) => {
                self.keep(sender);
                true
            }
            Err(_) => false,
        }
    }

    /// A connection that stands: a kept one, or else a new one.
    async fn connection(&self, leave: tokio::time::Instant) -> Result<(Sender, bool), Lost> {
        while let Some((since, sender)) = self.take_idle() {
            if since.elapsed() < IDLE && sender.is_ready() {
                return Ok((sender, false));
            }
        }
        let opened = tokio::time::timeout_at(leave, self.connector.open()).await;
        let Ok(Ok(stream)) = opened else { return Err(Lost::Unreached) };
        let mut builder = http1::Builder::new();
        builder.max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX);
        let shaken = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|_| Lost::Unreached)?;
        // However it ends, the call that used it is told.
        tokio::spawn(async move { drop(connection.await) });
        Ok((sender, true))
    }

    fn take_idle(&self) -> Option<(Instant, Sender)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, sender: Sender) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, sender)| since.elapsed() < IDLE && !sender.is_closed());
        if idle.len() < IDLE_MAX {
            idle.push((Instant::now(), sender));
        }
    }

    fn request(
        &self,
        call: &HttpRequest,
        signed: &[(&'static str, Secret)],
    ) -> Option<Request<Full<Bytes>>> {
        let endpoint = self.connector.endpoint();
        let mut builder = Request::builder()
            .method(call.method.as_str())
            .uri(format!("{}{}", endpoint.prefix, call.target))
            .header("Host", endpoint.authority())
            .header("User-Agent", concat!("truefill/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &call.headers {
            builder = builder.header(*name, *value);
        }
        for (name, secret) in signed {
            let mut value = hyper::header::HeaderValue::from_str(secret.expose()).ok()?;
            value.set_sensitive(true);
            builder = builder.header(*name, value);
        }
        builder.body(Full::new(Bytes::from(call.body.clone()))).ok()
    }
}

fn head(response: Response<Incoming>) -> (Answer, Incoming) {
    let (parts, body) = response.into_parts();
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let answer = Answer {
        status: parts.status.as_u16(),
        body: Vec::new(),
        retry_after: text("retry-after").map(str::to_owned),
        date: text("date").and_then(|date| httpdate::parse_http_date(date).ok()),
    };
    (answer, body)
}

/// Gives a body away; true when all of it was read, so that its connection can be used again.
async fn drain(
    mut body: Incoming,
    take: &mut (dyn FnMut(&[u8]) -> bool + Send),
) -> Result<bool, Lost> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Lost::Reset)?;
        if let Some(piece) = frame.data_ref()
            && !take(piece)
        {
            return Ok(false);
        }
    }
    Ok(true)
}
