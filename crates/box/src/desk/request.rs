//! From a request to an answer.
//!
//! Entry point: [`Desk::request`].

use super::{Desk, Due};
use crate::faults::{Details, Fate, Fault, Form, Hook};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_venue::kite_server::{
    Asked, BodyType, Class, ErrorType, Fields, Json, Refusal, Reply, Route,
};

/// How a request ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When the client gets it, from the arrival of the request, in nanoseconds.
    pub after_ns: i64,
    /// What it gets.
    pub ending: Ending,
}

/// What the client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A reply.
    Reply(Reply),
    /// Its socket is closed.
    Drop,
    /// Nothing; its socket stays open.
    Silence,
}

impl Answer {
    fn reply(after_ns: i64, reply: impl Into<Reply>) -> Self {
        Self { after_ns, ending: Ending::Reply(reply.into()) }
    }
}

impl Desk {
    /// What a request gets, and what it does.
    pub fn request(&mut self, now: Nanos, asked: &Asked) -> Answer {
        self.advance(now);
        let now = self.now;
        let answer = self.answer(now, asked);
        let ended = match &answer.ending {
            Ending::Reply(reply) => reply.status.into(),
            Ending::Drop => "socket closed".into(),
            Ending::Silence => "no reply".into(),
        };
        let more = [
            ("method", asked.method.as_str().into()),
            ("path", asked.path.as_str().into()),
            ("ended", ended),
        ];
        self.chronicle.note(now, "request", Json::object(more));
        answer
    }

    fn answer(&mut self, now: Nanos, asked: &Asked) -> Answer {
        let way_ns = self.up.draw(&mut self.dice);
        let route = match Route::of(&asked.method, &asked.path) {
            Ok(route) => route,
            Err(refusal) => return Answer::reply(way_ns, refusal),
        };
        let hook = hook_of(&route);
        let counts = !matches!(route, Route::Cancel(..)) || self.options.switches.count_cancels;
        if counts && !matches!(route, Route::Login) {
            let broken = self.windows.arrive(now, route.class());
            if let Some(limit) = broken.filter(|_| !self.options.switches.no_limits) {
                self.chronicle.say(now, "too_many", &format!("429, the limit {limit} is reached"));
                return Answer::reply(way_ns, Refusal::too_many());
            }
        }
        if self.strikes(now, Fault::TooMany, hook).is_some() {
            return Answer::reply(way_ns, Refusal::too_many());
        }
        if let Some(details) = self.strikes(now, Fault::Refused, hook) {
            let kind = details.error.unwrap_or(ErrorType::General);
            let words = details.message.as_deref().unwrap_or("Refused, as the control API said.");
            return Answer::reply(way_ns, Refusal::new(kind, words));
        }
        if self.strikes(now, Fault::TokenDies, hook).is_some() {
            self.end_session(now, "the session ends in the middle of a request");
        }
        if !route.is_open() && !self.allows(asked) {
            return Answer::reply(way_ns, Refusal::token());
        }
        if self.strikes(now, Fault::HtmlPage, hook).is_some() {
            return Answer::reply(way_ns, Reply::gateway_page(502));
        }
        if route.class() == Class::Order {
            self.write(now, &route, hook, asked, way_ns)
        } else if let Some(details) = self.lost_read(now) {
            Answer { after_ns: way_ns, ending: self.lost(&details) }
        } else {
            let reply = self.read(now, &route, asked);
            Answer::reply(way_ns, reply)
        }
    }

    fn allows(&self, asked: &Asked) -> bool {
        let known = |(key, token)| key == self.options.api_key && self.session.accepts(token);
        asked.credentials().is_some_and(known)
    }

    /// Whether a fault strikes here; if so, it is said.
    pub(super) fn strikes(&mut self, now: Nanos, fault: Fault, hook: Hook) -> Option<Details> {
        let details = self.plan.strike(fault, hook)?;
        self.chronicle.say(now, fault.name(), fault.words());
        Some(details)
    }

    /// Replies of reads are lost only where that was armed.
    fn lost_read(&mut self, now: Nanos) -> Option<Details> {
        if self.plan.armed() == 0 {
            return None;
        }
        let shares: Vec<_> = self.plan.shares().filter(|(f, _)| *f == Fault::LostReply).collect();
        self.plan.set(Fault::LostReply, 0);
        let struck = self.strikes(now, Fault::LostReply, Hook::Read);
        shares.into_iter().for_each(|(fault, ppm)| self.plan.set(fault, ppm));
        struck
    }

    fn write(
        &mut self,
        now: Nanos,
        route: &Route,
        hook: Hook,
        asked: &Asked,
        way_ns: i64,
    ) -> Answer {
        let fields = asked.fields();
        if self.strikes(now, Fault::WrongAddress, hook).is_some() {
            let words = "Order requests are not allowed from this IP address. Register it as a \
                         static IP in the developer console.";
            return Answer::reply(way_ns, Refusal::new(ErrorType::Permission, words));
        }
        if let Some(details) = self.strikes(now, Fault::LostReply, hook) {
            return self.lose(now, route, fields, &details, way_ns);
        }
        let mut after_ns = way_ns;
        if let Some(details) = self.strikes(now, Fault::SlowReply, hook) {
            let drawn = self.plan.between(Fault::SlowReply, 300, 3_000) * MILLI_NS;
            after_ns += details.after_ns.unwrap_or(drawn);
        }
        let result = self.carry(now, route, &fields);
        Answer::reply(after_ns, result)
    }

    /// Carries out a write.
    pub(super) fn carry(
        &mut self,
        now: Nanos,
        route: &Route,
        fields: &Fields,
    ) -> Result<Json, Refusal> {
        match route {
            Route::Place(variety) => self.place(now, *variety, fields),
            Route::Modify(variety, id) => self.modify(now, *variety, id, fields),
            Route::Cancel(variety, id) => self.cancel(now, *variety, id),
            _ => Err(Refusal::new(ErrorType::General, "Something went wrong.")),
        }
    }

