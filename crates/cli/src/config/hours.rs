//! Sessions and hours, resolved for the days of the market data: `calendar`, `entries`, `flat_by`.
//!
//! Entry point: [`resolve`]. The engine knows no dates, zones or holidays; it gets instants.
//!
//! Invariants:
//! 1. A day that a calendar does not know is an error, never a guess.
//! 2. Bars that are stamped with days bring their own sessions: what is in the file was open.

use std::collections::{BTreeMap, BTreeSet};

use truefill_core::config::{Calendar as Resolved, Phase, PhaseSpan, Span};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_market::calendar::{self, Calendar};
use truefill_market::columns::Session;
use truefill_market::date::Date;
use truefill_market::error::MarketError;
use truefill_market::source::TickKind;

use super::error::ConfigError;
use super::keys::{self, nearest};
use super::source::{Field, Section};
use super::{MarketSpec, Setup};

const HOURS: &str = "text such as \"09:20-14:45\", or a list of such texts";
const CLOCK: &str = "text such as \"15:05\"";
/// Days around the market data for which sessions are resolved: what is declared at the end may
/// be meant for the next session.
const MARGIN_DAYS: i64 = 5;
const DAY_NS: i64 = 86_400 * SECOND_NS;

/// One session and how its clock is read.
struct Day {
    /// Days since 1970 of its date.
    date: i64,
    phases: Vec<PhaseSpan>,
}

/// Where sessions come from.
enum Source {
    /// Dated data.
    Listed(Calendar),
    /// The bars of days themselves.
    Bars(Session),
}

/// Fills sessions and hours into a setup.
///
/// # Errors
/// [`ConfigError`] for a calendar that is not known or does not know the days of the data, for
/// hours without sessions, and for market data that cannot be read.
pub(super) fn resolve(root: &Section<'_>, setup: &mut Setup) -> Result<(), ConfigError> {
    let market = match (root.get("market"), &setup.market) {
        // Without the section a node knows no hours.
        (None, MarketSpec::Live { .. }) => return no_hours(root),
        _ => root.need("market", "[market]")?.section(keys::MARKET)?,
    };
    let named = market.get("calendar");
    let own = match &setup.market {
        MarketSpec::Bars { session, .. } => *session,
        _ => None,
    };
    let source = match (named, own) {
        (Some(field), _) => Source::Listed(listed(&market, field)?),
        (None, Some(session)) => Source::Bars(session),
        (None, None) => return no_hours(root),
    };
    let field = named.or(market.get("bars"));
    let unreadable = |error: MarketError| match field {
        Some(field) => field.wrong(error.to_string()),
        None => market.wrong(error.to_string()),
    };
    let days = match &source {
        Source::Bars(session) => of_bars(setup, session).map_err(unreadable)?,
        Source::Listed(calendar) => {
            let Some((first, last)) = span(setup).map_err(unreadable)? else { return Ok(()) };
            let known = of_calendar(calendar, first, last);
            known.map_err(|error| match field {
                Some(field) => field.wrong(error.to_string()).action(
                    "write calendar_days = \"weekdays\" to take every weekday for a session",
                ),
                None => market.wrong(error.to_string()),
            })?
        }
    };
    hours(root, setup, &source, &days)?;
    let phases = days.into_iter().flat_map(|day| day.phases).collect();
    let name = match &source {
        Source::Listed(calendar) => calendar.name().to_owned(),
        Source::Bars(_) => "the days of the bars".to_owned(),
    };
    setup.config.calendars = vec![Resolved { name, phases }];
    setup.config.instruments.iter_mut().for_each(|instrument| instrument.calendar = Some(0));
    Ok(())
}

fn listed(market: &Section<'_>, field: &Field<'_>) -> Result<Calendar, ConfigError> {
    let names: Vec<&str> = Calendar::names().collect();
    let allowed = names.join(", ");
    let text = field.text(&allowed)?;
    let known = Calendar::by_name(text).map_err(|_| {
        let cause = "there is no such calendar";
        field.wrong(cause).allowed(&allowed).near(nearest(text, names.iter().copied()))
    })?;
    let words = [("listed", false), ("weekdays", true)];
    let weekdays =
        market.get("calendar_days").map_or(Ok(false), |field| field.word(&words, &[]))?;
    Ok(if weekdays { known.weekends_only() } else { known })
}

/// Without sessions there are no hours of a day.
fn no_hours(root: &Section<'_>) -> Result<(), ConfigError> {
    let Some(strategies) = root.get("strategy") else { return Ok(()) };
    for field in strategies.names("")?.fields() {
        let section = field.section(keys::STRATEGY)?;
        for side in ["entry", "exit"].iter().filter_map(|side| section.get(side)) {
            let policy = side.section(keys::POLICY)?;
            let at_close = |field: &&Field<'_>| field.text("").is_ok_and(|text| text == "at_close");
            if let Some(odd) = policy.get("policy").filter(at_close) {
                let cause = "at_close waits for the close, and no calendar says when that is";
                let action = "add calendar = \"nse-cash\" (or another) to [market]";
                return Err(odd.wrong(cause).action(action));
            }
        }
        if let Some(odd) = section.get("entries").or(section.get("flat_by")) {
            let cause = "hours are times of a session, and no calendar says when sessions are";
            let action = "add calendar = \"nse-cash\" (or another) to [market]";
            return Err(odd.misplaced(cause).action(action));
        }
    }
    Ok(())
}

