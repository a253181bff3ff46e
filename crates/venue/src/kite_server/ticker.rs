//! The ticker: binary packets out, small JSON messages in.
//!
//! Entry points: [`frame`], [`TickFace`], [`TickerAsk::read`].
//!
//! A frame is the number of packets (2 bytes), then for each its length (2 bytes) and its bytes,
//! all big-endian. A single byte is a heartbeat.
//!
//! Invariant: a number that its field cannot hold becomes the largest that it can; nothing wraps.

use super::json::Json;
use super::words::{INDEX_SEGMENT, divisor_of};
use truefill_core::num::{NANO, Px, Qty};
use truefill_core::time::{Nanos, SECOND_NS};

/// Most tokens that one message may name.
const TOKENS_MAX: usize = 10_000;
/// Levels of each side in a packet.
const LEVELS: usize = 5;

/// The heartbeat.
pub const HEARTBEAT: &[u8] = &[0];

/// How much of an instrument is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The last price.
    Ltp,
    /// And volumes and the prices of the day.
    Quote,
    /// And open interest, times and the book.
    Full,
}

impl Mode {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "ltp" => Some(Self::Ltp),
            "quote" => Some(Self::Quote),
            "full" => Some(Self::Full),
            _ => None,
        }
    }
}

/// What a client asks of the ticker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TickerAsk {
    /// Send these, as quotes.
    Subscribe(Vec<u32>),
    /// Send these no more.
    Unsubscribe(Vec<u32>),
    /// Send these in this mode.
    SetMode(Mode, Vec<u32>),
}

impl TickerAsk {
    /// Reads a text message; `None` for anything else than the three that there are.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let message: serde_json::Value = serde_json::from_str(text).ok()?;
        let value = message.get("v")?;
        match message.get("a")?.as_str()? {
            "subscribe" => tokens(value).map(Self::Subscribe),
            "unsubscribe" => tokens(value).map(Self::Unsubscribe),
            "mode" => {
                let mode = Mode::parse(value.get(0)?.as_str()?)?;
                tokens(value.get(1)?).map(|tokens| Self::SetMode(mode, tokens))
            }
            _ => None,
        }
    }
}

fn tokens(value: &serde_json::Value) -> Option<Vec<u32>> {
    let listed = value.as_array().filter(|listed| listed.len() <= TOKENS_MAX)?;
    listed
        .iter()
        .map(|token| {
            // One client sends them as text.
            let number = token.as_u64().or_else(|| token.as_str()?.parse().ok())?;
            u32::try_from(number).ok()
        })
        .collect()
}

/// A level of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Price.
    pub px: Px,
    /// Quantity.
    pub qty: Qty,
    /// Number of orders.
    pub orders: u16,
}

/// An instrument, as the ticker and quotes show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickFace {
    /// Its token.
    pub token: u32,
    /// Last price.
    pub last_px: Px,
    /// Last quantity.
    pub last_qty: Qty,
    /// Average price of the day.
    pub average_px: Px,
    /// Volume of the day.
    pub volume: Qty,
    /// All that is bid.
    pub buy_qty: Qty,
    /// All that is offered.
    pub sell_qty: Qty,
    /// Open of the day.
    pub open: Px,
    /// High of the day.
    pub high: Px,
    /// Low of the day.
    pub low: Px,
    /// Close of the day before.
    pub close: Px,
    /// When it last traded.
    pub last_trade: Nanos,
    /// When the exchange said so.
    pub time: Nanos,
    /// Bids, best first.
    pub bids: Vec<Level>,
    /// Asks, best first.
    pub asks: Vec<Level>,
}

impl TickFace {
    /// Its packet: 8 bytes, 44 or 184; of an index 8, 28 or 32.
    #[must_use]
    pub fn packet(&self, mode: Mode) -> Vec<u8> {
        let by = divisor_of(self.token);
        let mut packet = Vec::with_capacity(184);
        let mut put = |value: u32| packet.extend_from_slice(&value.to_be_bytes());
        let px = |px: Px| unsigned(px.0.saturating_mul(by) / NANO);
        put(self.token);
        put(px(self.last_px));
        if mode == Mode::Ltp {
            return packet;
        }
        if self.token & 0xff == INDEX_SEGMENT {
            for price in [self.high, self.low, self.open, self.close] {
                put(px(price));
            }
            put(px(Px((self.last_px.0 - self.close.0).max(0))));
            if mode == Mode::Full {
                put(seconds(self.time));
            }
            return packet;
        }
        put(units(self.last_qty));
        put(px(self.average_px));
        for qty in [self.volume, self.buy_qty, self.sell_qty] {
            put(units(qty));
        }
        for price in [self.open, self.high, self.low, self.close] {
            put(px(price));
        }
        if mode == Mode::Quote {
            return packet;
        }
        put(seconds(self.last_trade));
        for nothing in [0, 0, 0] {
            put(nothing);
        }
        put(seconds(self.time));
        for side in [&self.bids, &self.asks] {
            for at in 0..LEVELS {
                let level = side.get(at).copied().unwrap_or_default();
                packet.extend_from_slice(&units(level.qty).to_be_bytes());
                packet.extend_from_slice(&px(level.px).to_be_bytes());
                packet.extend_from_slice(&level.orders.to_be_bytes());
                packet.extend_from_slice(&[0, 0]);
            }
        }
        packet
    }

