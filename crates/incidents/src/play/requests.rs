//! Who answers a request: the first rule of section 1.1 that applies.

use super::Law;
use super::answers::{Heard, Told, answer, read_end, reply, told_of, write_end};
use super::checks::{Class, Raise};
use super::player::Player;
use super::serving::Kind;
use crate::scenario::{Changes, Expected, LinkState, Owner, Report, Serving, Step, Stream, What};
use crate::venue::order::Order;
use crate::venue::{Cancelled, Reader, Venue};
use truefill_core::ids::{ClOrdId, RequestId, VenueText};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{
    ActivityRows, Found, OneRow, OrdStatus, OrderRows, Outcome, PositionRows, RejectCode, Taken,
};
use truefill_core::request::{AmendOrder, NewOrder, Query, Request, Side};
use truefill_core::time::{MILLI_NS, Nanos};

/// What is asked for, as a script sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A new order, by its place at the venue.
    Submit { at: usize },
    /// A cancel.
    Cancel { at: Option<usize> },
    /// An amend: quantity as on the wire, and price.
    Amend { at: Option<usize>, wire: Qty, px: Px },
    /// A query, and what the script calls it.
    Query { ask: Ask, name: Option<String> },
}

/// What a query is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    /// Of what.
    pub what: What,
    /// The order that is meant, whether the venue finds it or not.
    pub order: Option<usize>,
    /// The ids it is looked up by.
    pub by: Option<(ClOrdId, Option<VenueText>)>,
}

impl Wanted {
    /// The order of a write.
    pub fn order(&self) -> Option<usize> {
        match self {
            Self::Submit { at } => Some(*at),
            Self::Cancel { at } | Self::Amend { at, .. } => *at,
            Self::Query { .. } => None,
        }
    }

    fn repeats(&self, older: &Self) -> bool {
        match (self, older) {
            (Self::Cancel { at: a }, Self::Cancel { at: b }) => a.is_some() && a == b,
            (Self::Amend { at: a, .. }, Self::Amend { at: b, .. }) => a.is_some() && a == b,
            _ => false,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Submit { .. } => Kind::Submit,
            Self::Cancel { .. } => Kind::Cancel,
            Self::Amend { .. } => Kind::Amend,
            Self::Query { ask, .. } => Kind::Query(ask.what),
        }
    }
}

/// A request that an `expect` step has.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// The request.
    pub request: RequestId,
    /// What it asks for.
    pub wanted: Wanted,
    /// Which start of the process sent it.
    pub process: u32,
    /// When.
    pub asked: Nanos,
    /// The truth when a query with a name was asked.
    pub content: Option<Box<Venue>>,
    /// It was answered.
    pub done: bool,
}

