//! A scenario: the market and the account at the start, a script, and what must be true at the
//! end.
//!
//! Entry points: [`read`], [`Scenario`]. Reading is strict: an unknown field, op or code is an
//! error with its line, its field and what is allowed.

mod broker;
mod expect;
mod given;
mod policy;
mod read;
mod refs;
mod steps;
mod walk;
pub mod words;

pub use broker::{AmendQty, Broker, PositionRows, Stream};
pub use expect::{Expect, FinalState, OpenOrder};
pub use given::{Given, GivenFill, GivenOrder, Limit, Rules, Session};
pub use policy::PolicyWords;
pub use read::{ReadError, read};
pub use steps::{
    Broken, Changes, Event, Expected, ExtraRow, Ids, LinkState, Owner, Quiet, Reply, Report, Serve,
    Served, Serving, Step, Truth, What,
};

/// One scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Line in its file, from 1.
    pub line: usize,
    /// Its name.
    pub id: String,
    /// What kind of incident.
    pub class: String,
    /// What went wrong, in a sentence.
    pub title: String,
    /// What the broker is like.
    pub broker: Broker,
    /// How it begins.
    pub given: Given,
    /// What happens.
    pub script: Vec<Step>,
    /// What must be true.
    pub expect: Expect,
}

impl Scenario {
    /// Every symbol that is named anywhere, in canonical order.
    #[must_use]
    pub fn symbols(&self) -> Vec<String> {
        let mut found = self.given.symbols();
        for step in &self.script {
            step.symbols(&mut found);
        }
        found.extend(self.expect.positions.iter().map(|(symbol, _)| symbol.clone()));
        found.sort();
        found.dedup();
        found
    }

    /// Every strategy that is named anywhere; `A` is the first.
    #[must_use]
    pub fn strategies(&self) -> Vec<String> {
        let mut found: Vec<String> = self.given.orders().map(|o| o.strategy.clone()).collect();
        for step in &self.script {
            found.extend(step.strategy().map(str::to_owned));
        }
        found.retain(|name| name != "A");
        found.sort();
        found.dedup();
        found.insert(0, "A".to_owned());
        found
    }
}
