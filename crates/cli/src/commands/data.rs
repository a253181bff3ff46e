//! `truefill data`: what a file of market data is, what is in it, what is wrong with it, and what
//! it leaves open.

use super::dated::utc;
use super::print;
use crate::args::{Data as Args, End};
use crate::failure::{Done, Failure};
use crate::{config, quick};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_market::columns::{BarSpec, QuoteSpec, Session, StampSide};
use truefill_market::error::Ambiguity;
use truefill_market::inspect::{Assumed, Declared, Format, Summary, detect, inspect};
use truefill_market::zone::Zone;

/// Symbols that are listed for people; JSON has them all.
const LISTED_MAX: usize = 12;

pub fn run(args: &Args) -> Done {
    let said = Said::new(args)?;
    let mut documents = Vec::new();
    let mut refused = Vec::new();
    for path in &args.files {
        match said.inspect(path) {
            Ok(summary) if args.json => documents.push(as_json(path, &summary)),
            Ok(summary) => print(&in_words(path, &summary))?,
            Err(failure) => {
                let file = path.display().to_string();
                documents.push(json!({"file": file, "error": failure.words()}));
                refused.push(failure.words().to_owned());
            }
        }
    }
    // A file that cannot be read does not take away what is known of the others.
    if args.json && (args.files.len() > 1 || refused.is_empty()) {
        print(&Value::Array(documents).to_string())?;
    }
    if refused.is_empty() { Ok(()) } else { Err(Failure::Input(refused.join("\n"))) }
}

/// What the flags say about files that leave it open.
struct Said<'a> {
    args: &'a Args,
    zone: Option<Zone>,
    session: Option<Session>,
    period_ns: Option<i64>,
}

impl<'a> Said<'a> {
    fn new(args: &'a Args) -> Result<Self, Failure> {
        let period = |text: &String| {
            config::duration_of_text(text).ok_or_else(|| {
                Failure::Input(format!(
                    "--period {text}: not a time; nothing was read; write 1m, 5m, 1h"
                ))
            })
        };
        Ok(Self {
            args,
            zone: args.zone.as_deref().map(quick::zone).transpose()?,
            session: args.session.as_deref().map(quick::session).transpose()?,
            period_ns: args.period.as_ref().map(period).transpose()?,
        })
    }

    fn inspect(&self, path: &Path) -> Result<Summary, Failure> {
        let format = detect(path).map_err(|error| quick::failure(&error))?;
        let declared = match (self.flags().is_empty(), format) {
            (true, _) => Declared::default(),
            (false, Format::ColumnBars) => {
                Declared { bars: Some(self.bars()), ..Declared::default() }
            }
            (false, Format::ColumnQuotes) => {
                self.no(&["--stamp", "--period"], path, format)?;
                Declared { quotes: Some(self.quotes()), ..Declared::default() }
            }
            (false, _) => {
                self.no(&self.flags(), path, format)?;
                Declared::default()
            }
        };
        inspect(path, &declared).map_err(|error| quick::failure(&error))
    }

    /// The flags that are there.
    fn flags(&self) -> Vec<&'static str> {
        let args = self.args;
        let all = [
            ("--symbol", args.symbol.is_some()),
            ("--zone", args.zone.is_some()),
            ("--stamp", args.stamp.is_some()),
            ("--session", args.session.is_some()),
            ("--period", args.period.is_some()),
        ];
        all.iter().filter(|(_, there)| *there).map(|(flag, _)| *flag).collect()
    }

    /// Refuses flags that a form has no use for: whoever writes one expects it to act.
    fn no(&self, useless: &[&str], path: &Path, format: Format) -> Result<(), Failure> {
        match self.flags().into_iter().find(|flag| useless.contains(flag)) {
            None => Ok(()),
            Some(flag) => Err(Failure::Input(format!(
                "{}: {flag} says nothing about {format}; the file was not read; take it out, or \
                 look at this file alone",
                path.display()
            ))),
        }
    }

    fn bars(&self) -> BarSpec {
        let mut spec = BarSpec::new();
        if let Some(symbol) = &self.args.symbol {
            spec = spec.symbol(symbol.as_str());
        }
        if let Some(zone) = self.zone {
            spec = spec.zone(zone);
        }
        if let Some(session) = self.session {
            spec = spec.session(session);
        }
        if let Some(period_ns) = self.period_ns {
            spec = spec.period_ns(period_ns);
        }
        match self.args.stamp {
            Some(End::Open) => spec.stamp(StampSide::Open),
            Some(End::Close) => spec.stamp(StampSide::Close),
            None => spec,
        }
    }

    fn quotes(&self) -> QuoteSpec {
        let mut spec = QuoteSpec::new();
        if let Some(symbol) = &self.args.symbol {
            spec = spec.symbol(symbol.as_str());
        }
        if let Some(zone) = self.zone {
            spec = spec.zone(zone);
        }
        if let Some(session) = self.session {
            spec = spec.session(session);
        }
        spec
    }
}

/// The key of `[market]` that opens a file of a form: what a configuration can trade on.
const fn opened_as(format: Format) -> Option<&'static str> {
    match format {
        Format::Ticks | Format::ColumnQuotes => Some("quotes"),
        Format::ColumnBars => Some("bars"),
        _ => None,
    }
}

