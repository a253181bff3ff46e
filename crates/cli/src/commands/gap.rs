//! `truefill gap`: where the money went, exactly.

use super::print;
use crate::args::Gap;
use crate::failure::{Done, Failure};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use truefill_core::event::{DayEnded, Event};
use truefill_core::time::Nanos;
use truefill_gap::ledger::Line;
use truefill_gap::story::{self, Story};
use truefill_gap::trail::Trail;
use truefill_gap::{Attribution, Cause, Report, report_of_reader};
use truefill_journal::{Direction, Journal, Reader};
use truefill_report::{RunPage, Trading};

pub fn run(args: &Gap) -> Done {
    let (name, (report, trading)) = match (&args.ledger, &args.journal) {
        (Some(path), _) => (path.display().to_string(), (of_ledger(path)?, Trading::default())),
        (None, Some(path)) => (path.display().to_string(), of_journal(path)?),
        (None, None) => {
            return Err(Failure::Input(
                "nothing to read: name a journal (journal.db of a run) or --ledger FILE".to_owned(),
            ));
        }
    };
    if let Some(path) = &args.html {
        let page = RunPage { subtitle: name, trading, ..RunPage::from(report.clone()) };
        std::fs::write(path, truefill_report::html(&page))
            .map_err(|error| Failure::about(path.display(), error))?;
    }
    if args.json {
        print(&report.to_json().map_err(Failure::input)?)?;
    } else {
        print(&in_words(&report))?;
    }
    exact(&report)
}

/// A report whose residual is not zero is a defect, never noise.
pub fn exact(report: &Report) -> Done {
    if report.is_exact() {
        return Ok(());
    }
    Err(Failure::Wrong(format!(
        "the gap has a residual of {}: this is a defect of truefill; do not use the report, and \
         please report the ledger",
        report.residual()
    )))
}

fn of_ledger(path: &Path) -> Result<Report, Failure> {
    let input: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| {
            Failure::about(
                path.display(),
                format!("{error}; nothing was computed; check the path of the ledger"),
            )
        })?;
        Box::new(BufReader::new(file))
    };
    report_of_reader(input).map_err(|error| Failure::about(path.display(), error))
}

/// The report of a journal: its events told ex post, in effective order; and what gates and
/// rules did.
pub(super) fn of_journal(path: &Path) -> Result<(Report, Trading), Failure> {
    let (report, trading, running) = so_far(path)?;
    if running {
        eprintln!(
            "truefill: the day is not closed: it is valued at the last prices in the journal"
        );
    }
    Ok((report, trading))
}

/// The same, and whether the day goes on: a node trades, or was stopped in the middle of it.
pub(super) fn so_far(path: &Path) -> Result<(Report, Trading, bool), Failure> {
    let reader = Reader::open(path).map_err(Failure::input)?;
    let segments = reader.segments().map_err(Failure::input)?;
    let Some(first) = segments.first() else {
        return Err(Failure::about(path.display(), "the journal is empty: nothing ran yet"));
    };
    let config = first.config().map_err(Failure::input)?;
    let (mut story, mut trail) = (Story::new(config.clone()), Trail::default());
    // When something was last decided in a day that is not closed.
    let mut running: Option<Nanos> = None;
    let told = reader.scan(1, &mut |record| {
        if record.direction == Direction::Event {
            let event = truefill_core::record::bytes::decode(record.body).map_err(|error| {
                truefill_journal::JournalError::Damaged { seq: record.seq, why: error.to_string() }
            })?;
            story.event(record.time, &event);
            let closes = matches!(event, Event::DayEnded(_));
            running = (!closes).then_some(record.time);
            trail.event(record.seq, record.time, &event);
        }
        Ok(std::ops::ControlFlow::Continue(()))
    });
    told.map_err(Failure::input)?;
    if let Some(last) = running {
        story.event(last, &Event::DayEnded(DayEnded {}));
    }
    let mut attribution = Attribution::new();
    attribution.apply(&Line::HEADER).map_err(Failure::input)?;
    let told = story.finish();
    for entry in &told.entries {
        attribution.apply(&entry.line).map_err(Failure::input)?;
    }
    let found = story::breakdown(&config, &told.entries, &told.notes).map_err(Failure::input)?;
    let report = attribution.finish().map_err(Failure::input)?;
    Ok((report, Trading::of(&config, &found, &trail.finish()), running.is_some()))
}

/// Theory and life side by side, in one line, with the largest causes of the gap.
pub(super) fn in_a_line(report: &Report) -> String {
    let displayed = report.displayed();
    let mut causes: Vec<_> = displayed.causes.iter().collect();
    causes.sort_by_key(|(_, amount)| std::cmp::Reverse(amount.abs()));
    let named = causes.iter().filter(|(_, amount)| !amount.is_zero()).take(3);
    let named: Vec<String> =
        named.map(|(cause, amount)| format!("{amount} {}", Cause::plain_name(*cause))).collect();
    let of = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    let (theory, live, gap) = (report.theory_pnl(), report.live_pnl(), report.gap());
    format!("twin {theory}, live {live}, gap {gap}{of}")
}

/// The report for a terminal.
pub fn in_words(report: &Report) -> String {
    let displayed = report.displayed();
    let mut text = format!(
        "theory  {}\nlive    {}\ngap     {}   (residual {}: every unit is accounted for)\n",
        report.theory_pnl(),
        report.live_pnl(),
        report.gap(),
        report.residual()
    );
    let width = displayed.causes.iter().map(|(_, v)| v.to_string().len()).max().unwrap_or(0);
    for (cause, amount) in displayed.causes.iter() {
        let name = Cause::plain_name(cause);
        text.push_str(&format!("  {:>width$}  {name}\n", amount.to_string()));
    }
    text.pop();
    text
}
