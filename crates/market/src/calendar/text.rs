//! Calendars from their text.

use std::collections::BTreeMap;

use super::zone::{NEW_YORK_FIRST_YEAR, Zone};
use super::{Calendar, Day, LocalSpan, Phase, Week};
use crate::date::{DAY_SECONDS, Date, Weekday};
use crate::error::{ErrorKind, MarketError, shown_names};
use crate::facts::{Fact, Word, read, whole};

const KEYWORDS: [&str; 7] = ["zone", "covers", "calendar", "week", "holiday", "session", "unknown"];
const PHASES_ALLOWED: &str = "write phases with their times, like pre_open 09:00-09:15 continuous \
     09:15-15:30";
/// Phases of one day.
const PHASES_MAX: usize = 48;

/// What the lines of one calendar, or of all, have said so far.
#[derive(Debug, Default)]
struct Draft {
    zone: Option<Zone>,
    covers: Option<(Date, Date)>,
    weeks: Vec<Week>,
    days: BTreeMap<Date, Day>,
}

impl Calendar {
    /// The calendar `name` of a text; `file` is how messages shall call the text. See the module
    /// for the form. Lines before the first `calendar` line hold for all calendars of the text;
    /// what a calendar says of a day holds before what is said for all.
    ///
    /// # Errors
    /// A [`MarketError`] with the place of what is not understood or contradicts itself.
    pub fn from_text(name: &str, file: &str, text: &str) -> Result<Self, MarketError> {
        let mut common = Draft::default();
        let mut sections: Vec<(&str, Draft)> = Vec::new();
        for mut fact in read(file, text)? {
            let word = fact.word("a keyword", "begin with one")?;
            if word.text == "calendar" {
                let called = fact.word("the name", "write the name of the calendar")?;
                if sections.iter().any(|(known, _)| *known == called.text) {
                    let why = "the calendar is there twice";
                    return Err(fact.problem(ErrorKind::Word, called, why, "name each once"));
                }
                sections.push((called.text, Draft::default()));
                fact.end()?;
            } else {
                let draft = sections.last_mut().map_or(&mut common, |(_, draft)| draft);
                draft.say(word, fact)?;
            }
        }
        let there = shown_names(sections.iter().map(|(known, _)| *known));
        match sections.into_iter().find(|(known, _)| *known == name) {
            Some((_, own)) => common.under(own).build(name, file),
            None => Err(whole(
                file,
                format!("there is no calendar `{name}` in the text"),
                format!("add a line `calendar {name}`; there are: {there}"),
            )),
        }
    }
}

impl Draft {
    fn say(&mut self, word: Word<'_>, mut fact: Fact<'_>) -> Result<(), MarketError> {
        match word.text {
            "zone" => {
                let zone = fact.word("the zone", "write UTC, New_York or an offset like +05:30")?;
                self.zone = Some(Zone::parse(&fact, zone)?);
                fact.end()
            }
            "covers" => {
                let (first, last) = (fact.date()?, fact.date()?);
                if first > last {
                    let cause = format!("{first} is after {last}");
                    return Err(fact.contradiction(cause, "write the first day first"));
                }
                self.covers = Some((first, last));
                fact.end()
            }
            "week" => self.week(fact),
            "holiday" => {
                let date = fact.date()?;
                self.day(date, Day::Holiday, &fact)
            }
            "session" => {
                let date = fact.date()?;
                let phases = phases(&mut fact)?;
                self.day(date, Day::Session(phases), &fact)
            }
            "unknown" => {
                let date = fact.date()?;
                let why = fact.remark();
                self.day(date, Day::Unknown(why), &fact)
            }
            _ => Err(fact.unknown(word, "a keyword", &KEYWORDS)),
        }
    }

    fn week(&mut self, mut fact: Fact<'_>) -> Result<(), MarketError> {
        let from = fact.date()?;
        let word = fact.word("the days", "write them like mon-fri or tue,thu")?;
        let days = parse_days(&fact, word)?;
        let phases = phases(&mut fact)?;
        if self.weeks.last().is_some_and(|before| before.from >= from) {
            let cause = format!("the week from {from} stands after a later one");
            return Err(fact.contradiction(cause, "write the weeks in order of their dates"));
        }
        self.weeks.push(Week { from, days, phases });
        Ok(())
    }

    fn day(&mut self, date: Date, day: Day, fact: &Fact<'_>) -> Result<(), MarketError> {
        match self.days.insert(date, day) {
            None => Ok(()),
            Some(_) => {
                let cause = format!("{date} is there twice");
                Err(fact.contradiction(cause, "say once what that day is"))
            }
        }
    }

