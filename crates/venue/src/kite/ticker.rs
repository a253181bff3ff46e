//! The binary frames of the ticker, and the messages that ask for them.
//!
//! Entry points: [`frame`], [`Tick`], [`subscribe`].
//!
//! A frame is a count and that many packets, each with its length before it, all big endian:
//!
//! | bytes | packet |
//! |---|---|
//! | 8 | last price |
//! | 28, 32 | an index, without and with its time |
//! | 44 | quote: trade, volume, totals, open, high, low, close |
//! | 184 | full: also times, open interest and five levels on both sides |
//!
//! A frame of one byte is a heartbeat. A packet of another length is left out and told of, what
//! follows it is read; of a frame that was cut off, what came before the cut is.

use super::time::epoch_seconds;
use crate::codec::Garbage;
use truefill_core::num::{NANO, Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

/// Most instruments of one connection; more are refused or ignored by the broker.
pub const TOKENS_MAX: usize = 3000;
/// Most connections of one application: one more pushes out the first.
pub const CONNECTIONS_MAX: usize = 3;
/// Largest frame that is read: full packets of all instruments, and room to spare.
pub const FRAME_BYTES_MAX: usize = 2 << 20;

/// How much of an instrument is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The last price.
    Ltp,
    /// Trade, volume, open, high, low, close.
    Quote,
    /// Everything.
    Full,
}

impl Mode {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ltp => "ltp",
            Self::Quote => "quote",
            Self::Full => "full",
        }
    }
}

/// What a frame held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The packets that could be read, in their order.
    pub ticks: Vec<Tick>,
    /// It was a heartbeat.
    pub heartbeat: bool,
    /// Packets that could not be read, a cut-off one included.
    pub bad: usize,
    /// Why the first of them could not.
    pub why: Option<Garbage>,
}

/// One packet: everything known of an instrument at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// The broker's number of the instrument.
    pub token: u32,
    /// Last price.
    pub last: Px,
    /// Trade and volume, from quote on; indices have none.
    pub traded: Option<Traded>,
    /// Prices of the day, from quote on. `close` is that of the day before.
    pub day: Option<Day>,
    /// Change of an index since the close, signed.
    pub change: Option<Px>,
    /// Open interest and its extremes of the day.
    pub interest: Option<Interest>,
    /// When the last trade was, to the second.
    pub last_trade: Option<Nanos>,
    /// When the exchange made this, to the second.
    pub exchange_time: Option<Nanos>,
    /// Five best levels of both sides.
    pub depth: Option<Depth>,
}

/// What was traded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// Quantity of the last trade.
    pub last_qty: Qty,
    /// Average price of the day.
    pub average: Px,
    /// Quantity of the day.
    pub volume: Qty,
    /// All that is bid for.
    pub buy_qty: Qty,
    /// All that is offered.
    pub sell_qty: Qty,
}

/// Prices of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// First.
    pub open: Px,
    /// Highest.
    pub high: Px,
    /// Lowest.
    pub low: Px,
    /// Last of the day before.
    pub close: Px,
}

/// Open interest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Now.
    pub now: Qty,
    /// Highest of the day.
    pub high: Qty,
    /// Lowest of the day.
    pub low: Qty,
}

/// A level of the book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Price; zero for none.
    pub px: Px,
    /// Displayed quantity.
    pub qty: Qty,
    /// Orders there.
    pub orders: u16,
}

/// Both sides, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Bids.
    pub bids: [Level; 5],
    /// Asks.
    pub asks: [Level; 5],
}

impl Tick {
    /// Best bid and ask, where the packet has them. A side without orders has price zero, which
    /// [`Quote::is_sane`] refuses.
    #[must_use]
    pub fn quote(&self, received: Nanos) -> Option<Quote> {
        let depth = self.depth.as_ref()?;
        let ([bid, ..], [ask, ..]) = (depth.bids, depth.asks);
        Some(Quote {
            bid_px: bid.px,
            bid_qty: bid.qty,
            ask_px: ask.px,
            ask_qty: ask.qty,
            time: received,
        })
    }

    /// The instrument is an index: it cannot be traded.
    #[must_use]
    pub const fn is_index(&self) -> bool {
        segment(self.token) == INDICES
    }
}

/// Segment of an instrument: the low byte of its token.
#[must_use]
pub const fn segment(token: u32) -> u32 {
    token & 0xff
}

const CDS: u32 = 3;
const BCD: u32 = 6;
const INDICES: u32 = 9;
const NCO: u32 = 12;

/// A step of a price in a segment, in steps of 1e-9.
const fn px_step(token: u32) -> i128 {
    match segment(token) {
        CDS => NANO / 10_000_000,
        BCD | NCO => NANO / 10_000,
        _ => NANO / 100,
    }
}