impl Player<'_> {
    /// A write leaves the engine.
    pub fn write(&mut self, request: RequestId, what: &Request) -> Result<(), Law> {
        self.desk.on_wire(request, false, self.now);
        let (class, wanted) = match what {
            Request::New(new) => (Class::Submit, self.submit(new)),
            Request::Cancel(cancel) => {
                let at = self.venue.find(&cancel.cl_ord_id, cancel.order_id.as_ref());
                (Class::Cancel, Wanted::Cancel { at })
            }
            Request::Amend(amend) => {
                let at = self.venue.find(&amend.cl_ord_id, amend.order_id.as_ref());
                let wire = self.venue.wire_qty(amend.qty, amend.filled);
                (Class::Amend, Wanted::Amend { at, wire, px: amend.px })
            }
        };
        self.tell_request(&wanted);
        self.count(class)?;
        self.checks.sent(class, self.now)?;
        match what {
            Request::New(new) => self.check_raise(new)?,
            Request::Amend(amend) => self.check_amend(amend, &wanted)?,
            Request::Cancel(_) => {}
        }
        if self.links[1] == LinkState::Down {
            self.end_write(request, &wanted, &Report::Reset);
            return Ok(());
        }
        let repeats = |claim: &Claim| !claim.done && wanted.repeats(&claim.wanted);
        if let Some(at) = self.claims.iter().position(repeats) {
            let claim = &mut self.claims[at];
            (claim.request, claim.wanted, claim.process) = (request, wanted, self.process);
            claim.asked = self.now;
            return Ok(());
        }
        if self.claim_now(request, &wanted) {
            return Ok(());
        }
        let order = wanted.order().map(|at| self.venue.orders[at].name.clone());
        let order = order.unwrap_or_default();
        if let Some(serving) = self.overrides.take(wanted.kind(), &order, self.now) {
            self.serve_write(request, &wanted, &serving);
            return Ok(());
        }
        if self.claim_ahead(request, &wanted) {
            return Ok(());
        }
        if self.links[1] != LinkState::HalfOpen {
            self.usual_write(request, &wanted, 0);
        }
        Ok(())
    }

    /// A read leaves the engine.
    pub fn read(&mut self, request: RequestId, query: &Query) -> Result<(), Law> {
        self.desk.on_wire(request, true, self.now);
        let whole = |what| Ask { what, order: None, by: None };
        let ask = match query {
            Query::Positions(_) => whole(What::Positions),
            Query::Orders(_) => whole(What::Orders),
            Query::OpenOrders(_) => whole(What::OpenOrders),
            Query::Activity(_) => whole(What::Fills),
            Query::Clock(_) => whole(What::Time),
            Query::Order(one) => Ask {
                what: What::Order,
                order: self.venue.find(&one.cl_ord_id, one.order_id.as_ref()),
                by: Some((one.cl_ord_id, one.order_id)),
            },
        };
        let wanted = Wanted::Query { ask, name: None };
        self.tell_request(&wanted);
        self.count(Class::Query)?;
        self.checks.sent(Class::Query, self.now)?;
        if self.links[1] == LinkState::Down {
            if let Some(found) = read_end(&Report::Reset) {
                self.deliver(answer(request, found, Told::default()));
            }
            return Ok(());
        }
        if self.claim_now(request, &wanted) {
            return Ok(());
        }
        let order = ask.order.map(|at| self.venue.orders[at].name.clone()).unwrap_or_default();
        if let Some(serving) = self.overrides.take(wanted.kind(), &order, self.now) {
            self.serve_read(request, ask, &serving);
            return Ok(());
        }
        if self.claim_ahead(request, &wanted) {
            return Ok(());
        }
        if self.links[1] != LinkState::HalfOpen {
            self.read_usually(request, ask, &Changes::default());
        }
        Ok(())
    }

    /// A new order is on the wire.
    fn submit(&mut self, new: &NewOrder) -> Wanted {
        let at = self.venue.sent(Order {
            name: String::new(),
            cl_ord_id: Some(new.cl_ord_id),
            owner: Owner::Engine,
            id: None,
            planned: None,
            instrument: new.instrument,
            side: new.side,
            qty: new.qty,
            px: new.px,
            cum: Qty::ZERO,
            status: None,
            code: None,
            created: self.now,
            next: None,
            excused: false,
            misses: 0,
        });
        Wanted::Submit { at }
    }

    fn count(&mut self, class: Class) -> Result<(), Law> {
        let crash = self.is_crash_run();
        let Some(counting) = &mut self.counting else { return Ok(()) };
        let of = &counting.of;
        let counts = match class {
            Class::Submit => of.submits,
            Class::Amend => of.amends,
            Class::Cancel => of.cancels && !crash,
            Class::Query => of.queries && !crash,
        };
        counting.seen += u32::from(counts);
        if counting.seen > of.most {
            return Err(Law::script(format!("a request in a quiet time that permits {}", of.most)));
        }
        Ok(())
    }

    fn check_raise(&self, new: &NewOrder) -> Result<(), Law> {
        let position = self.venue.positions.get(new.instrument.ix()).copied().unwrap_or_default();
        let open = self.venue.exposure(new.instrument, new.side);
        let reduces = match new.side {
            Side::Sell => position - open >= Qty::ZERO,
            Side::Buy => position + open <= Qty::ZERO,
        };
        self.checks.may_trade(self.now, reduces)?;
        self.checks.overshoot(&Raise {
            instrument: new.instrument,
            side: new.side,
            position,
            open,
            permitted: self.scenario.expect.max_overshoot,
        })
    }

    fn check_amend(&self, amend: &AmendOrder, wanted: &Wanted) -> Result<(), Law> {
        let Wanted::Amend { at: Some(at), .. } = wanted else { return Ok(()) };
        let order = &self.venue.orders[*at];
        let open = (amend.qty - order.cum).max(Qty::ZERO);
        let raise = open - order.leaves();
        let side = order.side;
        let position = self.venue.positions.get(amend.instrument.ix()).copied().unwrap_or_default();
        let reduces = (position.0 > 0) != (side == Side::Buy) && !position.is_zero();
        self.checks.may_trade(self.now, reduces)?;
        if raise.0 <= 0 || !order.is_live() {
            return Ok(());
        }
        self.checks.overshoot(&Raise {
            instrument: amend.instrument,
            side,
            position,
            open: self.venue.exposure(amend.instrument, side) + raise,
            permitted: self.scenario.expect.max_overshoot,
        })
    }

    /// The present step waits for just this.
    fn claim_now(&mut self, request: RequestId, wanted: &Wanted) -> bool {
        let Some(step) = self.step else { return false };
        let fits = self.expects(step, wanted);
        if !fits {
            return false;
        }
        let at = self.claim(step, request, wanted);
        if let Wanted::Query { ask, name: None } = self.claims[at].wanted.clone() {
            self.claims[at].done = true;
            self.answer_query(request, ask);
        }
        true
    }

    /// A later step waits for just this. A query only the very next.
    fn claim_ahead(&mut self, request: RequestId, wanted: &Wanted) -> bool {
        let next = self.step.map_or(0, |step| step + 1);
        let last = match wanted {
            Wanted::Query { .. } => next + 1,
            _ => self.scenario.script.len(),
        };
        let mut later = next..last.min(self.scenario.script.len());
        let Some(step) = later.find(|step| self.expects(*step, wanted)) else { return false };
        self.claim(step, request, wanted);
        true
    }

    /// The step is an `expect` without a request, and this is what it expects.
    fn expects(&self, step: usize, wanted: &Wanted) -> bool {
        let Some(Step::Expect(expected, _)) = self.scenario.script.get(step) else { return false };
        if self.by_step[step].is_some() {
            return false;
        }
        let is =
            |at: Option<usize>, name: &str| at.is_some_and(|at| self.venue.orders[at].name == name);
        match (expected, wanted) {
            (Expected::Submit { symbol, side, qty, px, .. }, Wanted::Submit { at }) => {
                let order = &self.venue.orders[*at];
                self.names.instrument(symbol) == order.instrument
                    && *side == order.side
                    && *qty == order.qty
                    && px.is_none_or(|px| px == order.px)
            }
            (Expected::Cancel { order }, Wanted::Cancel { at }) => is(*at, order),
            (Expected::Amend { order, qty, px }, Wanted::Amend { at, wire, px: sent }) => {
                is(*at, order)
                    && qty.is_none_or(|qty| qty == *wire)
                    && px.is_none_or(|px| px == *sent)
            }
            (Expected::Query { what, order, .. }, Wanted::Query { ask, .. }) => {
                *what == ask.what && order.as_ref().is_none_or(|order| is(ask.order, order))
            }
            _ => false,
        }
    }

    fn claim(&mut self, step: usize, request: RequestId, wanted: &Wanted) -> usize {
        let mut wanted = wanted.clone();
        let mut content = None;
        match (&self.scenario.script[step], &mut wanted) {
            (Step::Expect(Expected::Submit { name, venue_id, .. }, _), Wanted::Submit { at }) => {
                self.venue.call(*at, name, *venue_id);
            }
            (Step::Expect(Expected::Query { name, .. }, _), Wanted::Query { name: own, .. }) => {
                own.clone_from(name);
                content = name.is_some().then(|| Box::new(self.venue.clone()));
            }
            _ => {}
        }
        let at = self.claims.len();
        let (process, asked, done) = (self.process, self.now, false);
        self.story.add(self.now, || format!("      claimed by step {}", step + 1));
        self.claims.push(Claim { request, wanted, process, asked, content, done });
        self.by_step[step] = Some(at);
        at
    }

    /// Something reaches the engine.
    pub fn deliver(&mut self, heard: Heard) {
        let Heard { request, input, told } = heard;
        if let Some(request) = request {
            self.desk.answered(request);
        }
        if let Some(at) = told.refused {
            self.venue.orders[at].excused |= self.venue.orders[at].status.is_none();
        }
        for (at, asked) in told.misses {
            self.venue.orders[at].missed(asked);
        }
        if let Some(for_ns) = told.silence_ns {
            self.checks.silence(self.now, for_ns);
        }
        if told.auth {
            self.checks.lock_out();
        }
        self.story.add(self.now, || format!("   <- {}", super::told::text_of(&input)));
        self.desk.tell(input);
    }

    /// Delivers now, or later.
    pub fn deliver_after(&mut self, heard: Heard, delay_ms: i64) {
        if delay_ms <= 0 {
            return self.deliver(heard);
        }
        let at = self.now.plus(delay_ms.saturating_mul(MILLI_NS));
        self.delayed.push((at, heard));
    }

    fn end_write(&mut self, request: RequestId, wanted: &Wanted, report: &Report) {
        let Some((outcome, definite)) = write_end(&self.scenario.broker, report) else { return };
        let mut told = told_of(report);
        if let (Wanted::Submit { at }, true) = (wanted, definite) {
            told.refused = Some(*at);
        }
        self.deliver(reply(request, outcome, told));
    }

    fn serve_write(&mut self, request: RequestId, wanted: &Wanted, serving: &Serving) {
        let refuse = |code| Report::Reject(code);
        let report = match (serving, wanted) {
            (Serving::Ok(changes), _) => {
                return self.usual_write(request, wanted, changes.delay_ms.unwrap_or(0));
            }
            (Serving::As(report), _) => report.clone(),
            (Serving::NotFound, Wanted::Cancel { .. } | Wanted::Amend { .. }) => {
                refuse(RejectCode::UnknownOrder)
            }
            (Serving::NotFound | Serving::Empty, _) => Report::Error,
        };
        if let Wanted::Submit { at } = wanted {
            self.refuse_submit(*at, &report);
        }
        self.end_write(request, wanted, &report);
    }

    /// A write about which the script says nothing.
    fn usual_write(&mut self, request: RequestId, wanted: &Wanted, delay_ms: i64) {
        let taken = |order_id, status, cum| {
            Outcome::Taken(Taken { order_id, time: None, status, cum, instrument: None })
        };
        let refused = |code| write_end(&self.scenario.broker, &Report::Reject(code));
        let pushes = self.links[0] == LinkState::Up && self.has_stream();
        let full = self.scenario.broker.stream == Stream::Full;
        match wanted {
            Wanted::Submit { at } => {
                let filled = self.venue.fill_in_full(*at, self.now);
                let outcome = taken(self.venue.orders[*at].id, None, None);
                self.deliver_after(reply(request, outcome, Told::default()), delay_ms);
                if pushes && full {
                    self.push_fill(*at, &filled);
                } else if pushes {
                    self.push_status(*at);
                }
            }
            Wanted::Cancel { at } => match self.venue.cancel(*at) {
                Cancelled::As(status, cum) => {
                    let outcome = taken(None, Some(status), Some(cum));
                    self.deliver_after(reply(request, outcome, Told::default()), delay_ms);
                    if let Some(at) = at.filter(|_| pushes && status == OrdStatus::Canceled) {
                        self.push_status(at);
                    }
                }
                Cancelled::Refused(code) => {
                    if let Some((outcome, _)) = refused(code) {
                        self.deliver_after(reply(request, outcome, Told::default()), delay_ms);
                    }
                }
            },
            Wanted::Amend { at, wire, px } => {
                let outcome = match self.venue.amend(*at, *wire, *px, self.now) {
                    Ok(id) => Some(taken(id, None, None)),
                    Err(code) => write_end(&self.scenario.broker, &Report::Reject(code))
                        .map(|(outcome, _)| outcome),
                };
                if let Some(outcome) = outcome {
                    self.deliver_after(reply(request, outcome, Told::default()), delay_ms);
                }
            }
            Wanted::Query { .. } => {}
        }
    }

    /// Answers a query that a step without a name has: overrides apply.
    pub fn answer_query(&mut self, request: RequestId, ask: Ask) {
        let order = ask.order.map(|at| self.venue.orders[at].name.clone()).unwrap_or_default();
        match self.overrides.take(Kind::Query(ask.what), &order, self.now) {
            Some(serving) => self.serve_read(request, ask, &serving),
            None => self.read_usually(request, ask, &Changes::default()),
        }
    }

    fn read_usually(&mut self, request: RequestId, ask: Ask, changes: &Changes) {
        let (found, told) = self.look(&self.venue, ask, changes, self.now);
        self.deliver_after(answer(request, found, told), changes.delay_ms.unwrap_or(0));
    }

    fn serve_read(&mut self, request: RequestId, ask: Ask, serving: &Serving) {
        let (found, told) = match serving {
            Serving::Ok(changes) => return self.read_usually(request, ask, changes),
            Serving::As(report) => (read_end(report), told_of(report)),
            Serving::Empty | Serving::NotFound => match empty(ask.what) {
                Some(found) => {
                    let told = self.missed(&found, ask.order, self.now);
                    (Some(found), told)
                }
                None => (read_end(&Report::Error), Told::default()),
            },
        };
        if let Some(found) = found {
            self.deliver(answer(request, found, told));
        }
    }

    /// What a read of a truth brings, and what it proves.
    pub fn look(&self, venue: &Venue, ask: Ask, changes: &Changes, asked: Nanos) -> (Found, Told) {
        let (names, now, shift_ns) = (&self.names, self.now, self.desk.shift_ns());
        let reader = Reader { names, now, shift_ns };
        let by = ask.by.as_ref();
        let order = by.and_then(|(ours, theirs)| venue.look_up(ours, theirs.as_ref()));
        let found = venue.answer(ask.what, order, changes, reader);
        let told = self.missed(&found, ask.order, asked);
        (found, told)
    }

    /// Orders on the wire that a lookup came back without.
    fn missed(&self, found: &Found, order: Option<usize>, asked: Nanos) -> Told {
        let misses = match found {
            Found::Order(OneRow { row: None }) => order.into_iter().collect(),
            Found::Orders(_) => {
                let all = self.venue.orders.iter().enumerate();
                all.filter(|(_, o)| o.status.is_none()).map(|(at, _)| at).collect()
            }
            _ => Vec::new(),
        };
        let misses = misses.into_iter().map(|at| (at, asked)).collect();
        Told { misses, ..Told::default() }
    }
}

/// A read with nothing in it; none where that means nothing.
fn empty(what: What) -> Option<Found> {
    let orders = || OrderRows { rows: Vec::new(), complete: true };
    Some(match what {
        What::Order => Found::Order(OneRow { row: None }),
        What::Orders => Found::Orders(orders()),
        What::OpenOrders => Found::OpenOrders(orders()),
        What::Fills => Found::Activity(ActivityRows { rows: Vec::new(), complete: true }),
        What::Positions => Found::Positions(PositionRows { rows: Vec::new() }),
        What::Time | What::Quote => return None,
    })
}
