//! Each morning the rules of what is traded are looked at again: ticks, lots, numbers and expiries
//! of the broker's list, calendars, freeze quantities. A node whose rules have changed ends and is
//! started again with the new ones, from its journal.
//!
//! Entry point: [`Renew`].
//!
//! Invariants:
//! 1. What cannot be read changes nothing: the rules of yesterday stand, and people are told.
//! 2. It is looked at before the exchange opens, and after an exchange has taught a freeze quantity.

use crate::clock::Clock;
use crate::news::{Inbox, News};
use crate::notices::Notices;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_venue::kite::IST_AHEAD_S;

/// Between two tries.
const AGAIN: Duration = Duration::from_secs(60);
/// Tries of one morning.
const TRIES: u32 = 30;
const DAY_NS: i64 = 86_400 * SECOND_NS;

/// What a look gives: what has changed in words, or nothing.
pub type Looked = Pin<Box<dyn Future<Output = Result<Option<String>, String>> + Send>>;

/// How and when it is looked at.
#[derive(Clone)]
pub struct Renew {
    /// Seconds after midnight in India.
    pub at_s: i64,
    /// Looks.
    pub look: Arc<dyn Fn() -> Looked + Send + Sync>,
}

impl Renew {
    /// After the broker has made its list of the day, and before the exchange opens.
    pub const MORNING_S: i64 = 8 * 3_600 + 35 * 60;
}

impl fmt::Debug for Renew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renew").field("at_s", &self.at_s).finish_non_exhaustive()
    }
}

/// What looking needs.
pub(crate) struct Renewing {
    pub renew: Renew,
    /// Rings when something was learned.
    pub bell: Arc<Notify>,
    pub inbox: Inbox,
    pub notices: Notices,
    pub clock: Clock,
}

/// Looks, for ever.
pub(crate) async fn run(renewing: Renewing) {
    let Renewing { renew, bell, inbox, notices, clock } = renewing;
    loop {
        let next = clock.instant(next_at(clock.now(), renew.at_s));
        tokio::select! {
            () = tokio::time::sleep_until(tokio::time::Instant::from_std(next)) => {}
            () = bell.notified() => {}
        }
        for attempt in 1..=TRIES {
            match (renew.look)().await {
                Ok(None) => break,
                Ok(Some(what)) => {
                    if inbox.send(News::Renew(what)).await.is_err() {
                        return;
                    }
                    break;
                }
                Err(why) if attempt == 1 => {
                    let then = "the rules of before stand; it is tried again each minute";
                    notices.say(clock.now(), "RENEW_FAILED", why, then);
                }
                Err(_) => {}
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// The next instant at which it is so many seconds after midnight in India.
fn next_at(now: Nanos, at_s: i64) -> Nanos {
    let due_ns = (at_s - IST_AHEAD_S) * SECOND_NS;
    let since_ns = (now.0 - due_ns).rem_euclid(DAY_NS);
    now.plus(DAY_NS - since_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_morning_is_within_a_day_and_after_now() {
        // 1970-01-01 at 08:35 in India.
        let first = Nanos((Renew::MORNING_S - IST_AHEAD_S) * SECOND_NS);
        let next = |now| next_at(now, Renew::MORNING_S);
        assert_eq!(next(first.plus(-1)), first);
        assert_eq!(next(first), first.plus(DAY_NS), "not twice at one instant");
        assert_eq!(next(first.plus(DAY_NS - 1)), first.plus(DAY_NS));
    }
}
