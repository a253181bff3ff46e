use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::time_text;

fn calendar(name: &str) -> Calendar {
    Calendar::by_name(name).unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Nanos {
    time_text::parse(text).unwrap()
}

/// The phases of a day as the exchange's own clock shows them.
fn day(calendar: &Calendar, day: &str) -> Vec<(Phase, String, String)> {
    let Some(session) = calendar.session(date(day)).unwrap() else { return Vec::new() };
    let clock = |at: Nanos| {
        let local = calendar.zone.to_local(at.0 / SECOND_NS).rem_euclid(DAY_SECONDS);
        format!("{:02}:{:02}", local / 3600, local / 60 % 60)
    };
    session.phases.iter().map(|span| (span.phase, clock(span.from), clock(span.until))).collect()
}

fn phases(stated: &[(Phase, &str, &str)]) -> Vec<(Phase, String, String)> {
    stated.iter().map(|(phase, from, until)| (*phase, (*from).into(), (*until).into())).collect()
}

use Phase::{Closed, ClosingAuction, Continuous, PreOpen};

#[test]
fn everything_that_comes_with_the_program_reads() {
    let names: Vec<&str> = Calendar::names().collect();
    assert_eq!(names, ["nse-cash", "nse-cash-auction", "nse-fno", "us-equities", "crypto"]);
    for name in names {
        let known = calendar(name);
        assert_eq!(known.name(), name);
        let text = Calendar::text_of(name).unwrap();
        assert_eq!(Calendar::from_text(name, "copy.txt", text).unwrap(), known);
    }
    let error = Calendar::by_name("nse-cahs").unwrap_err().to_string();
    assert!(error.contains("did you mean `nse-cash`?"), "{error}");
    assert_eq!(Calendar::text_of("moon"), None);
}

#[test]
fn nse_opens_at_03_45_utc_whatever_the_season() {
    let nse = calendar("nse-cash");
    for (local, utc) in
        [("2026-01-27", "2026-01-27T03:45:00Z"), ("2026-07-01", "2026-07-01T03:45:00Z")]
    {
        let session = nse.session(date(local)).unwrap().unwrap();
        assert_eq!(session.open(), Some(at(utc)));
        assert_eq!(session.from(), at(utc).plus(-15 * 60 * SECOND_NS));
        assert_eq!(session.close(), Some(at(&format!("{local}T10:00:00Z"))));
    }
}

#[test]
fn new_york_opens_at_14_30_and_13_30_utc() {
    let us = calendar("us-equities");
    for (local, utc) in [
        ("2026-03-06", "14:30"),
        ("2026-03-09", "13:30"),
        ("2026-10-30", "13:30"),
        ("2026-11-02", "14:30"),
        ("2024-03-08", "14:30"),
        ("2024-03-11", "13:30"),
        ("2025-10-31", "13:30"),
        ("2025-11-03", "14:30"),
    ] {
        let open = us.session(date(local)).unwrap().unwrap().open();
        assert_eq!(open, Some(at(&format!("{local}T{utc}:00Z"))), "{local}");
    }
    // Over the weekend of the change, the next open is the one of Monday.
    let friday = at("2026-03-06T21:00:00Z");
    assert_eq!(us.next_open(friday).unwrap(), at("2026-03-09T13:30:00Z"));
    assert_eq!(us.at(date("2026-03-08"), "02:30").unwrap(), at("2026-03-08T07:00:00Z"));
}

#[test]
fn the_phases_of_nse_change_in_2026_and_differ_by_class() {
    let morning = [(PreOpen, "09:00", "09:15"), (Continuous, "09:15", "15:30")];
    let (cash, auction, fno) =
        (calendar("nse-cash"), calendar("nse-cash-auction"), calendar("nse-fno"));
    // The last session before the change was a Friday; the first after it a Monday.
    assert_eq!(day(&cash, "2026-07-31"), phases(&morning));
    assert_eq!(day(&cash, "2026-08-03"), phases(&morning));
    assert_eq!(day(&auction, "2026-07-31"), phases(&morning));
    let with_auction = [
        (PreOpen, "09:00", "09:15"),
        (Continuous, "09:15", "15:15"),
        (ClosingAuction, "15:15", "15:35"),
    ];
    assert_eq!(day(&auction, "2026-08-03"), phases(&with_auction));
    assert_eq!(day(&auction, "2026-12-04"), phases(&with_auction));
    let revised = [
        (PreOpen, "09:00", "09:15"),
        (Continuous, "09:15", "15:30"),
        (ClosingAuction, "15:30", "15:40"),
    ];
    assert_eq!(day(&auction, "2026-12-07"), phases(&revised));

    assert_eq!(day(&fno, "2025-12-05"), phases(&[(Continuous, "09:15", "15:30")]));
    assert_eq!(day(&fno, "2025-12-08"), phases(&morning));
    assert_eq!(day(&fno, "2026-07-31"), phases(&morning));
    for (from, close) in [("2026-08-03", "15:40"), ("2026-12-07", "15:45")] {
        let expected = [(PreOpen, "09:00", "09:15"), (Continuous, "09:15", close)];
        assert_eq!(day(&fno, from), phases(&expected));
    }
    let quarter_past_three = at("2026-08-03T15:15:00+05:30");
    assert_eq!(auction.phase_at(quarter_past_three).unwrap().phase, ClosingAuction);
    assert_eq!(cash.phase_at(quarter_past_three).unwrap().phase, Continuous);
    assert_eq!(auction.phase_at(quarter_past_three.plus(-1)).unwrap().phase, Continuous);
}

#[test]
fn special_sessions_and_half_days() {
    let nse = calendar("nse-cash");
    let muhurat = [(PreOpen, "17:45", "18:00"), (Continuous, "18:00", "19:00")];
    assert_eq!(day(&nse, "2024-11-01"), phases(&muhurat));
    assert_eq!(day(&calendar("nse-fno"), "2024-11-01"), phases(&muhurat[1..]));
    let afternoon = [(PreOpen, "13:30", "13:45"), (Continuous, "13:45", "14:45")];
    assert_eq!(day(&nse, "2025-10-21"), phases(&afternoon));
    // Saturdays and a Sunday with a session; the Monday of one of them is a holiday.
    for weekend in ["2024-01-20", "2024-03-02", "2024-05-18", "2025-02-01", "2026-02-01"] {
        assert!(!day(&nse, weekend).is_empty(), "{weekend}");
    }
    assert_eq!(day(&nse, "2024-01-22"), []);
    // Two trading periods in one session: closed between them, but the session is on.
    let between = nse.phase_at(at("2024-03-02T10:30:00+05:30")).unwrap();
    assert_eq!(between.phase, Closed);
    assert_eq!(between.session_date, Some(date("2024-03-02")));
    assert_eq!(between.from, at("2024-03-02T10:00:00+05:30"));
    assert_eq!(between.until, at("2024-03-02T11:15:00+05:30"));

    let us = calendar("us-equities");
    for (half_day, close) in [
        ("2024-07-03", "17:00"),
        ("2025-11-28", "18:00"),
        ("2026-11-27", "18:00"),
        ("2026-12-24", "18:00"),
    ] {
        let session = us.session(date(half_day)).unwrap().unwrap();
        assert_eq!(session.close(), Some(at(&format!("{half_day}T{close}:00Z"))));
    }
    // In 2026 the day before the observed holiday is a full day.
    let full = us.session(date("2026-07-02")).unwrap().unwrap();
    assert_eq!(full.close(), Some(at("2026-07-02T20:00:00Z")));
}

#[test]
fn holidays_are_closed_and_as_many_as_were_announced() {
    let weekday_holidays = |name: &str, year: i64| {
        let known = calendar(name);
        let first = Date::from_ymd(year, 1, 1).unwrap();
        let dates = (0..366).map(|n| first.plus_days(n)).filter(|date| date.ymd().0 == year);
        let dates = dates.filter(|date| date.weekday() < Weekday::Saturday);
        dates.filter(|date| matches!(known.session(*date), Ok(None))).count()
    };
    // A Muhurat session opens one holiday of the list for an hour in 2024 and 2025.
    assert_eq!([2024, 2025, 2026].map(|year| weekday_holidays("nse-cash", year)), [16, 13, 16]);
    assert_eq!([2024, 2025, 2026].map(|year| weekday_holidays("us-equities", year)), [10, 11, 10]);
    let nse = calendar("nse-fno");
    let holiday = nse.phase_at(at("2026-11-24T11:00:00+05:30")).unwrap();
    assert_eq!((holiday.phase, holiday.session_date), (Closed, None));
    assert_eq!(holiday.from, at("2026-11-23T15:40:00+05:30"));
    assert_eq!(holiday.until, at("2026-11-25T09:00:00+05:30"));
}

#[test]
fn the_three_classes_of_nse_trade_on_the_same_days() {
    let days = |name: &str| -> BTreeSet<Date> {
        let known = calendar(name).weekends_only();
        let sessions = known.sessions(date("2024-01-01"), date("2026-12-31"));
        sessions.map(|session| session.unwrap().date).collect()
    };
    assert_eq!(days("nse-cash"), days("nse-fno"));
    assert_eq!(days("nse-cash"), days("nse-cash-auction"));
}

#[test]
fn what_is_not_known_is_said_and_not_guessed() {
    let nse = calendar("nse-cash");
    for unknown in ["2023-12-29", "2027-01-01", "2026-11-08"] {
        let error = nse.session(date(unknown)).unwrap_err();
        assert!(matches!(error, CalendarError::NotCovered { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(unknown) && text.contains("2024-01-01 to 2026-12-31"), "{text}");
    }
    for edge in ["2024-01-01", "2026-12-31"] {
        assert_eq!(day(&nse, edge).len(), 2, "{edge}");
    }
    // Before a day of unknown hours, what comes next is unknown as well.
    let friday_evening = at("2026-11-06T18:00:00+05:30");
    assert!(nse.next_open(friday_evening).is_err());
    let closed = nse.phase_at(friday_evening).unwrap();
    assert_eq!(closed.until, at("2026-11-08T00:00:00+05:30"));
    let monday = nse.phase_at(at("2026-11-09T08:00:00+05:30")).unwrap();
    assert_eq!(monday.from, at("2026-11-09T00:00:00+05:30"));
    assert!(nse.sessions(date("2026-11-06"), date("2026-11-09")).any(|session| session.is_err()));

    let guessing = nse.weekends_only();
    assert!(guessing.is_weekends_only());
    let open = at("2026-11-09T09:15:00+05:30");
    assert_eq!(guessing.next_open(friday_evening), Ok(open));
    // Republic Day of a year that is not covered is a Tuesday like any other.
    assert_eq!(day(&guessing, "2027-01-26").len(), 2);
    assert_eq!(day(&guessing, "2027-01-30"), []);
    // What is known stays known.
    assert_eq!(day(&guessing, "2026-01-26"), []);
    assert_eq!(day(&guessing, "1999-01-04").len(), 2);
    assert!(guessing.phase_at(Nanos::MAX).is_ok() && guessing.phase_at(Nanos(i64::MIN)).is_ok());
}

#[test]
fn the_clock_on_the_wall_is_the_inverse_of_a_time_of_day() {
    for name in Calendar::names() {
        let known = calendar(name);
        for day in ["2024-02-29", "2026-03-08", "2026-06-30", "2026-11-01"] {
            for (time, second) in [("00:00", 0), ("09:15", 33_300), ("23:59:59", 86_399)] {
                let at = known.at(date(day), time).unwrap();
                assert_eq!(known.wall_at(at), (date(day), second), "{name} {day} {time}");
            }
            let midnight = known.at(date(day), "24:00").unwrap();
            assert_eq!(known.wall_at(midnight), (date(day).plus_days(1), 0), "{name} {day}");
        }
    }
}

#[test]
fn crypto_is_always_open() {
    let crypto = calendar("crypto");
    for instant in
        ["2026-11-08T00:00:00Z", "2026-12-25T23:59:59.999999999Z", "2024-02-29T12:00:00Z"]
    {
        let now = at(instant);
        assert_eq!(crypto.phase_at(now).unwrap().phase, Continuous);
        assert_eq!(crypto.next_open(now), Ok(now));
        assert_eq!(crypto.session_from(now).unwrap().date, date(&instant[..10]));
    }
}

#[test]
fn a_calendar_of_ones_own() {
    let text = "zone -03:00\ncovers 2026-01-01 2026-01-31\nholiday 2026-01-20 one\n\
                calendar other\nweek 2026-01-01 mon-sun continuous 00:00-24:00\n\
                calendar mine\nweek 2026-01-01 tue,thu-fri continuous 10:00-12:30:15\n\
                session 2026-01-20 closing_auction 15:00-16:00 for all that\n";
    let mine = Calendar::from_text("mine", "mine.txt", text).unwrap();
    // A line of the calendar itself holds before one for all.
    assert_eq!(day(&mine, "2026-01-20"), phases(&[(ClosingAuction, "15:00", "16:00")]));
    let open = mine.next_open(at("2026-01-09T15:30:15Z")).unwrap();
    assert_eq!(open, at("2026-01-13T13:00:00Z"));
    let session = mine.session(date("2026-01-09")).unwrap().unwrap();
    // The end of a session is not in it.
    assert_eq!(mine.session_from(session.until().plus(-1)).unwrap(), session);
    assert_eq!(mine.session_from(session.until()).unwrap().date, date("2026-01-13"));
    assert_eq!(session.until(), at("2026-01-09T15:30:15Z"));
    let other = Calendar::from_text("other", "mine.txt", text).unwrap();
    assert_eq!(day(&other, "2026-01-20"), []);
    assert_eq!(mine.covers(), (date("2026-01-01"), date("2026-01-31")));
    for wrong in ["24:01", "9:30", "09:60", "", "09:30:60", "09:30:00:00", "+9:30"] {
        assert!(mine.at(date("2026-01-01"), wrong).is_err(), "{wrong}");
    }
    let midnight = mine.at(date("2026-01-01"), "24:00").unwrap();
    assert_eq!(midnight, at("2026-01-02T03:00:00Z"));
}

#[test]
fn a_broken_calendar_says_where_and_what() {
    let head = "zone UTC\ncovers 2026-01-01 2026-12-31\ncalendar c\n";
    let week = "week 2026-01-01 mon-fri continuous 09:00-10:00\n";
    let cases: [(&str, &str, ErrorKind); 17] = [
        ("calender c\n", "c:1:1: `calender`", ErrorKind::Word),
        ("zone Mars\n", "c:1:6: `Mars`", ErrorKind::Word),
        ("zone +25:00\n", "c:1:6: `+25:00`", ErrorKind::Time),
        ("zone UTC now\n", "c:1:10: `now`", ErrorKind::Cells),
        ("covers 2026-12-31 2026-01-01\n", "c:1:1: 2026-12-31 is after", ErrorKind::Unordered),
        ("covers 2026-13-01 2026-01-01\n", "c:1:8: `2026-13-01`", ErrorKind::Word),
        ("week 2026-01-01 fri-mon continuous 09:00-10:00\n", "c:1:17: `fri-mon`", ErrorKind::Word),
        ("week 2026-01-01 mon-fri\n", "c:1:24: a phase is missing", ErrorKind::Cells),
        ("week 2026-01-01 mon-fri open 09:00-10:00\n", "c:1:25: `open`", ErrorKind::Word),
        ("week 2026-01-01 mon-fri continuous\n", "c:1:35: the time", ErrorKind::Cells),
        ("week 2026-01-01 mon-fri continuous 10-11\n", "c:1:36: `10-11`", ErrorKind::Time),
        (
            "week 2026-01-01 mon-fri continuous 10:00-10:00\n",
            "c:1:36: `10:00-10:00`",
            ErrorKind::Time,
        ),
        (
            "week 2026-01-01 mon-fri pre_open 09:00-09:15 continuous 09:14-10:00\n",
            "c:1:57: `09:14-10:00`",
            ErrorKind::Unordered,
        ),
        ("holiday 2026-01-01\nholiday 2026-01-01\n", "c:2:1: 2026-01-01", ErrorKind::Unordered),
        ("zone UTC\ncalendar c\n", "c: the calendar `c` has no `covers`", ErrorKind::Declared),
        ("calendar d\n", "c: there is no calendar `c`", ErrorKind::Declared),
        ("calendar c\ncalendar c\n", "c:2:10: `c`", ErrorKind::Word),
    ];
    for (text, start, kind) in cases {
        let error = Calendar::from_text("c", "c", text).unwrap_err();
        assert!(error.to_string().starts_with(start), "{error}");
        assert_eq!(error.kind(), kind, "{error}");
    }
    for (text, part) in [
        (head.to_owned(), "no `week` line"),
        (format!("{head}{week}{week}"), "stands after a later one"),
        (format!("{head}week 2026-01-02 mon-fri continuous 09:00-10:00"), "first week holds from"),
        (format!("{head}{week}holiday 2027-01-01 x"), "which it does not cover"),
        (
            format!(
                "{head}zone New_York\ncovers 2006-01-01 2007-01-01\nweek 2006-01-01 mon continuous 00:00-24:00"
            ),
            "is known from 2007",
        ),
    ] {
        let error = Calendar::from_text("c", "c", &text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(Calendar::from_text("c", "c", &format!("{head}{week}")).is_ok());
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    let names: Vec<&str> = Calendar::names().collect();
    (prop::sample::select(names), any::<bool>()).prop_map(|(name, loose)| {
        if loose { calendar(name).weekends_only() } else { calendar(name) }
    })
}

proptest! {
    #[test]
    fn phases_tile_the_time(known in any_calendar(), second in 1_704_067_200_i64..1_798_761_600) {
        let now = Nanos(second * SECOND_NS);
        if let Ok(phase) = known.phase_at(now) {
            prop_assert!(phase.from <= now && now < phase.until);
            // Both ends of the answer belong to it, and what comes after is another phase.
            for inside in [phase.from, phase.until.plus(-1)] {
                let same = known.phase_at(inside).unwrap();
                prop_assert_eq!((same.phase, same.from, same.until),
                    (phase.phase, phase.from, phase.until));
            }
            if let Ok(next) = known.phase_at(phase.until) {
                prop_assert_eq!(next.from, phase.until);
                prop_assert!(next.phase != Closed || phase.phase != Closed);
            }
        }
    }

    #[test]
    fn the_next_open_is_open_and_the_first(
        known in any_calendar(),
        second in 1_704_067_200_i64..1_798_761_600,
    ) {
        let now = Nanos(second * SECOND_NS);
        if let Ok(open) = known.next_open(now) {
            prop_assert!(open >= now);
            prop_assert_eq!(known.phase_at(open).unwrap().phase, Continuous);
            // Walking phase by phase comes to the same instant.
            let mut walk = known.phase_at(now).unwrap();
            while walk.phase != Continuous {
                walk = known.phase_at(walk.until).unwrap();
            }
            prop_assert_eq!(walk.from.max(now), open);
        }
        if let Ok(session) = known.session_from(now) {
            prop_assert!(session.until() > now);
            prop_assert!(known.date_at(session.from()) == session.date);
        }
    }

    #[test]
    fn no_text_panics(text in "(calendar|week|holiday|session|zone|covers|unknown| |\n|-|:|[0-9a-z]){0,80}") {
        let _ = Calendar::from_text("c", "c", &text);
    }
}

#[test]
fn names_in_a_text_cannot_write_to_a_terminal() {
    let mut text = String::from("zone UTC\ncovers 2024-01-01 2025-12-31\ncalendar a\u{1b}[31m\n");
    for n in 0..500 {
        text.push_str(&format!("calendar name-{n}\n"));
    }
    let words = Calendar::from_text("mine", "f.txt", &text).expect_err("not there").to_string();
    assert!(words.contains("there are: `a") && words.contains("and 481 more"), "{words}");
    assert!(!words.contains(char::is_control) && words.len() < 1000, "{words:?}");
}
