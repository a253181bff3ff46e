//! A word to people before the open, while nobody has logged in.
//!
//! Entry points: [`Reminder::run`], [`due`].
//!
//! A token of yesterday dies at 06:00 in India and only a person makes a new one. At the times of the
//! configuration, on days on which the exchange opens, people are told that there is none.
//!
//! Invariants:
//! 1. A time is told once a day, also when the wall clock is set back.
//! 2. What was missed on another day (the machine slept) is not told later.

use crate::clock::{Clock, wall};
use crate::news::Inbox;
use crate::notices::Notices;
use crate::session::{Door, LOGIN};
use std::time::Duration;
use truefill_core::config::{Calendar, Phase};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_market::date::{Date, Weekday};
use truefill_venue::kite::{IST_AHEAD_S, Session};

/// How often the time is looked at.
const LOOK: Duration = Duration::from_millis(500);
const DAY_S: i64 = 86_400;
/// When it opens where no calendar says so.
const OPENS_S: i64 = 9 * 3600 + 15 * 60;

/// What a reminder needs.
pub(crate) struct Reminder {
    /// Seconds after midnight in India.
    pub times: Vec<u32>,
    /// When the exchange is open, where that is known.
    pub calendar: Option<Calendar>,
    /// Who we are.
    pub door: Door,
    /// Ends when nobody reads it.
    pub inbox: Inbox,
    /// Where people are told.
    pub notices: Notices,
    /// The time.
    pub clock: Clock,
}

/// A reminder whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// Its time of day, in seconds after midnight in India.
    pub second: u32,
    /// When the exchange opens on its day.
    pub opens: Nanos,
}

/// The last reminder after the first instant and not after the second, of the second's day; none
/// on a day on which the exchange stays closed.
pub(crate) fn due(
    times: &[u32],
    from: Nanos,
    until: Nanos,
    calendar: Option<&Calendar>,
) -> Option<Due> {
    let day = (until.0.div_euclid(SECOND_NS) + IST_AHEAD_S).div_euclid(DAY_S);
    let come = |second: &&u32| {
        let at = instant(day, i64::from(**second));
        from < at && at <= until
    };
    let second = *times.iter().filter(come).max()?;
    opens(calendar, day).map(|opens| Due { second, opens })
}

/// When the exchange opens on a day in India. Beyond the days that a calendar was resolved for, and
/// without one, every weekday counts.
fn opens(calendar: Option<&Calendar>, day: i64) -> Option<Nanos> {
    let phases = calendar.map_or(&[][..], |calendar| &calendar.phases);
    if phases.last().is_some_and(|last| day <= last.session) {
        let own = phases.iter().find(|span| span.session == day && span.phase != Phase::Closed);
        return own.map(|span| span.from);
    }
    let weekend = matches!(Date::from_days(day).weekday(), Weekday::Saturday | Weekday::Sunday);
    (!weekend).then(|| instant(day, OPENS_S))
}

fn instant(day: i64, second: i64) -> Nanos {
    Nanos((day * DAY_S + second - IST_AHEAD_S).saturating_mul(SECOND_NS))
}

/// Why nothing could be sent at the open, if so.
fn missing(session: Option<&Session>, now: Nanos, opens: Nanos) -> Option<&'static str> {
    match session {
        None => Some("there is no session with the broker"),
        Some(session) if session.is_dead(now.max(opens)) => {
            Some("the token dies at 06:00 in India, before the open")
        }
        Some(_) => None,
    }
}