    /// What holds for all, with what one calendar says on top.
    fn under(mut self, own: Self) -> Self {
        self.days.extend(own.days);
        Self {
            zone: own.zone.or(self.zone),
            covers: own.covers.or(self.covers),
            weeks: if own.weeks.is_empty() { self.weeks } else { own.weeks },
            days: self.days,
        }
    }

    fn build(self, name: &str, file: &str) -> Result<Calendar, MarketError> {
        let missing = |what: &str, example: &str| {
            whole(file, format!("the calendar `{name}` has no `{what}` line"), example.to_owned())
        };
        let zone = self.zone.ok_or_else(|| missing("zone", "add one, like zone +05:30"))?;
        let covers = self.covers;
        let (first, last) = covers
            .ok_or_else(|| missing("covers", "add one, like covers 2026-01-01 2026-12-31"))?;
        let week = self.weeks.first().map(|week| week.from);
        let week = week.ok_or_else(|| missing("week", "add one that holds from its first day"))?;
        if week > first {
            return Err(whole(
                file,
                format!("`{name}` covers {first}, but its first week holds from {week}"),
                "let the first week begin with the days covered, or cover less",
            ));
        }
        if zone == Zone::NewYork && first.ymd().0 < NEW_YORK_FIRST_YEAR {
            return Err(whole(
                file,
                format!("`{name}` covers {first}, but the clock of New_York is known from 2007"),
                "cover less",
            ));
        }
        if let Some(day) = self.days.keys().find(|day| **day < first || **day > last) {
            return Err(whole(
                file,
                format!("`{name}` says something of {day}, which it does not cover"),
                "mend the date, or the `covers` line",
            ));
        }
        Ok(Calendar {
            name: name.to_owned(),
            zone,
            first,
            last,
            weeks: self.weeks,
            days: self.days,
            weekends_only: false,
        })
    }
}

/// Phases with their times up to the end of the line or the word `for`, which begins a remark.
fn phases(fact: &mut Fact<'_>) -> Result<Vec<LocalSpan>, MarketError> {
    let mut found: Vec<LocalSpan> = Vec::new();
    while let Some(word) = fact.try_word() {
        if word.text == "for" {
            fact.remark();
            break;
        }
        let named = Phase::STATED.iter().find(|phase| phase.name() == word.text);
        let Some(phase) = named else {
            return Err(fact.unknown(word, "a phase", &Phase::STATED.map(Phase::name)));
        };
        let times = fact.word("the time of the phase", PHASES_ALLOWED)?;
        let parsed = times.text.split_once('-').and_then(|(from, until)| {
            Some((time_of_day(from)?, time_of_day(until)?)).filter(|(from, until)| from < until)
        });
        let Some((from, until)) = parsed else {
            let why = "not two times of one day, the earlier first";
            return Err(fact.problem(ErrorKind::Time, times, why, PHASES_ALLOWED));
        };
        if found.last().is_some_and(|before| before.until > from) {
            let why = "begins before the phase in front of it ends";
            return Err(fact.problem(ErrorKind::Unordered, times, why, PHASES_ALLOWED));
        }
        if found.len() == PHASES_MAX {
            let why = "more than 48 phases";
            return Err(fact.problem(ErrorKind::Cells, word, why, PHASES_ALLOWED));
        }
        found.push(LocalSpan { phase: *phase, from, until });
    }
    if found.is_empty() {
        fact.word("a phase", PHASES_ALLOWED)?;
    }
    Ok(found)
}

/// Seconds since midnight of `HH:MM` or `HH:MM:SS`, up to `24:00`.
pub(super) fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let mut number = || {
        let part = parts.next().filter(|part| part.len() == 2)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok())?
    };
    let (hour, minute) = (number()?, number()?);
    let second = if text.len() > 5 { number()? } else { 0 };
    let total = hour * 3600 + minute * 60 + second;
    let valid = minute < 60 && second < 60 && total <= DAY_SECONDS;
    (valid && parts.next().is_none()).then_some(total)
}

/// `mon-fri`, `sat`, `tue,thu`.
fn parse_days(fact: &Fact<'_>, word: Word<'_>) -> Result<Vec<Weekday>, MarketError> {
    let at = |name: &str| Weekday::ALL.iter().position(|day| day.short() == name);
    let mut days = Vec::new();
    for part in word.text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let range = at(first).zip(at(last)).and_then(|(first, last)| {
            Weekday::ALL.get(first..=last).filter(|range| !range.is_empty())
        });
        match range {
            Some(range) => days.extend_from_slice(range),
            None => {
                let allowed = "write them like mon-fri or tue,thu, in the order of the week";
                return Err(fact.problem(ErrorKind::Word, word, "not days of a week", allowed));
            }
        }
    }
    Ok(days)
}
