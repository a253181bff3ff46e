//! What is pushed to the engine, by the script or by the venue itself.

use super::Law;
use super::answers::{Heard, Told};
use super::player::Player;
use super::requests::Wanted;
use crate::scenario::{Event, Ids};
use crate::venue::{Filled, decode_size};
use truefill_core::config::{ClientIds, FillIds};
use truefill_core::ids::{ClOrdId, VenueText};
use truefill_core::input::{ActivityTold, Budget, Channel, Garbled, Input, PositionTold};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{BustReport, FillReport, Found, News, Outcome, Push, StatusReport};
use truefill_core::time::MILLI_NS;

impl Player<'_> {
    /// A scripted message; twice where the way says so.
    pub fn event_step(&mut self, event: &Event) -> Result<(), Law> {
        let Some(input) = self.message(event)? else { return Ok(()) };
        for _ in 0..if self.way.twice { 2 } else { 1 } {
            self.push(input.clone());
        }
        Ok(())
    }

    fn push(&mut self, input: Input) {
        if self.desk.engine().is_none() {
            return;
        }
        if self.has_stream() {
            self.desk.heard(Channel::Stream, self.now);
        }
        self.deliver(Heard { request: None, input, told: Told::default() });
    }

    /// The message of a step; none where it is about an order that never was, in a crash run.
    fn message(&mut self, event: &Event) -> Result<Option<Input>, Law> {
        let at = match event.order().map(|name| self.venue.named(name).ok_or(name)) {
            Some(Ok(at)) => at,
            Some(Err(_)) if self.is_crash_run() => return Ok(None),
            Some(Err(name)) => {
                return Err(Law::script(format!("order {name} never came into being")));
            }
            None => 0,
        };
        let time = self.now.plus(self.desk.shift_ns());
        let unnamed = self.scenario.broker.fill_ids == FillIds::None;
        Ok(Some(match event {
            Event::Fill { id, qty, cum, px, kept, ids, .. } => {
                let exec_id = if unnamed { VenueText::EMPTY } else { *id };
                let fill = self.fill_report(exec_id, (*qty, *px), *cum, *kept);
                self.news(at, *ids, News::Fill(fill))
            }
            Event::Order { status, cum, ids, .. } => {
                let report = StatusReport { status: *status, cum: Some(*cum), time };
                self.news(at, *ids, News::Status(report))
            }
            Event::Bust { id, ids, .. } => {
                self.news(at, *ids, News::Bust(BustReport { exec_id: *id, time }))
            }
            Event::Named(name) => {
                let Some((instrument, kind)) = self.venue.external(name) else {
                    return Ok(None);
                };
                Input::ActivityTold(ActivityTold { instrument, kind })
            }
            Event::External { symbol, kind } => {
                let instrument = self.names.instrument(symbol);
                Input::ActivityTold(ActivityTold { instrument, kind: *kind })
            }
            Event::Position { symbol, size, side } => {
                let instrument = self.names.instrument(symbol);
                match decode_size(*size, side.as_deref()) {
                    Some(qty) => Input::PositionTold(PositionTold { instrument, qty }),
                    None => {
                        let why = format!("a position of {symbol} with an unknown side");
                        Input::Garbled(Garbled { channel: Channel::Stream, why })
                    }
                }
            }
            Event::Budget { used, limit, per_ms } => Input::Budget(Budget {
                used: *used,
                limit: *limit,
                per_ns: per_ms.saturating_mul(MILLI_NS),
            }),
        }))
    }

    fn fill_report(
        &self,
        exec_id: VenueText,
        (qty, px): (Qty, Px),
        cum: Qty,
        kept: Option<Qty>,
    ) -> FillReport {
        FillReport {
            exec_id,
            qty,
            px,
            cum: Some(cum),
            liquidity: None,
            touch: None,
            fee: None,
            time: self.now.plus(self.desk.shift_ns()),
            kept,
        }
    }

    fn news(&mut self, at: usize, ids: Ids, news: News) -> Input {
        let order_id = self.venue.id_of(at);
        let order = &self.venue.orders[at];
        let echoed = self.scenario.broker.client_id != ClientIds::None;
        let ours: Option<ClOrdId> = order.cl_ord_id.filter(|_| echoed);
        let instrument = Some(order.instrument);
        let (cl_ord_id, order_id) = match ids {
            Ids::Both => (ours, Some(order_id)),
            Ids::Venue => (None, Some(order_id)),
            Ids::Client => (ours, None),
            Ids::Unknown => {
                self.strange_ids += 1;
                let strange = format!("?{}", self.strange_ids);
                (None, VenueText::new(&strange))
            }
        };
        Input::Push(Push { cl_ord_id, order_id, instrument, news })
    }

    /// The venue tells by itself of an order that it filled in full.
    pub fn push_fill(&mut self, at: usize, filled: &Filled) {
        let order = &self.venue.orders[at];
        let (qty, px, cum) = (order.qty, order.px, order.cum);
        let unnamed = self.scenario.broker.fill_ids == FillIds::None;
        let exec_id = if unnamed { VenueText::EMPTY } else { filled.id };
        let fill = self.fill_report(exec_id, (qty, px), cum, filled.kept);
        let input = self.news(at, Ids::Both, News::Fill(fill));
        self.push(input);
    }

    /// The venue tells by itself how an order stands.
    pub fn push_status(&mut self, at: usize) {
        let order = &self.venue.orders[at];
        let Some(status) = order.status else { return };
        let time = self.now.plus(self.desk.shift_ns());
        let report = StatusReport { status, cum: Some(order.cum), time };
        let input = self.news(at, Ids::Both, News::Status(report));
        self.push(input);
    }

    /// A request, for the story.
    pub fn tell_request(&mut self, wanted: &Wanted) {
        let order = |at: Option<usize>| match at.and_then(|at| self.venue.orders.get(at)) {
            Some(order) if !order.name.is_empty() => order.name.clone(),
            Some(order) => order.id.map_or("?".to_owned(), |id| id.to_string()),
            None => "?".to_owned(),
        };
        let line = || match wanted {
            Wanted::Submit { at } => {
                let o = &self.venue.orders[*at];
                let symbol = self.names.symbol(o.instrument);
                format!("   -> submit {} {} {symbol} at {}", o.side, o.qty, o.px)
            }
            Wanted::Cancel { at } => format!("   -> cancel {}", order(*at)),
            Wanted::Amend { at, wire, px } => {
                format!("   -> amend {} to {wire} at {px}", order(*at))
            }
            Wanted::Query { ask, .. } => match ask.order {
                Some(at) => format!("   -> query {} {}", ask.what.word(), order(Some(at))),
                None => format!("   -> query {}", ask.what.word()),
            },
        };
        let line = if self.way.told { line() } else { String::new() };
        self.story.add(self.now, || line);
    }
}