impl Reminder {
    /// Reminds until the node ends.
    pub async fn run(self) {
        let mut from = wall();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.inbox.closed() => return,
            }
            let until = wall();
            if let Some(due) = due(&self.times, from, until, self.calendar.as_ref()) {
                self.remind(due, until);
            }
            from = from.max(until);
        }
    }

    fn remind(&self, due: Due, now: Nanos) {
        let session = self.door.session();
        let Some(why) = missing(session.as_deref(), now, due.opens) else { return };
        let (hour, minute) = (due.second / 3600, due.second / 60 % 60);
        let text = format!("it is {hour:02}:{minute:02} in India, and {why}");
        self.notices.say(self.clock.now(), "LOGIN_REMINDER", text, LOGIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::config::PhaseSpan;
    use truefill_venue::http::Secret;

    /// 2026-11-25, a Wednesday.
    const WEDNESDAY: i64 = 20_782;
    const TIMES: [u32; 2] = [30_600, 32_700];

    fn at(day: i64, hour: i64, minute: i64) -> Nanos {
        instant(day, hour * 3600 + minute * 60)
    }

    fn second(from: Nanos, until: Nanos) -> Option<u32> {
        due(&TIMES, from, until, None).map(|due| due.second)
    }

    #[test]
    fn each_time_is_due_once_and_the_last_of_several_counts() {
        let day = WEDNESDAY;
        assert_eq!(second(at(day, 8, 29), at(day, 8, 30)), Some(30_600));
        assert_eq!(second(at(day, 8, 30), at(day, 8, 31)), None, "it was due before");
        assert_eq!(second(at(day, 8, 0), at(day, 9, 10)), Some(32_700));
        assert_eq!(second(at(day, 9, 5), at(day, 23, 59)), None);
        assert_eq!(second(at(day, 8, 31), at(day, 8, 29)), None, "a clock that was set back");
        // The machine slept over the night: yesterday's is no use, today's is.
        assert_eq!(second(at(day - 1, 8, 0), at(day, 7, 0)), None);
        assert_eq!(second(at(day - 1, 8, 0), at(day, 8, 45)), Some(30_600));
        assert_eq!(due(&[], at(day, 0, 0), at(day, 23, 0), None), None);
    }

    #[test]
    fn without_a_calendar_weekends_are_free_and_with_one_holidays_too() {
        let on = |day: i64, calendar: Option<&Calendar>| {
            due(&TIMES, at(day, 8, 0), at(day, 8, 45), calendar).map(|due| due.opens)
        };
        assert_eq!(on(WEDNESDAY, None), Some(at(WEDNESDAY, 9, 15)));
        assert_eq!(on(WEDNESDAY + 3, None), None, "Saturday");
        assert_eq!(on(WEDNESDAY + 4, None), None, "Sunday");
        assert_eq!(on(WEDNESDAY + 5, None), Some(at(WEDNESDAY + 5, 9, 15)));
        // A holiday on Thursday, a session on Saturday.
        let phase = |day: i64| PhaseSpan {
            from: at(day, 9, 0),
            until: at(day, 15, 30),
            phase: Phase::PreOpen,
            session: day,
        };
        let phases = [0, 2, 3].map(|after| phase(WEDNESDAY + after)).to_vec();
        let calendar = Calendar { name: "nse".to_owned(), phases };
        assert_eq!(on(WEDNESDAY, Some(&calendar)), Some(at(WEDNESDAY, 9, 0)));
        assert_eq!(on(WEDNESDAY + 1, Some(&calendar)), None);
        assert_eq!(on(WEDNESDAY + 3, Some(&calendar)), Some(at(WEDNESDAY + 3, 9, 0)));
        // Beyond what it was resolved for.
        assert_eq!(on(WEDNESDAY + 4, Some(&calendar)), None);
        assert_eq!(on(WEDNESDAY + 5, Some(&calendar)), Some(at(WEDNESDAY + 5, 9, 15)));
    }

    #[test]
    fn a_token_that_dies_before_the_open_is_none() {
        let opened = |at| Session::restored("key", Secret::new("token"), String::new(), at);
        let (now, opens) = (at(WEDNESDAY, 8, 30), at(WEDNESDAY, 9, 15));
        assert!(missing(None, now, opens).is_some());
        let yesterday = opened(at(WEDNESDAY - 1, 9, 0));
        assert!(missing(Some(&yesterday), now, opens).is_some());
        assert!(missing(Some(&yesterday), at(WEDNESDAY, 5, 30), opens).is_some(), "it lives now");
        let early = opened(at(WEDNESDAY, 5, 59));
        assert!(missing(Some(&early), at(WEDNESDAY, 5, 59), opens).is_some());
        assert!(missing(Some(&opened(at(WEDNESDAY, 6, 1))), now, opens).is_none());
    }
}