    /// A write whose reply does not reach the client.
    fn lose(
        &mut self,
        now: Nanos,
        route: &Route,
        fields: Fields,
        details: &Details,
        way_ns: i64,
    ) -> Answer {
        let fate =
            details.fate.unwrap_or_else(|| match self.plan.between(Fault::LostReply, 0, 9) {
                0..4 => Fate::Now,
                4..8 => Fate::Later,
                _ => Fate::Never,
            });
        let words = match fate {
            Fate::Now => {
                let done = self.carry(now, route, &fields);
                if done.is_ok() { "carried out".to_owned() } else { "refused".to_owned() }
            }
            Fate::Later => {
                let drawn = self.plan.between(Fault::LostReply, 200, 90_000) * MILLI_NS;
                let after_ns = details.after_ns.unwrap_or(drawn);
                let request = Box::new((route.clone(), fields));
                self.agenda.plan(now.plus(after_ns), Due::Carry(request));
                format!("carried out after {} ms", after_ns / MILLI_NS)
            }
            Fate::Never => "never carried out".to_owned(),
        };
        let ending = self.lost(details);
        let words = format!("the request is {words}; the client sees {}", seen(&ending));
        self.chronicle.say(now, Fault::LostReply.name(), &words);
        let waits_ns = match &ending {
            Ending::Reply(reply) if reply.status == 504 || reply.status == 400 => 2 * SECOND_NS,
            _ => 0,
        };
        Answer { after_ns: way_ns + waits_ns, ending }
    }

    fn lost(&mut self, details: &Details) -> Ending {
        let form =
            details.form.unwrap_or_else(|| match self.plan.between(Fault::LostReply, 0, 6) {
                0 => Form::TimedOut400,
                1 => Form::Status(502),
                2 => Form::Status(503),
                3 => Form::Status(504),
                4 => Form::Page,
                5 => Form::Drop,
                _ => Form::Silence,
            });
        let refusal = |kind, status, words: &str| {
            Ending::Reply(Refusal::new(kind, words).with_status(status).into())
        };
        match form {
            Form::TimedOut400 => {
                let words = "Order request timed out. Please check the order book and confirm \
                             before placing again.";
                refusal(ErrorType::Order, 400, words)
            }
            Form::Status(500) => refusal(ErrorType::General, 500, "Something went wrong."),
            Form::Status(503) => {
                refusal(ErrorType::Network, 503, "Couldn't connect to the OMS. Try again later.")
            }
            Form::Status(504) => refusal(ErrorType::Network, 504, "Gateway timed out"),
            Form::Status(status) => {
                refusal(ErrorType::Data, status, "Couldn't understand the response from the OMS.")
            }
            Form::Page => Ending::Reply(Reply::gateway_page(502)),
            Form::Drop => Ending::Drop,
            Form::Silence => Ending::Silence,
        }
    }

    fn read(&mut self, now: Nanos, route: &Route, asked: &Asked) -> Reply {
        let fields = asked.fields();
        let data = match route {
            Route::Login => return self.login_page(now, &fields),
            Route::Instruments { exchange } => return self.instruments(now, exchange.as_deref()),
            Route::Session => self.exchange_token(now, &fields, "request_token"),
            Route::Refresh => self.exchange_token(now, &fields, "refresh_token"),
            Route::Logout => self.logout(now, &fields),
            Route::Profile { full } => Ok(self.profile(*full)),
            Route::Margins { segment } => self.margins(segment.as_deref()),
            Route::Orders => Ok(self.orders_view(now)),
            Route::History(id) => self.history_view(now, id),
            Route::OrderTrades(id) => self.trades_view(now, Some(id)),
            Route::Trades => self.trades_view(now, None),
            Route::Positions => Ok(self.positions_view(now)),
            Route::Convert => self.convert(now, &fields),
            Route::Holdings => Ok(self.holdings_view()),
            Route::HoldingsSummary => Ok(self.holdings_summary()),
            Route::HoldingsCompact => Ok(self.holdings_compact()),
            Route::Authorise => Ok(self.authorise(now)),
            Route::Auctions | Route::Triggers => Ok(Json::List(Vec::new())),
            Route::OrderMargins => self.order_margins(&asked.body),
            Route::BasketMargins => self.basket_margins(&asked.body),
            Route::Charges => self.charges(now, &asked.body),
            Route::Quote(detail) => Ok(self.quotes(*detail, &fields)),
            Route::Historical { token, interval } => self.historical(token, interval, &fields),
            Route::TriggerRange => Ok(self.trigger_range(&fields)),
            Route::Place(_) | Route::Modify(..) | Route::Cancel(..) => {
                Err(Refusal::new(ErrorType::General, "Something went wrong."))
            }
        };
        let mut reply = Reply::from(data);
        let cuttable = reply.status == 200 && reply.body_type == BodyType::Json;
        if cuttable && self.strikes(now, Fault::CutJson, Hook::Read).is_some() {
            reply.body.truncate(reply.body.len() * 2 / 3);
        }
        reply
    }
}

const fn hook_of(route: &Route) -> Hook {
    match route {
        Route::Place(_) => Hook::Place,
        Route::Modify(..) => Hook::Modify,
        Route::Cancel(..) => Hook::Cancel,
        _ => Hook::Read,
    }
}

fn seen(ending: &Ending) -> String {
    match ending {
        Ending::Reply(reply) => format!("{}", reply.status),
        Ending::Drop => "a closed socket".to_owned(),
        Ending::Silence => "nothing".to_owned(),
    }
}
