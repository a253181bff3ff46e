//! Today in the calendar, and how far it reaches.
//!
//! Entry point: [`look`].

use super::List;
use truefill_core::config::{Config, Phase, PhaseSpan};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_venue::kite::{IST_AHEAD_S, ist_text};

const DAY_S: i64 = 86_400;
/// A calendar that ends so soon ends while the node runs.
const SOON_DAYS: i64 = 3;

/// The day of an instant in India, as days since 1970.
pub(super) const fn day_of(at: Nanos) -> i64 {
    (at.0.div_euclid(SECOND_NS) + IST_AHEAD_S).div_euclid(DAY_S)
}

/// When is it open?
pub(super) fn look(list: &mut List, config: &Config, now: Nanos) {
    let Some(calendar) = config.calendars.first() else {
        return list.note(
            "calendar",
            "no calendar: the market counts as always open",
            "name one as calendar in [market]; `truefill calendar` lists them",
        );
    };
    let name = &calendar.name;
    let open = |span: &&PhaseSpan| span.phase == Phase::Continuous;
    let next = calendar.phases.iter().filter(open).find(|span| span.until > now);
    let Some(next) = next else {
        return list.wrong(
            "calendar",
            &format!("{name} knows no session to come"),
            "take a newer truefill, or calendar_days = \"weekdays\"",
        );
    };
    let today = day_of(now);
    let has_today = calendar.phases.iter().any(|span| span.session == today);
    if next.from <= now {
        list.fine("calendar", &format!("{name}: open until {} IST", ist_text(next.until)));
    } else {
        let today = match (has_today, next.session == today) {
            (false, _) => "no session today; opens",
            (true, true) => "opens today,",
            (true, false) => "today's session is over; opens",
        };
        list.note("calendar", &format!("{name}: {today} at {} IST", ist_text(next.from)), "");
    }
    let last = calendar.phases.last().map_or(today, |span| span.session);
    if last < today + SOON_DAYS {
        list.note(
            "calendar",
            &format!("{name} knows no session after {} IST", day_text(last)),
            "where that is not a long weekend, take a newer truefill before that day",
        );
    }
}

/// A day, as people write it.
pub(super) fn day_text(day: i64) -> String {
    let at = Nanos(day.saturating_mul(DAY_S * SECOND_NS));
    at.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Grade;
    use truefill_core::config::Calendar;

    /// 2026-11-25, a Wednesday, and the time of day in India.
    fn at(day: i64, hour: i64, minute: i64) -> Nanos {
        Nanos((day * DAY_S + hour * 3600 + minute * 60 - IST_AHEAD_S) * SECOND_NS)
    }

    fn said(days: &[i64], now: Nanos) -> Vec<(Grade, String)> {
        let phase = |day: &i64| PhaseSpan {
            from: at(*day, 9, 15),
            until: at(*day, 15, 30),
            phase: Phase::Continuous,
            session: *day,
        };
        let phases = days.iter().map(phase).collect();
        let calendars = vec![Calendar { name: "nse".to_owned(), phases }];
        let config = Config { calendars, ..crate::doctor::listed::tests::config() };
        let mut list = List(Vec::new());
        look(&mut list, &config, now);
        list.0.into_iter().map(|found| (found.grade, found.text)).collect()
    }

    #[test]
    fn today_is_open_over_to_come_or_no_session() {
        const TODAY: i64 = 20_782;
        let week = [TODAY, TODAY + 1, TODAY + 5];
        let open = said(&week, at(TODAY, 10, 0));
        let text = "nse: open until 2026-11-25 15:30:00 IST".to_owned();
        assert_eq!(open, [(Grade::Fine, text)]);
        let early = said(&week, at(TODAY, 8, 0));
        assert_eq!(early[0].1, "nse: opens today, at 2026-11-25 09:15:00 IST");
        let late = said(&week, at(TODAY, 16, 0));
        assert_eq!(late[0].1, "nse: today's session is over; opens at 2026-11-26 09:15:00 IST");
        let holiday = said(&week[1..], at(TODAY, 10, 0));
        assert_eq!(holiday[0].1, "nse: no session today; opens at 2026-11-26 09:15:00 IST");
        let ends = said(&week[..2], at(TODAY, 10, 0));
        assert_eq!(ends[1].1, "nse knows no session after 2026-11-26 IST");
        assert_eq!(said(&week[..1], at(TODAY + 1, 10, 0))[0].0, Grade::Wrong);
    }
}
