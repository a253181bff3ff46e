//! Session calendars: when a class of instruments is in which phase, as dated data.
//!
//! Entry points: [`Calendar::by_name`] for what comes with the program, [`Calendar::from_text`]
//! for a text of the user; then [`Calendar::phase_at`], [`Calendar::sessions`],
//! [`Calendar::next_open`], [`Calendar::at`].
//!
//! The data are texts in `data/calendars/`: copy one, change it, pass it instead. Their form:
//!
//! ```text
//! zone +05:30                       # or UTC, or New_York
//! covers 2024-01-01 2026-12-31      # the days whose holidays are known
//! holiday 2026-01-26 Republic Day   # lines before the first `calendar` hold for all below
//! unknown 2026-11-08 hours not known here
//! calendar nse-fno
//! week 2024-01-01 mon-fri continuous 09:15-15:30
//! week 2025-12-08 mon-fri pre_open 09:00-09:15 continuous 09:15-15:30   # from that day on
//! session 2024-11-01 continuous 18:00-19:00 for Muhurat                  # that day only
//! ```
//!
//! Invariants:
//! 1. Nothing is guessed: a day outside of what is covered, and a day marked `unknown`, is an
//!    error that says so. [`Calendar::weekends_only`] turns that off, by the user's choice.
//! 2. Phases of a session are in order and do not overlap; what they leave is closed.
//! 3. What a calendar answers depends on its data and the question only.

mod embedded;
mod error;
mod phase;
mod text;
pub(crate) mod zone;

use std::collections::BTreeMap;

use truefill_core::time::{Nanos, SECOND_NS};

use crate::date::{DAY_SECONDS, Date, Weekday};
use zone::Zone;

pub use error::CalendarError;
pub use phase::{Phase, PhaseAt, Session, Span};

/// A search for the next or the previous session goes this many days and not further.
const SEARCH_DAYS: i64 = 400;

/// The phases of every day of one class of instruments.
///
/// ```
/// use truefill_market::calendar::{Calendar, Phase};
/// use truefill_market::time_text;
/// let nse = Calendar::by_name("nse-cash")?;
/// let at = time_text::parse("2026-01-27T09:15:00+05:30").unwrap_or_default();
/// let now = nse.phase_at(at)?;
/// assert_eq!((now.phase, now.from), (Phase::Continuous, at));
/// // 26 January is a holiday, and so is the weekend before it.
/// let friday_evening = time_text::parse("2026-01-23T16:00:00+05:30").unwrap_or_default();
/// assert_eq!(nse.next_open(friday_evening)?, at);
/// # Ok::<(), truefill_market::calendar::CalendarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    name: String,
    zone: Zone,
    first: Date,
    last: Date,
    weeks: Vec<Week>,
    days: BTreeMap<Date, Day>,
    weekends_only: bool,
}

/// The ordinary week from a date on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Week {
    from: Date,
    days: Vec<Weekday>,
    phases: Vec<LocalSpan>,
}

/// A phase between two times of day, in seconds since local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LocalSpan {
    phase: Phase,
    from: i64,
    until: i64,
}

/// A day that is not as its week.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Day {
    Holiday,
    Session(Vec<LocalSpan>),
    Unknown(String),
}

impl Calendar {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first and the last day that it covers.
    #[must_use]
    pub const fn covers(&self) -> (Date, Date) {
        (self.first, self.last)
    }

    /// The same calendar, answering days that it does not know by their weekday alone: outside of
    /// what is covered there are no holidays then, and the rules of the nearest week hold.
    #[must_use]
    pub fn weekends_only(mut self) -> Self {
        self.weekends_only = true;
        self
    }

    /// True after [`Calendar::weekends_only`].
    #[must_use]
    pub const fn is_weekends_only(&self) -> bool {
        self.weekends_only
    }

    /// The local date of an instant.
    #[must_use]
    pub fn date_at(&self, at: Nanos) -> Date {
        self.zone.date_at(at)
    }

    /// The local date of an instant, and the seconds since midnight that its clock shows.
    #[must_use]
    pub fn wall_at(&self, at: Nanos) -> (Date, i64) {
        let local = self.zone.to_local(at.0.div_euclid(SECOND_NS));
        (Date::from_days(local.div_euclid(DAY_SECONDS)), local.rem_euclid(DAY_SECONDS))
    }

    /// The instant of a local time of day, `HH:MM` or `HH:MM:SS`, on a local date. `24:00` is the
    /// end of the day. A time that the clock skips in spring is the moment of the skip, a time
    /// that it shows twice in autumn the first of the two.
    ///
    /// # Errors
    /// [`CalendarError::NotATime`].
    ///
    /// ```
    /// use truefill_market::calendar::{Calendar, CalendarError};
    /// let us = Calendar::by_name("us-equities")?;
    /// let date = "2026-03-09".parse().map_err(|_| CalendarError::NotATime("date".into()))?;
    /// assert_eq!(us.at(date, "09:30")?.to_string(), "2026-03-09T13:30:00.000000000Z");
    /// # Ok::<(), CalendarError>(())
    /// ```
    pub fn at(&self, date: Date, time: &str) -> Result<Nanos, CalendarError> {
        let second = text::time_of_day(time);
        let second = second.ok_or_else(|| CalendarError::NotATime(crate::error::shown(time)))?;
        Ok(self.instant(date, second))
    }

