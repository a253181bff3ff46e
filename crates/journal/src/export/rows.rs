//! Tables that are written while the journal is read: positions, targets, drifts, records.

use std::io::Write;
use std::ops::ControlFlow;

use truefill_core::config::Config;
use truefill_core::engine::Engine;
use truefill_core::event::{Corrected, Event};
use truefill_core::ids::{HoldingId, SleeveId};
use truefill_core::num::Qty;

use super::table::{Cell, Format, Table};
use super::{At, Fold};
use crate::cat::render;
use crate::error::Result;
use crate::segments::{Segments, unfit};
use crate::store::Journal;

/// Positions of the strategies' and the manual sleeve, by the engine's own `apply`.
#[derive(Default)]
pub(super) struct Positions {
    engine: Option<Engine>,
    /// Quantity of each strategy, and the manual one, of each holding as last written.
    written: Vec<(Vec<(SleeveId, Qty)>, Qty)>,
}

/// A row: whose, the quantity and its change, the manual quantity and its change.
type Moved = (SleeveId, Qty, Qty, Qty, Qty);

impl Positions {
    /// One row for each strategy that moved; what is manual moves in the first of them.
    fn changed(&mut self, holding: usize) -> Vec<Moved> {
        let Some(engine) = &self.engine else { return Vec::new() };
        let Some(state) = engine.state().holdings.get(holding) else { return Vec::new() };
        let Some(key) = engine.config().holdings.get(holding) else { return Vec::new() };
        let Some((written, written_manual)) = self.written.get_mut(holding) else {
            return Vec::new();
        };
        let manual = state.manual;
        let mut manual_change = manual - *written_manual;
        *written_manual = manual;
        let mut rows = Vec::new();
        for sleeve in key.sleeves() {
            let own = state.sleeve(sleeve).own;
            let at = written.iter().position(|(known, _)| *known == sleeve);
            let at = at.unwrap_or_else(|| {
                written.push((sleeve, Qty::ZERO));
                written.len() - 1
            });
            let change = own - written[at].1;
            written[at].1 = own;
            if !change.is_zero() {
                rows.push((sleeve, own, change, manual, manual_change));
                manual_change = Qty::ZERO;
            }
        }
        if !manual_change.is_zero() {
            let own = state.sleeve(key.sleeve).own;
            rows.push((key.sleeve, own, Qty::ZERO, manual, manual_change));
        }
        rows
    }
}

impl Fold for Positions {
    const COLUMNS: &'static [&'static str] = &[
        "seq",
        "time",
        "strategy",
        "symbol",
        "product",
        "qty",
        "change",
        "manual_qty",
        "manual_change",
        "cause",
    ];

    fn segment(&mut self, seq: u64, config: &Config) -> Result<()> {
        let engine = match self.engine.take() {
            Some(before) => Engine::recovered(config.clone(), before.state().clone()),
            None => Engine::new(config.clone()),
        };
        self.engine = Some(engine.map_err(|why| unfit(seq, &why))?);
        self.written.resize(config.holdings.len(), (Vec::new(), Qty::ZERO));
        Ok(())
    }

    fn input(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.replay_input();
        }
    }

    fn event(&mut self, at: &At<'_>, event: &Event, table: &mut Table<'_>) -> Result<()> {
        if let Some(engine) = &mut self.engine {
            engine.replay(at.time, event);
        }
        let cause = match event {
            Event::Learned(_) => "fill",
            Event::Corrected(correction) => correction.class.as_str(),
            Event::Adopted(_) => "adopted",
            Event::Crossed(_) => "crossed",
            Event::SplitApplied(_) => "split",
            _ => return Ok(()),
        };
        for holding in 0..self.written.len() {
            let id = HoldingId(u32::try_from(holding).unwrap_or(u32::MAX));
            for (sleeve, own, own_change, manual, manual_change) in self.changed(holding) {
                let [_, symbol, product] = at.holding(id);
                table.row(&[
                    at.seq.into(),
                    at.time.into(),
                    at.strategy(sleeve).into(),
                    symbol,
                    product,
                    own.into(),
                    own_change.into(),
                    manual.into(),
                    manual_change.into(),
                    cause.into(),
                ])?;
            }
        }
        Ok(())
    }
}

