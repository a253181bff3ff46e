//! The stream of a broker: prices to the board, news of orders to the desk, over one socket that
//! is replaced as soon as it is silent.
//!
//! Entry point: [`Ticker::run`].
//!
//! Invariants:
//! 1. Silence of the descriptor's length is death, whatever the socket says of itself.
//! 2. Between two connections both links are down, so that nothing adds exposure on what was not
//!    seen, and everything is read after the second one stands.
//! 3. The address holds the token and is never shown.

use crate::backoff::Pace;
use crate::bars::Bars;
use crate::board::{Board, Posted};
use crate::clock::Clock;
use crate::news::{Inbox, News};
use crate::notices::Notices;
use crate::session::Door;
use crate::wire::{CONNECT, Connector, Duplex};
use futures_util::{SinkExt as _, StreamExt as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest, protocol};
use truefill_core::ids::InstrumentId;
use truefill_core::input::{Channel, Garbled, Input};
use truefill_venue::KiteCodec;
use truefill_venue::kite::{self, FRAME_BYTES_MAX, Mode, Session, TOKENS_MAX, TextMessage};

/// A connection that lived so long was a good one.
const GOOD: Duration = Duration::from_secs(30);
/// After a refusal that only a person can mend.
const REFUSED: Duration = Duration::from_secs(60);

/// What the stream needs.
pub struct Ticker {
    /// The server.
    pub connector: Connector,
    /// Who we are.
    pub door: Door,
    /// The broker's numbers of the instruments.
    pub tokens: BTreeMap<u32, InstrumentId>,
    /// How messages are read.
    pub codec: Arc<KiteCodec>,
    /// Where prices go.
    pub board: Arc<Board>,
    /// Where bars are made, if anybody wants any.
    pub bars: Option<Arc<Bars>>,
    /// Where news goes.
    pub inbox: Inbox,
    /// Where people are told.
    pub notices: Notices,
    /// The time.
    pub clock: Clock,
    /// Silence that is death.
    pub silence: Duration,
}

/// How a connection ended.
enum End {
    /// The session is another one.
    Session,
    /// It never stood.
    Unreached,
    /// The broker does not take the token here.
    Refused,
    /// It was silent or broke.
    Broken(&'static str),
    /// The node ends.
    Over,
}

type Socket = WebSocketStream<Box<dyn Duplex>>;

impl Ticker {
    /// Connects, for ever.
    pub async fn run(mut self) {
        let mut pace = Pace::new();
        let mut refused = 0u32;
        while let Some(session) = self.door.open().await {
            let began = Instant::now();
            let end = self.connection(&session).await;
            self.link(false);
            let down = [Channel::Stream, Channel::Market];
            for channel in down {
                if self.inbox.send(News::Link(channel, false)).await.is_err() {
                    return;
                }
            }
            if began.elapsed() > GOOD {
                pace.reset();
            }
            refused = if matches!(end, End::Refused) { refused + 1 } else { 0 };
            let wait = match end {
                End::Over => return,
                End::Session => continue,
                // The first time it may be the token: that is checked by who keeps it.
                End::Refused if refused == 1 => pace.wait(),
                End::Refused => {
                    self.say(
                        "STREAM_REFUSED",
                        "the broker refuses the stream though the session is good",
                        "nothing is sent without prices; it is tried once a minute; check that \
                         the app has market data (a free one has none)",
                    );
                    REFUSED
                }
                End::Broken(why) => {
                    self.say("STREAM_LOST", why, "it is connected again; the books are read");
                    pace.wait()
                }
                End::Unreached => pace.wait(),
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.door.changed() => {}
            }
        }
    }