    /// The session of a local date; `None` if nothing is traded on it.
    ///
    /// # Errors
    /// [`CalendarError::NotCovered`].
    pub fn session(&self, date: Date) -> Result<Option<Session>, CalendarError> {
        let spans = self.local_phases(date)?.iter().map(|span| Span {
            phase: span.phase,
            from: self.instant(date, span.from),
            until: self.instant(date, span.until),
        });
        // A phase inside an hour that the clock skips does not happen.
        let phases: Vec<Span> = spans.filter(|span| span.from < span.until).collect();
        Ok((!phases.is_empty()).then_some(Session { date, phases }))
    }

    /// The sessions from one local date to another, both included.
    pub fn sessions(
        &self,
        from: Date,
        to: Date,
    ) -> impl Iterator<Item = Result<Session, CalendarError>> + '_ {
        let dates = (from.days()..=to.days()).map(Date::from_days);
        dates.filter_map(|date| self.session(date).transpose())
    }

    /// The phase at an instant.
    ///
    /// # Errors
    /// [`CalendarError::NotCovered`].
    pub fn phase_at(&self, at: Nanos) -> Result<PhaseAt, CalendarError> {
        let date = self.date_at(at);
        let session = self.session(date)?;
        let phases = session.as_ref().map_or(&[][..], |session| &session.phases);
        let before = phases.iter().rfind(|span| span.until <= at);
        let after = phases.iter().find(|span| span.from > at);
        if let Some(span) = phases.iter().find(|span| span.from <= at && at < span.until) {
            let Span { phase, from, until } = *span;
            return Ok(PhaseAt { phase, from, until, session_date: Some(date) });
        }
        Ok(PhaseAt {
            phase: Phase::Closed,
            from: before.map_or_else(|| self.closed_since(date), |span| span.until),
            until: after.map_or_else(|| self.closed_until(date), |span| span.from),
            session_date: (before.is_some() && after.is_some()).then_some(date),
        })
    }

    /// The first instant, `after` itself included, at which trading is continuous.
    ///
    /// # Errors
    /// [`CalendarError::NotCovered`] if a day that is not known comes before it,
    /// [`CalendarError::NoSession`] if there is none in 400 days.
    pub fn next_open(&self, after: Nanos) -> Result<Nanos, CalendarError> {
        let first = self.date_at(after);
        for date in (0..=SEARCH_DAYS).map(|days| first.plus_days(days)) {
            let phases = self.session(date)?.map_or_else(Vec::new, |session| session.phases);
            let open = |span: &&Span| span.phase == Phase::Continuous && span.until > after;
            if let Some(span) = phases.iter().find(open) {
                return Ok(span.from.max(after));
            }
        }
        Err(CalendarError::NoSession { calendar: self.name.clone(), after: first })
    }

    /// The session in progress at an instant, or else the next one.
    ///
    /// # Errors
    /// As [`Calendar::next_open`].
    pub fn session_from(&self, at: Nanos) -> Result<Session, CalendarError> {
        let first = self.date_at(at);
        for date in (0..=SEARCH_DAYS).map(|days| first.plus_days(days)) {
            if let Some(session) = self.session(date)?.filter(|session| session.until() > at) {
                return Ok(session);
            }
        }
        Err(CalendarError::NoSession { calendar: self.name.clone(), after: first })
    }

    /// Since when it has been closed at the beginning of a date.
    fn closed_since(&self, date: Date) -> Nanos {
        let mut known = date;
        for _ in 0..SEARCH_DAYS {
            match self.session(known.plus_days(-1)) {
                Ok(Some(session)) => return session.until(),
                Ok(None) => known = known.plus_days(-1),
                Err(_) => break,
            }
        }
        self.instant(known, 0)
    }

    /// Until when it stays closed at the end of a date.
    fn closed_until(&self, date: Date) -> Nanos {
        let mut next = date.plus_days(1);
        for _ in 0..SEARCH_DAYS {
            match self.session(next) {
                Ok(Some(session)) => return session.from(),
                Ok(None) => next = next.plus_days(1),
                Err(_) => break,
            }
        }
        self.instant(next, 0)
    }

    /// What is stated for a date.
    fn local_phases(&self, date: Date) -> Result<&[LocalSpan], CalendarError> {
        let covered = self.first <= date && date <= self.last;
        match self.days.get(&date) {
            Some(Day::Session(phases)) => return Ok(phases),
            Some(Day::Holiday) => return Ok(&[]),
            Some(Day::Unknown(why)) if !self.weekends_only => {
                return Err(self.not_covered(date, why.clone()));
            }
            None if !covered && !self.weekends_only => {
                return Err(self.not_covered(date, "outside of the days that it covers".into()));
            }
            Some(Day::Unknown(_)) | None => {}
        }
        let in_force = self.weeks.iter().rfind(|week| week.from <= date).or(self.weeks.first());
        let week = in_force.filter(|week| week.days.contains(&date.weekday()));
        Ok(week.map_or(&[], |week| &week.phases))
    }

    fn not_covered(&self, date: Date, why: String) -> CalendarError {
        let (first, last) = (self.first, self.last);
        CalendarError::NotCovered { calendar: self.name.clone(), date, why, first, last }
    }

    fn instant(&self, date: Date, second: i64) -> Nanos {
        let local = date.days().saturating_mul(DAY_SECONDS).saturating_add(second);
        Nanos(self.zone.to_utc(local).saturating_mul(SECOND_NS))
    }
}

#[cfg(test)]
mod tests;