/// Accepted targets.
pub(super) struct Targets;

impl Fold for Targets {
    const COLUMNS: &'static [&'static str] =
        &["seq", "time", "strategy", "symbol", "product", "target", "rounded", "decided", "px"];

    fn event(&mut self, at: &At<'_>, event: &Event, table: &mut Table<'_>) -> Result<()> {
        let Event::TargetSet(target) = event else { return Ok(()) };
        let [_, symbol, product] = at.holding(target.holding);
        table.row(&[
            at.seq.into(),
            at.time.into(),
            at.strategy(target.sleeve).into(),
            symbol,
            product,
            target.qty.into(),
            target.rounded.into(),
            target.decided.into(),
            target.px.into(),
        ])
    }
}

/// What reconciliation and the operator did to holdings.
pub(super) struct Drifts;

/// The columns after those every row has.
struct Drift<'a> {
    event: &'static str,
    holding: HoldingId,
    class: &'static str,
    own: Option<Qty>,
    manual: Option<Qty>,
    correction: Option<&'a Corrected>,
}

impl<'a> Drift<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        let plain = |event, holding, class| Self {
            event,
            holding,
            class,
            own: None,
            manual: None,
            correction: None,
        };
        match event {
            Event::Corrected(it) => Some(Self {
                own: Some(it.own),
                manual: Some(it.manual),
                correction: Some(it),
                ..plain("corrected", it.holding, it.class.as_str())
            }),
            Event::Frozen(it) => Some(plain("frozen", it.holding, it.why.as_str())),
            Event::Thawed(it) => Some(plain("thawed", it.holding, "")),
            Event::Adopted(it) => Some(Self {
                own: Some(it.qty),
                manual: Some(Qty::ZERO - it.qty),
                ..plain("adopted", it.holding, "")
            }),
            _ => None,
        }
    }
}

impl Fold for Drifts {
    const COLUMNS: &'static [&'static str] = &[
        "seq",
        "time",
        "strategy",
        "symbol",
        "product",
        "event",
        "class",
        "qty_change",
        "manual_change",
        "px",
        "effective",
        "placeholder",
        "exec_id",
    ];

    fn event(&mut self, at: &At<'_>, event: &Event, table: &mut Table<'_>) -> Result<()> {
        let Some(drift) = Drift::of(event) else { return Ok(()) };
        let [strategy, symbol, product] = at.holding(drift.holding);
        let correction = drift.correction;
        table.row(&[
            at.seq.into(),
            at.time.into(),
            strategy,
            symbol,
            product,
            drift.event.into(),
            drift.class.into(),
            drift.own.into(),
            drift.manual.into(),
            correction.and_then(|it| it.px).into(),
            correction.map(|it| it.effective).into(),
            correction.map(|it| it.placeholder).into(),
            correction.and_then(|it| it.exec_id).as_ref().map(|id| id.as_str()).into(),
        ])
    }
}

/// All records with their fields as JSON.
pub(super) fn records(journal: &dyn Journal, out: &mut dyn Write, format: Format) -> Result<()> {
    let mut table = Table::new(out, format, &["seq", "time", "dir", "kind", "batch", "record"])?;
    let mut segments = Segments::new(journal)?;
    journal.scan(1, &mut |record| {
        let mut json = String::new();
        render(&record, segments.names_at(record.seq)?, &mut json);
        table.row(&[
            record.seq.into(),
            record.time.into(),
            record.direction.as_str().into(),
            record.kind.into(),
            record.batch.into(),
            Cell::Json(json),
        ])?;
        Ok(ControlFlow::Continue(()))
    })?;
    table.finish()
}
