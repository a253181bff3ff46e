//! `truefill calendar`: the phases of a day, by the market's clock and in UTC, and the next open.

use super::dated::{Own, utc};
use super::print;
use crate::args::Calendar as Args;
use crate::failure::{Done, Failure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};
use truefill_core::time::Nanos;
use truefill_market::calendar::{Calendar, CalendarError, Phase, PhaseAt, Session, Span};
use truefill_market::date::Date;

/// How remarks in a text mark hours that were not compared with their source.
const UNVERIFIED: &str = "NOT VERIFIED";

pub fn run(args: &Args) -> Done {
    let own = args.file.as_deref().map(Own::read).transpose()?;
    let Some(name) = &args.name else { return list(own.as_ref(), args.json) };
    if args.text {
        // An unknown name is refused with those there are.
        Calendar::by_name(name).map_err(Failure::input)?;
        return print(Calendar::text_of(name).unwrap_or_default().trim_end());
    }
    let calendar = calendar(name, own.as_ref())?;
    let text = own.as_ref().map_or_else(|| Calendar::text_of(name), |own| Some(&own.text));
    let unverified = text.is_some_and(|text| text.contains(UNVERIFIED));
    let shown = Day::new(&calendar, args.on, unverified)?;
    print(&if args.json { shown.json().to_string() } else { shown.words() })
}

fn calendar(name: &str, own: Option<&Own>) -> Result<Calendar, Failure> {
    match own {
        Some(own) => Calendar::from_text(name, &own.file, &own.text).map_err(Failure::input),
        None => Calendar::by_name(name).map_err(Failure::input),
    }
}

/// All calendars, with the days that they cover.
fn list(own: Option<&Own>, json: bool) -> Done {
    let names: Vec<&str> = match own {
        Some(own) => own.names("calendar")?,
        None => Calendar::names().collect(),
    };
    let calendars: Result<Vec<Calendar>, Failure> =
        names.iter().map(|name| calendar(name, own)).collect();
    let calendars = calendars?;
    if json {
        let rows = calendars.iter().map(|calendar| {
            let (first, last) = calendar.covers();
            json!({
                "name": calendar.name(),
                "first": first.to_string(),
                "last": last.to_string(),
            })
        });
        return print(&Value::Array(rows.collect()).to_string());
    }
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for calendar in &calendars {
        let (first, last) = calendar.covers();
        print(&format!("{:<width$}  covers {first} to {last}", calendar.name()))?;
    }
    Ok(())
}

/// One local day of a calendar.
struct Day<'a> {
    calendar: &'a Calendar,
    date: Date,
    /// Remarks of the text say that some of its hours are not verified.
    unverified: bool,
    session: Option<Session>,
    /// The present phase, where no day was asked for.
    now: Option<PhaseAt>,
    /// The next open: from now on (where it is open now, after the present phase), or after the
    /// day that was asked for.
    next: Result<Nanos, CalendarError>,
}

impl<'a> Day<'a> {
    fn new(calendar: &'a Calendar, on: Option<Date>, unverified: bool) -> Result<Self, Failure> {
        let (date, now) = match on {
            Some(date) => (date, None),
            None => {
                let now = now()?;
                (calendar.date_at(now), Some(now))
            }
        };
        let session = calendar.session(date).map_err(Failure::input)?;
        let phase = now.map(|now| calendar.phase_at(now).map_err(Failure::input)).transpose()?;
        let after = match (now, &phase) {
            // What is open now is told already: the next one is sought.
            (_, Some(phase)) if phase.phase == Phase::Continuous => phase.until,
            (Some(now), _) => now,
            (None, _) => calendar.at(date, "24:00").map_err(Failure::input)?,
        };
        Ok(Self {
            calendar,
            date,
            unverified,
            session,
            now: phase,
            next: calendar.next_open(after),
        })
    }

    fn phases(&self) -> &[Span] {
        self.session.as_ref().map_or(&[], |session| &session.phases)
    }

    fn json(&self) -> Value {
        let span = |phase: &str, from: Nanos, until: Nanos| {
            json!({
                "phase": phase,
                "from": from.to_string(),
                "until": until.to_string(),
                "from_local": self.local(from),
                "until_local": self.local(until),
            })
        };
        let phases = self.phases().iter().map(|s| span(s.phase.name(), s.from, s.until));
        let next = self.next.as_ref().ok();
        let (first, last) = self.calendar.covers();
        json!({
            "name": self.calendar.name(),
            "covers": [first.to_string(), last.to_string()],
            "date": self.date.to_string(),
            "some_hours_not_verified": self.unverified,
            "phases": phases.collect::<Vec<_>>(),
            "now": self.now.map(|now| span(now.phase.name(), now.from, now.until)),
            "next_open": next.map(ToString::to_string),
            "next_open_local": next.map(|at| self.local(*at)),
            "next_open_unknown": self.next.as_ref().err().map(ToString::to_string),
        })
    }

    fn words(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out);
        out.trim_end().to_owned()
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let day = self.date.weekday().short();
        writeln!(out, "{}, {} ({day})", self.calendar.name(), self.date)?;
        if self.phases().is_empty() {
            writeln!(out, "  nothing is traded on this day")?;
        }
        for Span { phase, from, until } in self.phases() {
            let local = format!("{}-{}", self.clock(*from), self.clock(*until));
            writeln!(
                out,
                "  {:<15}  {local:<17}  {} to {}",
                phase.name(),
                utc(*from),
                utc(*until)
            )?;
        }
        if let Some(now) = &self.now {
            let PhaseAt { phase, until, .. } = now;
            let until = *until;
            writeln!(out, "  now {phase}, until {} ({})", self.local(until), utc(until))?;
        }
        match &self.next {
            Ok(at) => writeln!(out, "  next open {} ({})", self.local(*at), utc(*at))?,
            Err(why) => writeln!(out, "  next open not known: {why}")?,
        }
        if self.unverified {
            writeln!(
                out,
                "  ! some hours are marked {UNVERIFIED} in its text (--text says which)"
            )?;
        }
        Ok(())
    }

    /// Date and time of the market's own clock.
    fn local(&self, at: Nanos) -> String {
        let (date, second) = self.calendar.wall_at(at);
        format!("{date} {}", time_of_day(second))
    }

    /// The time of day; the midnight that ends the day is 24:00.
    fn clock(&self, at: Nanos) -> String {
        let (date, second) = self.calendar.wall_at(at);
        if date > self.date && second == 0 { "24:00".to_owned() } else { time_of_day(second) }
    }
}

fn time_of_day(second: i64) -> String {
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let seconds = if second == 0 { String::new() } else { format!(":{second:02}") };
    format!("{hour:02}:{minute:02}{seconds}")
}

fn now() -> Result<Nanos, Failure> {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let ns = elapsed.and_then(|elapsed| i64::try_from(elapsed.as_nanos()).ok());
    ns.map(Nanos).ok_or_else(|| {
        Failure::Input(
            "the clock of this machine is not between 1970 and 2262; nothing was shown; set it, \
             or say the day with --on"
                .to_owned(),
        )
    })
}
