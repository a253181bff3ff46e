//! What must hold at the end: positions, orders, counts, alerts, state.

use super::Law;
use super::player::{Books, Player};
use crate::scenario::{FinalState, Owner};
use truefill_core::engine::Engine;
use truefill_core::event::Mode;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::num::{Amount, Qty, write_decimal};
use truefill_core::order::Order;
use truefill_core::request::Side;
use truefill_core::state::sleeve::Booked;

/// Every order that an engine knows.
fn orders(engine: &Engine) -> impl Iterator<Item = &Order> {
    let orders = &engine.state().orders;
    orders.open.values().chain(orders.closed_orders().map(|closed| &closed.order))
}

/// What is booked of every order: by strategy, and money spent without fees.
pub(super) fn books(engine: &Engine) -> Books {
    let of = |order: &Order| {
        let config = engine.config();
        let lot = config.instrument_of(order.ticket.holding).lot;
        let booked = Booked::of(order, lot);
        let first = config.holdings[order.ticket.holding.ix()].sleeve;
        let shares = &order.ticket.shares;
        let named = shares.iter().enumerate().map(|(at, s)| (s.sleeve, booked.at(at).0));
        let parts: Vec<(SleeveId, Qty)> =
            if shares.is_empty() { vec![(first, booked.at(0).0)] } else { named.collect() };
        let paid = order.paid();
        let spent = if order.ticket.side == Side::Buy { paid } else { -paid };
        (order.ticket.order, (parts, spent))
    };
    orders(engine).map(of).collect()
}

fn money(amount: Amount) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = write_decimal(&mut text, amount.0, 18);
    text
}

