//! A day in words: what it is made of, and what happened step by step.
//!
//! Entry point: [`Story`].

use crate::day::Day;
use std::fmt::Write as _;
use truefill_core::config::Config;
use truefill_core::engine::Step;
use truefill_core::event::Event;
use truefill_core::input::{Envelope, Input};
use truefill_core::time::Nanos;
use truefill_sim::faults::FaultKind;
use truefill_sim::session::{Act, Cue};

/// Most lines of a story; a shrunk one is far below.
const LINES_MAX: usize = 20_000;

/// Steps of a day, in words.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    lines: Vec<String>,
    begin: Nanos,
    config: Config,
}

impl Story {
    /// The beginning: what the day is made of.
    pub fn of(day: &Day) -> Self {
        let config = day.plan.config.clone();
        let mut story = Self { lines: Vec::new(), begin: day.hours.begin, config };
        story.cast(day);
        story
    }

    /// The lines.
    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }

    fn line(&mut self, line: String) {
        if self.lines.len() < LINES_MAX {
            self.lines.push(line);
        }
    }

    fn cast(&mut self, day: &Day) {
        let names: Vec<&str> = day.features.iter().map(crate::draw::Feature::name).collect();
        self.line(format!("seed {}: {}", day.seed, names.join(", ")));
        let seconds = day.hours.length_ns() / 1_000_000_000;
        self.line(format!("from {} for {seconds} s", day.hours.begin));
        for line in instruments(day) {
            self.line(line);
        }
        let d = &day.plan.config.descriptor;
        self.line(format!(
            "broker {}: client ids {}, proof {}, amends {}, pushes {:?}, clock ahead {} ms",
            d.name,
            d.client_ids,
            d.cancel_proof,
            d.amends,
            day.plan.world.pushes,
            day.plan.world.clock_ahead_ns / 1_000_000
        ));
        let faults = FaultKind::ALL.iter().copied().filter_map(|kind| {
            let ppm = day.plan.world.faults.get(kind).ppm;
            (ppm > 0).then(|| format!("{} {ppm} ppm", kind.name()))
        });
        let faults: Vec<String> = faults.collect();
        self.line(format!(
            "faults: {}",
            if faults.is_empty() { "none".into() } else { faults.join(", ") }
        ));
        self.line(format!("crashes: {:?}", day.plan.crash));
        let script = day.plan.script.clone();
        for cue in &script {
            let what = self.act(cue);
            self.note(cue.at, &format!("is to come: {what}"));
        }
    }

    fn act(&self, cue: &Cue) -> String {
        match &cue.act {
            Act::Say(input) => self.input(input),
            Act::ByHand { instrument, product, side, qty } => {
                format!(
                    "somebody trades by hand: {side} {qty} of instrument {instrument} {product}"
                )
            }
            Act::TwoForOne(instrument) => format!("two for one in instrument {instrument}"),
            Act::Die(point) => format!("the engine's process dies ({point:?})"),
            Act::Stall => "the shell is held up: the next requests leave too late".to_owned(),
            Act::Attend => "the operator looks after what is frozen".to_owned(),
        }
    }

    /// Something happened that is no step.
    pub fn note(&mut self, at: Nanos, what: &str) {
        let ms = at.since(self.begin) / 1_000_000;
        let (sign, ms) = if ms < 0 { ("-", -ms) } else { ("", ms) };
        self.line(format!("{sign}{}.{:03} s  {what}", ms / 1_000, ms % 1_000));
    }

    /// A step: the input, and what followed from it.
    pub fn step(&mut self, envelope: &Envelope, step: &Step) {
        let quiet = matches!(envelope.input, Input::Release(_) | Input::Tick(_));
        if !quiet {
            let what = self.input(&envelope.input);
            self.note(envelope.now, &format!("<- {what}"));
        }
        for event in &step.events {
            if let Some(what) = event_words(event) {
                self.note(envelope.now, &format!("   {what}"));
            }
        }
    }

    fn input(&self, input: &Input) -> String {
        match input {
            Input::Target(t) => {
                let symbol = self.config.holdings.get(t.holding.ix()).map_or("?", |key| {
                    self.config.instruments[key.instrument.ix()].symbol.as_str()
                });
                let mut text = format!("strategy {} wants {} of {symbol}", t.sleeve, t.qty);
                if t.reopen {
                    text += ", once more";
                }
                if let Some(px) = t.stop_px {
                    let _ = write!(text, ", with a stop at {px}");
                }
                text
            }
            Input::Operator(o) => format!("the operator says {}", o.command),
            other => shortened(&format!("{other:?}")),
        }
    }
}

fn instruments(day: &Day) -> Vec<String> {
    let config = &day.plan.config;
    let key = |(at, key): (usize, &truefill_core::config::Holding)| {
        let rules = &config.instruments[key.instrument.ix()];
        let names: Vec<&str> =
            key.sleeves().filter_map(|of| config.strategy(of)).map(|s| s.name.as_str()).collect();
        format!(
            "holding {at}: {} {}, lot {}, tick {}, traded by {}",
            rules.symbol,
            key.product,
            rules.lot,
            rules.tick,
            names.join(" and ")
        )
    };
    config.holdings.iter().enumerate().map(key).collect()
}

/// What an event says, unless it is bookkeeping.
fn event_words(event: &Event) -> Option<String> {
    Some(match event {
        Event::Released(e) => {
            let t = &e.ticket;
            format!(
                "-> order {} {} {} of holding {} at {} ({}, {})",
                t.order, t.side, t.qty, t.holding, t.px, t.intent, t.rule
            )
        }
        Event::CancelReleased(e) => {
            format!("-> cancel of order {} ({}, {})", e.order, e.why, e.rule)
        }
        Event::Learned(e) => shortened(&format!("order {}: {:?}", e.order, e.item)),
        Event::Alert(e) => format!("ALERT {}: {}", e.code, e.text),
        Event::Closed(e) => format!("order {} is closed", e.order),
        Event::Staged(e) => format!(
            "holding {}: wanted {}, released {}, accepted {}, filled {}; {} {} gate {}",
            e.holding, e.admitted, e.released, e.accepted, e.filled, e.lane, e.blocked, e.gate
        ),
        Event::Marked(_) | Event::Requested(_) | Event::RequestClosed(_) | Event::Suspected(_) => {
            return None;
        }
        Event::RoundStarted(_) | Event::RoundEnded(_) | Event::LookupPlanned(_) => return None,
        other => shortened(&format!("{other:?}")),
    })
}

/// Words of a record, as long as a line may be.
fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MOST).collect();
    format!("{kept}...")
}