    /// The same for the quote pages, with the book.
    #[must_use]
    pub fn depth(&self) -> Json {
        let side = |levels: &[Level]| {
            let rows = (0..LEVELS).map(|at| {
                let level = levels.get(at).copied().unwrap_or_default();
                Json::object([
                    ("price", level.px.into()),
                    ("quantity", level.qty.into()),
                    ("orders", level.orders.into()),
                ])
            });
            Json::List(rows.collect())
        };
        Json::object([("buy", side(&self.bids)), ("sell", side(&self.asks))])
    }

    /// Open, high, low and close.
    #[must_use]
    pub fn ohlc(&self) -> Json {
        Json::object([
            ("open", self.open.into()),
            ("high", self.high.into()),
            ("low", self.low.into()),
            ("close", self.close.into()),
        ])
    }
}

fn unsigned(value: i128) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

fn units(qty: Qty) -> u32 {
    unsigned(qty.0 / NANO)
}

fn seconds(at: Nanos) -> u32 {
    unsigned(i128::from(at.0 / SECOND_NS))
}

/// A frame of these packets; 65,535 of them at most.
#[must_use]
pub fn frame(packets: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(packets.len()).unwrap_or(u16::MAX);
    let mut out = count.to_be_bytes().to_vec();
    for packet in packets.iter().take(usize::from(count)) {
        let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(packet);
    }
    out
}

/// A text message: `order` with a row, or `error` with a text.
#[must_use]
pub fn text(kind: &str, data: Json) -> String {
    Json::object([("type", kind.into()), ("data", data)]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(token: u32) -> TickFace {
        let level = Level { px: Px(100_050_000_000), qty: Qty::whole(7), orders: 2 };
        TickFace {
            token,
            last_px: Px(100_050_000_000),
            close: Px::whole(100),
            volume: Qty::whole(5_000_000_000),
            time: Nanos(1_700_000_000 * SECOND_NS),
            bids: vec![level],
            ..TickFace::default()
        }
    }

    #[test]
    fn packets_have_their_lengths() {
        let lengths =
            |token| [Mode::Ltp, Mode::Quote, Mode::Full].map(|m| face(token).packet(m).len());
        assert_eq!(lengths(408_065), [8, 44, 184]);
        assert_eq!(lengths(256_265), [8, 28, 32]);
    }

    #[test]
    fn fields_are_where_they_belong() {
        let packet = face(408_065).packet(Mode::Full);
        let word = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().unwrap());
        assert_eq!((word(0), word(4)), (408_065, 10_005));
        // A volume beyond the field is the largest that fits.
        assert_eq!(word(16), u32::MAX);
        assert_eq!(word(40), 10_000);
        assert_eq!(word(60), 1_700_000_000);
        assert_eq!((word(64), word(68), packet[73]), (7, 10_005, 2));
        assert_eq!(word(64 + 60), 0);
    }

    #[test]
    fn frames_count_and_measure() {
        let bytes = frame(&[vec![1, 2], vec![3]]);
        assert_eq!(bytes, [0, 2, 0, 2, 1, 2, 0, 1, 3]);
        assert_eq!(frame(&[]), [0, 0]);
    }

    #[test]
    fn asks_are_read_and_nonsense_is_not() {
        let read = TickerAsk::read;
        assert_eq!(
            read(r#"{"a":"subscribe","v":[1,"2"]}"#),
            Some(TickerAsk::Subscribe(vec![1, 2]))
        );
        let full = Some(TickerAsk::SetMode(Mode::Full, vec![5]));
        assert_eq!(read(r#"{"a":"mode","v":["full",[5]]}"#), full);
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"a":"subscribe"}"#,
            r#"{"a":"mode","v":["all",[1]]}"#,
            r#"{"a":"subscribe","v":[-1]}"#,
            r#"{"a":"subscribe","v":[4294967296]}"#,
            "\u{0}",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