/// Reads a frame.
///
/// ```
/// use truefill_core::num::Px;
/// use truefill_venue::kite::frame;
///
/// let bytes = [0, 1, 0, 8, 0, 6, 0x3a, 1, 0, 2, 0x49, 0xf1];
/// let read = frame(&bytes);
/// assert_eq!(read.ticks[0].token, 408_065);
/// assert_eq!(read.ticks[0].last, Px(1_500_010_000_000));
/// assert!(frame(&[0]).heartbeat);
/// assert_eq!(frame(&bytes[..9]).bad, 1);
/// ```
#[must_use]
pub fn frame(bytes: &[u8]) -> Frame {
    let mut read = Frame::default();
    if bytes.len() == 1 {
        read.heartbeat = true;
        return read;
    }
    if bytes.len() > FRAME_BYTES_MAX {
        read.blame(format_args!("a frame of {} bytes is too large", bytes.len()));
        return read;
    }
    let mut rest = Bytes(bytes);
    let Some(count) = rest.u16() else {
        read.blame("an empty frame");
        return read;
    };
    for number in 1..=count {
        let packet = rest.u16().and_then(|length| rest.take(usize::from(length)));
        let Some(packet) = packet else {
            read.blame(format_args!("cut off in packet {number} of {count}"));
            return read;
        };
        match tick(packet) {
            Some(tick) => read.ticks.push(tick),
            None => read.blame(format_args!("a packet of {} bytes", packet.len())),
        }
    }
    if !rest.0.is_empty() {
        read.blame(format_args!("{} bytes after the last packet", rest.0.len()));
    }
    read
}

impl Frame {
    fn blame(&mut self, why: impl std::fmt::Display) {
        self.bad += 1;
        self.why.get_or_insert_with(|| Garbage::new(why));
    }
}

fn tick(packet: &[u8]) -> Option<Tick> {
    let mut rest = Bytes(packet);
    let token = rest.u32()?;
    let step = px_step(token);
    let mut tick = Tick { token, last: rest.px(step)?, ..Tick::default() };
    match packet.len() {
        8 => {}
        28 | 32 => {
            let (high, low, open, close) =
                (rest.px(step)?, rest.px(step)?, rest.px(step)?, rest.px(step)?);
            tick.day = Some(Day { open, high, low, close });
            // Signed: the only number of the wire that is.
            let change = i32::from_be_bytes(rest.u32()?.to_be_bytes());
            tick.change = Some(Px(i128::from(change) * step));
            if packet.len() == 32 {
                tick.exchange_time = rest.time()?;
            }
        }
        44 | 184 => {
            tick.traded = Some(Traded {
                last_qty: rest.qty()?,
                average: rest.px(step)?,
                volume: rest.qty()?,
                buy_qty: rest.qty()?,
                sell_qty: rest.qty()?,
            });
            let (open, high, low, close) =
                (rest.px(step)?, rest.px(step)?, rest.px(step)?, rest.px(step)?);
            tick.day = Some(Day { open, high, low, close });
            if packet.len() == 184 {
                full(&mut rest, step, &mut tick)?;
            }
        }
        _ => return None,
    }
    Some(tick)
}

fn full(rest: &mut Bytes<'_>, step: i128, tick: &mut Tick) -> Option<()> {
    tick.last_trade = rest.time()?;
    tick.interest = Some(Interest { now: rest.qty()?, high: rest.qty()?, low: rest.qty()? });
    tick.exchange_time = rest.time()?;
    let mut depth = Depth::default();
    for level in depth.bids.iter_mut().chain(depth.asks.iter_mut()) {
        let qty = rest.qty()?;
        *level = Level { px: rest.px(step)?, qty, orders: rest.u16()? };
        rest.u16()?;
    }
    tick.depth = Some(depth);
    Some(())
}

/// Big-endian numbers from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*taken))
    }

    fn u32(&mut self) -> Option<u32> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*taken))
    }

    fn px(&mut self, step: i128) -> Option<Px> {
        self.u32().map(|raw| Px(i128::from(raw) * step))
    }

    fn qty(&mut self) -> Option<Qty> {
        self.u32().map(|raw| Qty::whole(i64::from(raw)))
    }

    /// Zero stands for no time.
    fn time(&mut self) -> Option<Option<Nanos>> {
        self.u32().map(|seconds| (seconds > 0).then(|| epoch_seconds(seconds)))
    }
}

/// The message that asks for instruments; they come in the broker's default mode.
#[must_use]
pub fn subscribe(tokens: &[u32]) -> String {
    format!(r#"{{"a":"subscribe","v":[{}]}}"#, joined(tokens))
}

/// The message that asks for instruments no more.
#[must_use]
pub fn unsubscribe(tokens: &[u32]) -> String {
    format!(r#"{{"a":"unsubscribe","v":[{}]}}"#, joined(tokens))
}

/// The message that changes how much is sent of instruments.
#[must_use]
pub fn set_mode(mode: Mode, tokens: &[u32]) -> String {
    format!(r#"{{"a":"mode","v":["{}",[{}]]}}"#, mode.as_str(), joined(tokens))
}

fn joined(tokens: &[u32]) -> String {
    tokens.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}