/// First and last instant of the market data.
fn span(setup: &Setup) -> Result<Option<(Nanos, Nanos)>, MarketError> {
    if let MarketSpec::Live { now } = setup.market {
        return Ok(Some((now, now)));
    }
    let mut market = setup.open_market()?;
    let mut span: Option<(Nanos, Nanos)> = None;
    while let Some(tick) = market.next()? {
        let first = span.map_or(tick.time(), |(first, _)| first);
        span = Some((first, tick.time()));
    }
    Ok(span)
}

fn of_calendar(
    calendar: &Calendar,
    first: Nanos,
    last: Nanos,
) -> Result<Vec<Day>, calendar::CalendarError> {
    let (from, until) = (calendar.date_at(first), calendar.date_at(last));
    let mut days = Vec::new();
    for session in calendar.sessions(from, until) {
        days.push(day_of(&session?));
    }
    // Beyond the data only as far as is known.
    for session in calendar.sessions(until.plus_days(1), until.plus_days(MARGIN_DAYS)) {
        let Ok(session) = session else { break };
        days.push(day_of(&session));
    }
    Ok(days)
}

fn day_of(session: &calendar::Session) -> Day {
    let date = session.date.days();
    let phase = |span: &calendar::Span| PhaseSpan {
        from: span.from,
        until: span.until,
        phase: match span.phase {
            calendar::Phase::PreOpen => Phase::PreOpen,
            calendar::Phase::Continuous => Phase::Continuous,
            calendar::Phase::ClosingAuction => Phase::ClosingAuction,
            calendar::Phase::Closed => Phase::Closed,
        },
        session: date,
    };
    Day { date, phases: session.phases.iter().map(phase).collect() }
}

/// The sessions that the bars of days have.
fn of_bars(setup: &Setup, session: &Session) -> Result<Vec<Day>, MarketError> {
    let mut market = setup.open_market()?;
    let mut found: BTreeMap<Nanos, Nanos> = BTreeMap::new();
    while let Some(tick) = market.next()? {
        if let TickKind::Bar(bar) = &tick.kind {
            found.insert(bar.open_time, bar.end_time);
        }
    }
    let day = |(from, until): (Nanos, Nanos)| {
        let local = from.0 + i64::from(session.zone.offset_at(from)) * SECOND_NS;
        let date = local.div_euclid(DAY_NS);
        let phase = Phase::Continuous;
        Day { date, phases: vec![PhaseSpan { from, until, phase, session: date }] }
    };
    Ok(found.into_iter().map(day).collect())
}

/// `entries` and `flat_by` of every strategy.
fn hours(
    root: &Section<'_>,
    setup: &mut Setup,
    source: &Source,
    days: &[Day],
) -> Result<(), ConfigError> {
    let Some(strategies) = root.get("strategy") else { return Ok(()) };
    let names = strategies.names("")?;
    for (field, strategy) in names.fields().iter().zip(&mut setup.config.strategies) {
        let section = field.section(keys::STRATEGY)?;
        if let Some(field) = section.get("entries") {
            strategy.entries = entries(field, source, days)?;
        }
        let Some(field) = section.get("flat_by") else { continue };
        let clock = field.text(CLOCK)?;
        for day in days {
            let from = at(source, day, clock)
                .ok_or_else(|| field.wrong("this is not a time of day").allowed(CLOCK))?;
            let until = day.phases.last().map_or(from, |phase| phase.until);
            if from < until {
                strategy.flats.push(Span { from, until });
            }
        }
    }
    Ok(())
}

fn entries(field: &Field<'_>, source: &Source, days: &[Day]) -> Result<Vec<Span>, ConfigError> {
    let texts: Vec<Field<'_>> = match field.text(HOURS) {
        Ok(_) => vec![field.clone()],
        Err(_) => field.list(HOURS)?,
    };
    let mut spans = BTreeSet::new();
    for element in &texts {
        let text = element.text(HOURS)?;
        let wrong = || element.wrong("these are no hours of a day").allowed(HOURS);
        let (from, until) = text.split_once('-').ok_or_else(wrong)?;
        for day in days {
            let from = at(source, day, from.trim()).ok_or_else(wrong)?;
            let until = at(source, day, until.trim()).ok_or_else(wrong)?;
            if from >= until {
                return Err(element.wrong("these hours end before they begin").allowed(HOURS));
            }
            spans.insert((from, until));
        }
    }
    let spans: Vec<Span> = spans.into_iter().map(|(from, until)| Span { from, until }).collect();
    if spans.windows(2).any(|two| two[0].until > two[1].from) {
        return Err(field.wrong("these hours overlap").action("join them into one"));
    }
    Ok(spans)
}

/// The instant of a time of day in a session.
fn at(source: &Source, day: &Day, clock: &str) -> Option<Nanos> {
    match source {
        Source::Listed(calendar) => calendar.at(Date::from_days(day.date), clock).ok(),
        Source::Bars(session) => {
            let second = super::recorded::second(clock)?;
            let local = day.date.checked_mul(DAY_NS)? + i64::from(second) * SECOND_NS;
            match session.zone.to_utc(local) {
                truefill_market::zone::Utc::One(time)
                | truefill_market::zone::Utc::Twice(time, _) => Some(time),
                truefill_market::zone::Utc::Never => None,
            }
        }
    }
}