    async fn connection(&mut self, session: &Session) -> End {
        let opened = tokio::time::timeout(CONNECT * 2, self.upgrade(session)).await;
        let mut socket = match opened {
            Err(_) | Ok(Err(End::Unreached)) => return End::Unreached,
            Ok(Err(end)) => return end,
            Ok(Ok(socket)) => socket,
        };
        let tokens: Vec<u32> = self.tokens.keys().copied().take(TOKENS_MAX).collect();
        for text in [kite::subscribe(&tokens), kite::set_mode(Mode::Full, &tokens)] {
            let sent = tokio::time::timeout(CONNECT, socket.send(Message::text(text))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return End::Broken("the stream broke while it was set up");
            }
        }
        self.link(true);
        for channel in [Channel::Market, Channel::Stream] {
            if self.inbox.send(News::Link(channel, true)).await.is_err() {
                return End::Over;
            }
        }
        self.listen(&mut socket).await
    }

    async fn upgrade(&self, session: &Session) -> Result<Socket, End> {
        let stream = self.connector.open().await.map_err(|_| End::Unreached)?;
        let endpoint = self.connector.endpoint();
        let scheme = if endpoint.tls { "wss" } else { "ws" };
        let base = format!("{scheme}://{}{}/", endpoint.authority(), endpoint.prefix);
        let url = session.ticker_url(&base, &[]);
        let request = url.expose().into_client_request().map_err(|_| End::Unreached)?;
        let limits = protocol::WebSocketConfig::default()
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let shaken =
            tokio_tungstenite::client_async_with_config(request, stream, Some(limits)).await;
        match shaken {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(response)) if matches!(response.status().as_u16(), 401 | 403) => {
                self.door.doubt();
                Err(End::Refused)
            }
            Err(_) => Err(End::Unreached),
        }
    }

    async fn listen(&mut self, socket: &mut Socket) -> End {
        loop {
            let next = tokio::select! {
                next = tokio::time::timeout(self.silence, socket.next()) => next,
                () = self.door.changed() => return End::Session,
            };
            let message = match next {
                Err(_) => return End::Broken("the stream is silent, so it is dead"),
                Ok(None) => return End::Broken("the broker closed the stream"),
                Ok(Some(Err(_))) => return End::Broken("the stream broke"),
                Ok(Some(Ok(message))) => message,
            };
            match message {
                Message::Binary(bytes) => self.frame(&bytes),
                Message::Text(text) => {
                    let Some(input) = self.text(text.as_bytes()) else { continue };
                    if self.inbox.send(News::Input(input)).await.is_err() {
                        return End::Over;
                    }
                }
                Message::Close(_) => return End::Broken("the broker closed the stream"),
                _ => {}
            }
        }
    }

    fn frame(&self, bytes: &[u8]) {
        let received = self.clock.now();
        for tick in kite::frame(bytes).ticks {
            let Some(id) = self.tokens.get(&tick.token) else { continue };
            if let Some(bars) = &self.bars {
                bars.tick(*id, &tick, received);
            }
            let Some(quote) = tick.quote(received) else { continue };
            let volume = tick.traded.map(|traded| traded.volume);
            let close = tick.day.map(|day| day.close).filter(|px| px.0 > 0);
            let exchange_time = tick.exchange_time;
            self.board.post(*id, Posted { quote, volume, close, exchange_time });
        }
    }

    fn link(&self, up: bool) {
        if let Some(bars) = &self.bars {
            bars.link(up);
        }
    }

    /// News of an order as an input; other messages are for people.
    fn text(&self, body: &[u8]) -> Option<Input> {
        match self.codec.text_message(body) {
            Ok(TextMessage::Order(news)) => Some(Input::Push(news.push)),
            Ok(TextMessage::Error(words)) => {
                self.say("STREAM_ERROR", &words, "the broker's words; what was asked is not sent");
                None
            }
            Ok(TextMessage::Message(words)) => {
                self.say("BROKER_SAYS", &words, "for people; nothing follows from it");
                None
            }
            Ok(TextMessage::Foreign | TextMessage::Other(_)) => None,
            Err(garbage) => {
                let (channel, why) = (Channel::Stream, garbage.to_string());
                Some(Input::Garbled(Garbled { channel, why }))
            }
        }
    }

    fn say(&self, code: &str, why: &str, then: &str) {
        self.notices.say(self.clock.now(), code, why, then);
    }
}
