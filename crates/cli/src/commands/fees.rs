//! `truefill fees`: fee schedules by date, and the charges of an execution, line by line.

use super::dated::Own;
use super::print;
use crate::args::{Fees as Args, TradeSide};
use crate::failure::{Done, Failure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::str::FromStr;
use truefill_core::num::{Px, Qty};
use truefill_core::report::Liquidity;
use truefill_core::request::Side;
use truefill_market::date::Date;
use truefill_market::fees::{Charges, Paid, Schedule, TradeForFee};

pub fn run(args: &Args) -> Done {
    let own = args.file.as_deref().map(Own::read).transpose()?;
    let Some(name) = &args.name else { return list(own.as_ref(), args.json) };
    if args.text {
        // An unknown name is refused with those there are.
        Schedule::by_name(name).map_err(Failure::input)?;
        return print(Schedule::text_of(name).unwrap_or_default().trim_end());
    }
    let schedule = schedule(name, own.as_ref())?;
    let shown = Shown::new(args, &schedule)?;
    print(&if args.json { shown.json().to_string() } else { shown.words() })
}

fn schedule(name: &str, own: Option<&Own>) -> Result<Schedule, Failure> {
    match own {
        Some(own) => Schedule::from_text(name, &own.file, &own.text).map_err(Failure::input),
        None => Schedule::by_name(name).map_err(Failure::input),
    }
}

/// All schedules, with their currency and the days on which their rates change.
fn list(own: Option<&Own>, json: bool) -> Done {
    let names: Vec<&str> = match own {
        Some(own) => own.names("schedule")?,
        None => Schedule::names().collect(),
    };
    let schedules: Result<Vec<Schedule>, Failure> =
        names.iter().map(|name| schedule(name, own)).collect();
    let schedules = schedules?;
    if json {
        let rows = schedules.iter().map(|schedule| {
            json!({
                "name": schedule.name(),
                "currency": schedule.currency(),
                "dates": dates(schedule),
            })
        });
        return print(&Value::Array(rows.collect()).to_string());
    }
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for schedule in &schedules {
        print(&format!(
            "{:<width$}  {:<5}  rates from {}",
            schedule.name(),
            schedule.currency(),
            dates(schedule).join(", ")
        ))?;
    }
    Ok(())
}

fn dates(schedule: &Schedule) -> Vec<String> {
    schedule.dates().map(|date| date.to_string()).collect()
}

/// What is asked of one schedule.
struct Shown<'a> {
    schedule: &'a Schedule,
    /// The day, and the day from which its rates hold.
    on: Date,
    from: Date,
    /// Lines as they are written, and whether they are verified.
    lines: Vec<(&'static str, String, bool)>,
    charged: Option<(TradeForFee, Charges)>,
}

impl<'a> Shown<'a> {
    fn new(args: &Args, schedule: &'a Schedule) -> Result<Self, Failure> {
        let latest = schedule.dates().last();
        let on = args.on.or(latest).unwrap_or(Date::from_days(0));
        let lines = schedule.lines_at(on).map_err(Failure::input)?;
        let lines = lines.map(|(kind, said, verified)| (kind.name(), said.to_owned(), verified));
        let lines = lines.collect();
        let from = schedule.dates().filter(|from| *from <= on).last().unwrap_or(on);
        let trade = trade(args, schedule, on)?;
        let charged = trade.map(|trade| {
            schedule.charge(&trade).map(|charges| (trade, charges)).map_err(Failure::input)
        });
        Ok(Self { schedule, on, from, lines, charged: charged.transpose()? })
    }

    fn json(&self) -> Value {
        let lines = self.lines.iter().map(
            |(kind, said, verified)| json!({"kind": kind, "text": said, "verified": verified}),
        );
        let charged = self.charged.as_ref().map(|(trade, charges)| {
            let lines = charges.lines.iter().map(
                |line| json!({"kind": line.kind.name(), "amount": line.amount.to_string()}),
            );
            let (paid, of_it) = match &charges.paid {
                Paid::Quote => ("quote", Value::Null),
                Paid::Base(less) => ("base", Value::String(less.to_string())),
                Paid::Asset(asset) => ("asset", Value::String(asset.clone())),
            };
            json!({
                "side": side(trade),
                "qty": trade.qty.to_string(),
                "price": trade.px.to_string(),
                "liquidity": if trade.liquidity == Some(Liquidity::Maker) { "maker" } else { "taker" },
                "lines": lines.collect::<Vec<_>>(),
                "total": charges.total.to_string(),
                "paid_in": paid,
                "paid_of": of_it,
            })
        });
        json!({
            "name": self.schedule.name(),
            "currency": self.schedule.currency(),
            "dates": dates(self.schedule),
            "on": self.on.to_string(),
            "from": self.from.to_string(),
            "lines": lines.collect::<Vec<_>>(),
            "charges": charged,
        })
    }

    fn words(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out);
        out.trim_end().to_owned()
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let (name, currency) = (self.schedule.name(), self.schedule.currency());
        writeln!(out, "{name} ({currency}), rates from {} on", self.from)?;
        for (_, said, verified) in &self.lines {
            writeln!(out, "  {} {said}", if *verified { " " } else { "!" })?;
        }
        let unverified = self.lines.iter().filter(|(_, _, verified)| !verified).count();
        if unverified > 0 {
            writeln!(
                out,
                "  ! {unverified} not verified: the head of its text says why (--text); check \
                 with your broker"
            )?;
        }
        match &self.charged {
            Some((trade, charges)) => charged(out, trade, charges, currency),
            None => Ok(()),
        }
    }
}