/// What the engine hears, for the story.
pub(super) fn text_of(input: &Input) -> String {
    match input {
        Input::Reply(reply) => match &reply.outcome {
            Outcome::Taken(taken) => {
                let status = taken.status.map_or(String::new(), |s| format!(" {s}"));
                format!("ok{status}")
            }
            Outcome::Refused(refused) => format!("refused: {}", refused.code),
            Outcome::NotSent(_) => "not sent".to_owned(),
            Outcome::Unclear(unclear) => format!("no certain outcome: {}", unclear.cause),
        },
        Input::Answer(answer) => match &answer.found {
            Found::Positions(rows) => format!("{} positions", rows.rows.len()),
            Found::Orders(rows) => format!("{} orders", rows.rows.len()),
            Found::OpenOrders(rows) => format!("{} open orders", rows.rows.len()),
            Found::Activity(rows) => format!("{} rows of activity", rows.rows.len()),
            Found::Clock(_) => "the venue's clock".to_owned(),
            Found::Order(one) => match &one.row {
                Some(row) => format!("{}, {} of {} filled", row.status, row.cum, row.qty),
                None => "no such order".to_owned(),
            },
            Found::Failed(failed) => format!("the read failed: {}", failed.cause),
        },
        Input::Push(push) => match &push.news {
            News::Fill(fill) => format!("fill {} of {} at {}", fill.exec_id, fill.qty, fill.px),
            News::Status(status) => {
                let cum = status.cum.map_or(String::new(), |cum| format!(", {cum} filled"));
                format!("status {}{cum}", status.status)
            }
            News::Bust(bust) => format!("execution {} is taken back", bust.exec_id),
        },
        other => other.kind().to_lowercase(),
    }
}