impl Player<'_> {
    /// What a scenario expects at its end.
    pub(super) fn judge(&mut self) -> Result<(), Law> {
        self.judge_positions()?;
        self.judge_orders()?;
        self.judge_counts()?;
        self.judge_state()?;
        if !self.is_crash_run() {
            self.judge_alerts()?;
            self.judge_money()?;
        }
        self.judge_sleeves()
    }

    fn engine(&self) -> Result<&Engine, Law> {
        self.desk.engine().ok_or_else(|| Law::script("the engine is not alive at the end"))
    }

    fn judge_positions(&self) -> Result<(), Law> {
        let engine = self.engine()?;
        for (at, symbol) in self.names.symbols().iter().enumerate() {
            let expected = self.scenario.expect.positions.iter().find(|(s, _)| s == symbol);
            let expected = expected.map_or(Qty::ZERO, |(_, qty)| *qty);
            let truth = self.venue.positions.get(at).copied().unwrap_or_default();
            let believed = engine.state().holding(self.names.holding(symbol)).total();
            if believed != truth {
                let how = format!("position of {symbol}: engine {believed}, venue {truth}");
                return Err(Law::new("once", how));
            }
            if truth != expected {
                let how = format!("position of {symbol} is {truth}, expected {expected}");
                return Err(Law::new("expect.positions", how));
            }
        }
        Ok(())
    }

    /// What the engine believes may still fill of a symbol.
    fn believed_working(engine: &Engine, holding: HoldingId) -> Qty {
        let open = engine.state().orders.open.values();
        open.filter(|o| o.ticket.holding == holding).map(Order::leaves).sum()
    }

    fn judge_orders(&self) -> Result<(), Law> {
        let engine = self.engine()?;
        for symbol in self.names.symbols() {
            let truth = self.venue.working(self.names.instrument(symbol));
            let believed = Self::believed_working(engine, self.names.holding(symbol));
            if truth != believed {
                let how = format!("working quantity of {symbol}: engine {believed}, venue {truth}");
                return Err(Law::new("once", how));
            }
        }
        let mut open: Vec<(String, Qty)> = self
            .venue
            .orders
            .iter()
            .filter(|order| order.is_live())
            .map(|order| (order.name.clone(), order.leaves()))
            .collect();
        let mut expected: Vec<(String, Qty)> = self
            .scenario
            .expect
            .open_orders
            .iter()
            .map(|open| (open.order.clone(), open.leaves))
            .collect();
        open.sort();
        expected.sort();
        if open == expected {
            return Ok(());
        }
        let text = |list: &[(String, Qty)]| {
            let one = |(name, qty): &(String, Qty)| format!("{name} {qty}");
            list.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let how = format!("open are [{}], expected [{}]", text(&open), text(&expected));
        Err(Law::new("expect.open_orders", how))
    }

    fn judge_counts(&self) -> Result<(), Law> {
        let expect = &self.scenario.expect;
        let more = u32::from(self.is_crash_run());
        let of = |what: &str, found: u32, most: Option<u32>| match most {
            Some(most) if found > most => {
                Err(Law::new("expect.max", format!("{found} {what}, at most {most} expected")))
            }
            _ => Ok(()),
        };
        of("submits", self.checks.submits, Some(expect.max_submits))?;
        let relaxed = |most: Option<u32>| most.map(|most| most.saturating_add(more));
        of("cancels", self.checks.cancels, relaxed(expect.max_cancels))?;
        of("amends", self.checks.amends, relaxed(expect.max_amends))
    }

    fn judge_state(&self) -> Result<(), Law> {
        let state = self.engine()?.state();
        let mode = state.mode;
        let fits = match self.scenario.expect.final_state {
            FinalState::Running => matches!(mode, Mode::Running | Mode::ReduceOnly),
            // Until a flatten ends, nothing but what reduces may leave.
            FinalState::Halted => {
                matches!(mode, Mode::Halted | Mode::Killed | Mode::Flattening)
            }
            FinalState::Killed => mode == Mode::Killed,
        };
        if !fits {
            return Err(Law::new("expect.final_state", format!("the engine is {mode}")));
        }
        let frozen = |symbol: &&String| state.holding(self.names.holding(symbol)).frozen.is_some();
        let found: Vec<&String> = self.names.symbols().iter().filter(frozen).collect();
        let mut expected: Vec<&String> = self.scenario.expect.frozen.iter().collect();
        expected.sort();
        if found == expected {
            return Ok(());
        }
        Err(Law::new("expect.frozen", format!("frozen are {found:?}, expected {expected:?}")))
    }

    fn judge_alerts(&self) -> Result<(), Law> {
        let expect = &self.scenario.expect;
        if let Some(code) = expect.alerts_include.iter().find(|code| !self.alerts.contains(code)) {
            return Err(Law::new("expect.alerts_include", format!("{code} was never raised")));
        }
        if let Some(code) = expect.alerts_exclude.iter().find(|code| self.alerts.contains(code)) {
            return Err(Law::new("expect.alerts_exclude", format!("{code} was raised")));
        }
        Ok(())
    }

    fn judge_money(&self) -> Result<(), Law> {
        let engine = self.engine()?;
        let now = books(engine);
        for (symbol, expected) in &self.scenario.expect.traded_notional {
            let holding = self.names.holding(symbol);
            let of = orders(engine).filter(|order| order.ticket.holding == holding);
            let spent = |order: &Order| {
                let no = order.ticket.order;
                let spent = |books: &Books| books.get(&no).map_or(Amount::ZERO, |(_, s)| *s);
                spent(&now) - spent(&self.booked_before)
            };
            let found: Amount = of.map(spent).sum();
            if found != *expected {
                let (found, expected) = (money(found), money(*expected));
                let how = format!("{symbol} traded {found}, expected {expected}");
                return Err(Law::new("expect.traded_notional", how));
            }
        }
        Ok(())
    }

    fn judge_sleeves(&self) -> Result<(), Law> {
        let engine = self.engine()?;
        let now = books(engine);
        for (strategy, symbol, expected) in &self.scenario.expect.sleeves {
            let (sleeve, holding) = (self.names.sleeve(strategy), self.names.holding(symbol));
            let part = |books: &Books, order: &Order| -> Qty {
                let parts = books.get(&order.ticket.order).map(|(parts, _)| parts.as_slice());
                let of = parts.unwrap_or_default().iter().filter(|(of, _)| *of == sleeve);
                of.map(|(_, qty)| *qty).sum()
            };
            let of = orders(engine).filter(|order| order.ticket.holding == holding);
            let found: Qty = of.map(|o| part(&now, o) - part(&self.booked_before, o)).sum();
            if found != *expected {
                let how = format!("{strategy} has {found} of {symbol}, expected {expected}");
                return Err(Law::new("expect.sleeves", how));
            }
        }
        Ok(())
    }

    /// What the engine believed and what was true, for the story.
    pub(super) fn believed_and_true(&mut self) {
        let Some(engine) = self.desk.engine() else {
            return self.story.close(|| "the engine is not alive".to_owned());
        };
        let mut lines = vec![format!("the engine is {}", engine.state().mode)];
        for symbol in self.names.symbols() {
            let h = engine.state().holding(self.names.holding(symbol));
            let at: InstrumentId = self.names.instrument(symbol);
            let frozen = h.frozen.map_or(String::new(), |why| format!(", frozen: {why}"));
            let working = Self::believed_working(engine, self.names.holding(symbol));
            lines.push(format!(
                "{symbol}: the engine believes position {}, working {working}, target {}{frozen}, \
                 in the way: {}",
                h.total(),
                h.rounded,
                h.staged.blocked
            ));
            let position = self.venue.positions.get(at.ix()).copied().unwrap_or_default();
            let working = self.venue.working(at);
            lines.push(format!("{symbol}: true is position {position}, working {working}"));
        }
        for order in &self.venue.orders {
            let whose = match order.owner {
                Owner::Engine => "own",
                Owner::Manual => "manual",
                Owner::Newer => "newer instance",
            };
            let name = if order.name.is_empty() { "(unnamed)" } else { &order.name };
            let status = order.status.map_or("on the wire".to_owned(), |s| s.to_string());
            let (side, cum, qty) = (order.side, order.cum, order.qty);
            lines.push(format!("order {name} ({whose}): {side}, {status}, {cum} of {qty} filled"));
        }
        for line in lines {
            self.story.close(|| line);
        }
    }
}