/// The key of `[market]` that settles what a file leaves open.
const fn key(ambiguity: Ambiguity) -> Option<&'static str> {
    match ambiguity {
        Ambiguity::StampSide => Some("stamp"),
        Ambiguity::Zone => Some("zone"),
        Ambiguity::Period => Some("period"),
        Ambiguity::Symbol => Some("symbol"),
        Ambiguity::Session => Some("session"),
        Ambiguity::Size => Some("assume_size"),
        _ => None,
    }
}

fn as_json(path: &Path, summary: &Summary) -> Value {
    let time = |at: Option<Nanos>| at.map(|at| at.to_string());
    let dirt = &summary.dirt;
    let symbols = summary.symbols.iter().map(|held| {
        let (first, last) = (held.span.map(|span| span.0), held.span.map(|span| span.1));
        json!({
            "symbol": held.symbol, "rows": held.rows, "first": time(first), "last": time(last),
        })
    });
    let classes = dirt.classes();
    let classes = classes.iter().filter(|(_, class)| class.count > 0).map(
        |(what, class)| json!({"what": what, "count": class.count, "first_line": class.first_line}),
    );
    let opened = opened_as(summary.format);
    let assumed = summary.assumed.iter().map(|assumed| {
        json!({
            "what": assumed.what.what(),
            "instead": assumed.instead,
            "key": opened.and(key(assumed.what)),
            "flag": opened.map(|_| quick::flag(assumed.what)),
        })
    });
    json!({
        "file": path.display().to_string(),
        "format": summary.format.name(),
        "opened_as": opened,
        "rows": summary.rows,
        "quotes": dirt.quotes,
        "trades": dirt.trades,
        "bars": dirt.bars,
        "first": time(summary.span().map(|span| span.0)),
        "last": time(summary.span().map(|span| span.1)),
        "period_ns": summary.period_ns,
        "period_inferred": summary.period_inferred,
        "symbols": symbols.collect::<Vec<_>>(),
        "clean": dirt.is_clean(),
        "dirt": classes.collect::<Vec<_>>(),
        "reordered_ns_max": dirt.reordered_ns_max,
        "backward_ns_max": dirt.backward_ns_max,
        "gap_periods": dirt.gap_periods,
        "assumed": assumed.collect::<Vec<_>>(),
        "notes": summary.notes,
    })
}

fn in_words(path: &Path, summary: &Summary) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_words(&mut out, path, summary);
    out
}

fn write_words(out: &mut String, path: &Path, summary: &Summary) -> std::fmt::Result {
    let file = path.display();
    let Summary { format, rows, symbols, .. } = summary;
    let plural = if symbols.len() == 1 { "" } else { "s" };
    writeln!(out, "{file}\n  {format}: {rows} rows of {} symbol{plural}", symbols.len())?;
    if let Some((first, last)) = summary.span() {
        writeln!(out, "  from {} to {}", utc(first), utc(last))?;
    }
    if let Some(period) = summary.period_ns {
        let how = if summary.period_inferred { ", the most common distance" } else { "" };
        writeln!(out, "  bars of {} s{how}", period / SECOND_NS)?;
    }
    let width = symbols.iter().map(|held| held.symbol.chars().count()).max().unwrap_or(0);
    for held in symbols.iter().take(LISTED_MAX) {
        let span = held.span.map_or_else(
            || "no usable row".to_owned(),
            |(first, last)| format!("{} to {}", utc(first), utc(last)),
        );
        writeln!(out, "    {:<width$}  {:>9}  {span}", held.symbol, held.rows)?;
    }
    if symbols.len() > LISTED_MAX {
        writeln!(out, "    and {} more; --json lists all", symbols.len() - LISTED_MAX)?;
    }
    dirt(out, path, summary)?;
    for one in &summary.assumed {
        assumed(out, one, opened_as(*format))?;
    }
    for note in &summary.notes {
        writeln!(out, "  {note}")?;
    }
    match opened_as(*format) {
        Some(key) => write!(out, "  in a configuration: [market] {key} = \"{file}\""),
        None => write!(
            out,
            "  in a configuration: not yet; this form is read by the library truefill-market only"
        ),
    }
}

/// What was wrong, what was done about it, and where it stands first.
fn dirt(out: &mut String, path: &Path, summary: &Summary) -> std::fmt::Result {
    let dirt = &summary.dirt;
    if dirt.is_clean() {
        return writeln!(out, "  nothing to mend");
    }
    for (what, class) in dirt.classes().iter().filter(|(_, class)| class.count > 0) {
        let place = format!("{}:{}", path.display(), class.first_line);
        writeln!(out, "  {:>9} {what}, first at {place}", class.count)?;
    }
    for (what, ns) in [
        ("put back in order by at most", dirt.reordered_ns_max),
        ("raised by at most", dirt.backward_ns_max),
    ] {
        if ns > 0 {
            writeln!(out, "            {what} {ns} ns")?;
        }
    }
    if dirt.gap_periods > 0 {
        writeln!(out, "            {} periods missing in gaps within a day", dirt.gap_periods)?;
    }
    Ok(())
}

fn assumed(out: &mut String, assumed: &Assumed, opened: Option<&str>) -> std::fmt::Result {
    let Assumed { what, instead } = assumed;
    writeln!(out, "  the file does not say {what}; assumed here only: {instead}")?;
    if opened.is_none() {
        return Ok(());
    }
    writeln!(out, "      rehearse: {}", quick::flag(*what))?;
    match key(*what) {
        Some(key) => writeln!(out, "      in a configuration: `{key}` of [market]"),
        None => Ok(()),
    }
}