/// The execution that the flags describe, at noon of its day.
fn trade(args: &Args, schedule: &Schedule, on: Date) -> Result<Option<TradeForFee>, Failure> {
    let (Some(side), Some(qty), Some(price)) = (args.side, &args.qty, &args.price) else {
        return Ok(None);
    };
    Ok(Some(TradeForFee {
        time: schedule.noon(on),
        side: match side {
            TradeSide::Buy => Side::Buy,
            TradeSide::Sell => Side::Sell,
        },
        qty: number::<Qty>(qty, "--qty")?,
        px: number::<Px>(price, "--price")?,
        multiplier: Qty::whole(1),
        liquidity: Some(if args.maker { Liquidity::Maker } else { Liquidity::Taker }),
    }))
}

fn number<T: FromStr>(text: &str, flag: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| {
        Failure::Input(format!(
            "{flag} {text}: not a number with at most nine places; nothing was charged; write it \
             like 400 or 0.05"
        ))
    })
}

const fn side(trade: &TradeForFee) -> &'static str {
    match trade.side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// The charges as a column of numbers whose points stand under each other.
fn charged(
    out: &mut String,
    trade: &TradeForFee,
    charges: &Charges,
    currency: &str,
) -> std::fmt::Result {
    writeln!(out, "{} {} at {}", side(trade), trade.qty, trade.px)?;
    let lines = charges.lines.iter().map(|line| (line.kind.name(), line.amount.to_string()));
    let rows: Vec<_> = lines.chain([("total", charges.total.to_string())]).collect();
    let whole = |amount: &str| amount.split('.').next().unwrap_or_default().len();
    let width = rows.iter().map(|(_, amount)| whole(amount)).max().unwrap_or(0);
    for (kind, amount) in &rows {
        let indent = " ".repeat(width - whole(amount));
        let unit = if *kind == "total" { format!(" {currency}") } else { String::new() };
        writeln!(out, "    {kind:<11}  {indent}{amount}{unit}")?;
    }
    match &charges.paid {
        Paid::Quote => Ok(()),
        Paid::Base(less) => writeln!(out, "  taken from what is received: {less} less of it"),
        Paid::Asset(asset) => writeln!(out, "  taken in {asset}, for that much"),
    }
}
