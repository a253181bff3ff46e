//! The box on the network: two listeners, one for clients and one for the control API.
//!
//! Entry point: [`start`].
//!
//! Invariants:
//! 1. The desk is asked under one lock and never across an await; all of its frames go out in the
//!    order in which it gave them.
//! 2. Everything a client can make us hold is bounded: connections, headers, bodies, messages, and
//!    the time of each; see [`guard`].
//! 3. A client that does not read loses its connection, not our memory.
//!
//! | module | idea |
//! |---|---|
//! | [`clock`] | simulated time from real time |
//! | [`guard`] | limits on connections |
//! | `rest` | a request over HTTP |
//! | `ticker` | a connection over WebSocket |
//! | `control` | the control API |
//! | `postback` | messages to the app's own server |

pub mod clock;
mod control;
pub mod guard;
mod postback;
mod rest;
mod ticker;

use crate::desk::{Connection, Desk, Frame, LinkKind};
use clock::Clock;
use guard::Guard;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Connections of clients that are open at once; the least recently active one goes.
const CONNECTIONS_MAX: usize = 400;
/// Connections of the control API.
const CONTROLS_MAX: usize = 40;
/// Bytes of a request's head, and headers in it.
const HEAD_BYTES_MAX: usize = 32 * 1024;
const HEADERS_MAX: usize = 64;
/// How long a head may take, which is also how long a connection may be idle.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Frames that wait for one connection of the ticker.
const FRAMES_MAX: usize = 512;
/// Longest sleep between two looks at the desk.
const LOOK: Duration = Duration::from_millis(20);

/// Where to listen, and what to write.
#[derive(Debug)]
pub struct Settings {
    /// For clients.
    pub listen: SocketAddr,
    /// For the control API.
    pub control: SocketAddr,
    /// The log of truth as JSON Lines, if it is kept on disk.
    pub log: Option<std::fs::File>,
    /// Where postbacks go: address and path of a server that speaks plain HTTP.
    pub postback: Option<(String, String)>,
    /// Say on standard error what is done to clients.
    pub tell: bool,
}

/// A box that serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Where clients connect.
    pub rest: SocketAddr,
    /// Where the control API is.
    pub control: SocketAddr,
    /// The token that is valid now.
    pub access_token: String,
}

/// What everybody shares.
struct Shared {
    desk: Mutex<Desk>,
    clock: Clock,
    senders: Mutex<BTreeMap<Connection, mpsc::Sender<Frame>>>,
    log: Mutex<Option<std::fs::File>>,
    postbacks: Option<mpsc::Sender<String>>,
    tell: bool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while it was held is a defect that other requests need not die of.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Asks the desk, and sends what comes of it.
    fn with<T>(&self, ask: impl FnOnce(&mut Desk, truefill_core::time::Nanos) -> T) -> T {
        let mut desk = locked(&self.desk);
        let now = self.clock.now();
        let answer = ask(&mut desk, now);
        self.deliver(&mut desk, now);
        answer
    }

    fn deliver(&self, desk: &mut Desk, now: truefill_core::time::Nanos) {
        let up = desk.link(now) == LinkKind::Up;
        let frames = desk.take_frames();
        if !frames.is_empty() {
            let mut senders = locked(&self.senders);
            for (connection, frame) in frames {
                let closes = matches!(frame, Frame::Close(_));
                let full = senders
                    .get(&connection)
                    .is_some_and(|sender| (up || closes) && sender.try_send(frame).is_err());
                if closes || full {
                    senders.remove(&connection);
                }
                if full {
                    desk.ticker_closed(now, connection);
                }
            }
        }
        if let Some(sender) = &self.postbacks {
            // A server that is too slow loses some, as it does with the real broker.
            desk.take_postbacks().into_iter().for_each(|body| drop(sender.try_send(body)));
        }
        let said = desk.chronicle().take_said();
        if self.tell {
            let mut screen = std::io::stderr().lock();
            // Nobody reads it any more: that is no reason to stop.
            said.iter().for_each(|line| drop(writeln!(screen, "{line}")));
        }
        let lines = desk.chronicle().take_unwritten();
        if let Some(log) = locked(&self.log).as_mut() {
            lines.iter().for_each(|line| drop(writeln!(log, "{line}")));
        }
    }

    fn link(&self) -> LinkKind {
        locked(&self.desk).link(self.clock.now())
    }
}

/// Binds both listeners and serves from now on, in tasks of the present runtime.
///
/// # Errors
/// When an address cannot be bound.
pub async fn start(mut desk: Desk, clock: Clock, settings: Settings) -> std::io::Result<Ready> {
    let clients = TcpListener::bind(settings.listen).await?;
    let controls = TcpListener::bind(settings.control).await?;
    if settings.log.is_some() {
        desk.chronicle().keep_unwritten();
    }
    let ready = Ready {
        rest: clients.local_addr()?,
        control: controls.local_addr()?,
        access_token: desk.access_token().to_owned(),
    };
    let postbacks = settings.postback.map(postback::start);
    let shared = Arc::new(Shared {
        desk: Mutex::new(desk),
        clock,
        senders: Mutex::new(BTreeMap::new()),
        log: Mutex::new(settings.log),
        postbacks,
        tell: settings.tell,
    });
    tokio::spawn(drive(Arc::clone(&shared)));
    tokio::spawn(accept(clients, Arc::clone(&shared), false));
    tokio::spawn(accept(controls, shared, true));
    Ok(ready)
}

/// Lets the desk's time pass.
async fn drive(shared: Arc<Shared>) {
    loop {
        let next = shared.with(|desk, now| {
            desk.advance(now);
            desk.next_time()
        });
        tokio::time::sleep(shared.clock.until(next).min(LOOK)).await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, control: bool) {
    let guard = Arc::new(Guard::new(if control { CONTROLS_MAX } else { CONNECTIONS_MAX }));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, for instance: make room.
            guard.evict_one();
            tokio::time::sleep(LOOK).await;
            continue;
        };
        if !control && shared.link() == LinkKind::Down {
            continue;
        }
        // Small replies must not wait for each other; where that fails they do.
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&guard), control));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, guard: Arc<Guard>, control: bool) {
    let place = guard.enter();
    let (number, leave) = (place.number(), place.leave());
    let service = hyper::service::service_fn(|request| {
        guard.touch(number);
        let shared = Arc::clone(&shared);
        async move {
            if control {
                control::answer(&shared, request).await
            } else {
                rest::answer(&shared, request).await
            }
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    let connection = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::select! {
        // However it ends, the client has seen all that it will see.
        _ = connection => {}
        () = leave.notified() => {}
    }
}
