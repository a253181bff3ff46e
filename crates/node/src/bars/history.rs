//! Candles of the past, at the pace that the broker allows.
//!
//! Entry point: [`History::candles`].
//!
//! Invariants:
//! 1. One call at a time, and never more in the broker's window than it allows, calls of a node
//!    before this one included.
//! 2. Without a session it waits for one. Where the account has no right to candles, people are
//!    told once, and nothing is asked again before the next session.

use super::series::Ask;
use crate::clock::Clock;
use crate::http::{Deadlines, Pool};
use crate::notices::Notices;
use crate::session::Door;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use truefill_core::config::{Descriptor, Scope, Window};
use truefill_core::ids::{InstrumentId, RequestId};
use truefill_core::limiter::{Class, Limiter};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_venue::http::{Credentials as _, HttpReply};
use truefill_venue::kite::{BODY_BYTES_MAX, Calls, Candle, ErrorType, candles_call, read_candles};

/// What the broker allows of these calls.
const WINDOW: Window = Window { n: 3, per_ns: SECOND_NS, scope: Scope::All };
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_NS: i64 = 10 * SECOND_NS;

/// Candles, or none: why is told to people.
pub(super) type Found = Result<Vec<Candle>, ()>;

/// See the module.
pub(crate) struct History {
    pool: Arc<Pool>,
    door: Door,
    tokens: BTreeMap<InstrumentId, u32>,
    symbols: Vec<String>,
    notices: Notices,
    clock: Clock,
    limiter: Limiter,
    calls: u64,
    /// The session to which candles were refused, by when it began.
    refused: Option<Nanos>,
}

impl History {
    /// Before the first call.
    pub fn new(
        (pool, door): (Arc<Pool>, Door),
        tokens: &BTreeMap<u32, InstrumentId>,
        symbols: Vec<String>,
        notices: Notices,
        clock: Clock,
    ) -> Self {
        let mut limiter =
            Limiter::new(&Descriptor { windows: vec![WINDOW], ..Descriptor::default() });
        limiter.fill_all(clock.now(), 0);
        let tokens = tokens.iter().map(|(token, id)| (*id, *token)).collect();
        Self { pool, door, tokens, symbols, notices, clock, limiter, calls: 0, refused: None }
    }

    /// The candles that are asked for.
    pub async fn candles(&mut self, ask: &Ask) -> Found {
        let token = *self.tokens.get(&ask.id).ok_or(())?;
        let Some(session) = self.door.open().await else { std::future::pending().await };
        if self.refused == Some(session.opened) {
            return Err(());
        }
        let request = self.slot().await;
        let call = candles_call(&Calls::default(), token, ask.interval, ask.from, ask.until);
        let by =
            Deadlines { leave: Instant::now() + PATIENCE / 2, answer: Instant::now() + PATIENCE };
        let answer = self.pool.call(&call, &session.authorization(), by, BODY_BYTES_MAX).await;
        self.limiter.closed(self.clock.now(), request);
        let answer = answer.map_err(|_| ())?;
        match read_candles(&HttpReply::new(answer.status, &answer.body)) {
            Ok(rows) => Ok(rows.rows),
            Err(failure) => {
                match failure.error_type {
                    Some(ErrorType::Token | ErrorType::TwoFactor) => self.door.doubt(),
                    _ if failure.status == 403 => self.refuse(session.opened, &failure.words),
                    _ => {}
                }
                Err(())
            }
        }
    }

    /// Waits for a place in the window and takes it.
    async fn slot(&mut self) -> RequestId {
        loop {
            let now = self.clock.now();
            let free = self.limiter.next_free(now, Class::Read);
            if free <= now {
                self.calls += 1;
                let request = RequestId(self.calls);
                self.limiter.take(now, Class::Read, request, PATIENCE_NS);
                return request;
            }
            let at = tokio::time::Instant::from_std(self.clock.instant(free));
            tokio::time::sleep_until(at).await;
        }
    }

    fn refuse(&mut self, opened: Nanos, words: &str) {
        self.refused = Some(opened);
        let text = format!("the broker gives no candles: {words}");
        let then = "bars begin with the first that is seen whole; candles are part of the paid app";
        self.notices.say(self.clock.now(), "HISTORY_REFUSED", text, then);
    }

    /// Bars were given out of which nobody saw all.
    pub fn tell_missing(&self, ask: &Ask, bars: usize) {
        let symbol = self.symbols.get(ask.id.ix()).map_or("", String::as_str);
        let text = format!("no candles of {symbol} since {}", ask.from);
        let then = if bars == 1 {
            "one bar is missing or says `whole: false`".to_owned()
        } else {
            format!("{bars} bars are missing or say `whole: false`")
        };
        self.notices.say(self.clock.now(), "HISTORY_MISSING", text, then);
    }
}
