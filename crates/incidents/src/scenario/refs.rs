//! Names have to stand for something: an order or a query that no earlier step makes is a slip of
//! the author, not an event.

use super::Scenario;
use super::steps::{Event, Expected, Reply, Serving, Step, Truth};
use super::walk::Fault;
use std::collections::BTreeSet;

/// Names of orders, queries and external changes so far.
struct Names<'a> {
    orders: BTreeSet<&'a str>,
    queries: BTreeSet<&'a str>,
    externals: BTreeSet<&'a str>,
}

/// Checks that every name is made before it is used, and made once.
pub(super) fn check(scenario: &Scenario) -> Result<(), Fault> {
    let mut names =
        Names { orders: BTreeSet::new(), queries: BTreeSet::new(), externals: BTreeSet::new() };
    for order in scenario.given.orders() {
        if !names.orders.insert(&order.name) {
            return Err(Fault::new("given", format!("names order \"{}\" twice", order.name)));
        }
    }
    for (at, step) in scenario.script.iter().enumerate() {
        names.step(step, &format!("script[{at}]"))?;
    }
    let starts = scenario.script.iter().filter(|step| **step == Step::Start).count();
    if starts > 1 {
        return Err(Fault::new("script", "starts the engine more than once"));
    }
    for (at, open) in scenario.expect.open_orders.iter().enumerate() {
        names.known(&open.order, &format!("expect.open_orders[{at}].ref"))?;
    }
    Ok(())
}

impl<'a> Names<'a> {
    fn known(&self, order: &str, field: &str) -> Result<(), Fault> {
        if self.orders.contains(order) {
            return Ok(());
        }
        Err(Fault::new(field, format!("\"{order}\" names no order that was made before")))
    }

    fn make(&mut self, order: &'a str, field: &str) -> Result<(), Fault> {
        if self.orders.insert(order) {
            return Ok(());
        }
        Err(Fault::new(field, format!("\"{order}\" names an order already")))
    }

    fn step(&mut self, step: &'a Step, path: &str) -> Result<(), Fault> {
        let field = |name: &str| format!("{path}.{name}");
        match step {
            Step::Expect(expected, _) => match expected {
                Expected::Submit { name, .. } => self.make(name, &field("as")),
                Expected::Cancel { order } | Expected::Amend { order, .. } => {
                    self.known(order, &field("ref"))
                }
                Expected::Query { order, name, .. } => {
                    if let Some(name) = name {
                        self.queries.insert(name);
                    }
                    order.as_ref().map_or(Ok(()), |order| self.known(order, &field("ref")))
                }
            },
            Step::Reply(Reply { to, .. }) => {
                if self.queries.contains(to.as_str()) || self.orders.contains(to.as_str()) {
                    return Ok(());
                }
                Err(Fault::new(field("to"), format!("\"{to}\" names no order and no query")))
            }
            Step::Venue(truth) => self.truth(truth, path),
            Step::Event(Event::Named(name)) if !self.externals.contains(name.as_str()) => {
                Err(Fault::new(field("ref"), format!("\"{name}\" names no external change")))
            }
            Step::Event(event) => {
                event.order().map_or(Ok(()), |order| self.known(order, &field("ref")))
            }
            // What is left out may be an order, a symbol or an execution, so it is not checked.
            Step::Serve(serve) => match (&serve.order, &serve.how) {
                (
                    Some(order),
                    Serving::Ok(_) | Serving::Empty | Serving::NotFound | Serving::As(_),
                ) => self.known(order, &field("ref")),
                (None, _) => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn truth(&mut self, truth: &'a Truth, path: &str) -> Result<(), Fault> {
        let field = |name: &str| format!("{path}.{name}");
        if let Some(order) = truth.order() {
            self.known(order, &field("ref"))?;
        }
        match truth {
            Truth::Appear { order, twin_of, .. } => {
                if let Some(twin) = twin_of {
                    self.known(twin, &field("same_client_id_as"))?;
                }
                self.make(order, &field("ref"))
            }
            Truth::Replace { name, .. } => self.make(name, &field("as")),
            Truth::External { name: Some(name), .. } => {
                self.externals.insert(name);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
