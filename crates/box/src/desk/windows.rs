//! The broker's limits, on its own clock.
//!
//! Entry point: [`Windows::arrive`].
//!
//! Invariant: every arrival counts, refused ones included.

use std::collections::BTreeMap;
use truefill_core::config::{Scope, Window};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_sim::broker::WindowKind;
use truefill_sim::broker::limits::Limits;
use truefill_venue::kite_server::{Class, DAY_NS, IST_NS, Json, stamp};

/// Violations kept.
const KEPT: usize = 10_000;

/// A limit, and what has been counted in it.
#[derive(Debug)]
struct Limit {
    name: &'static str,
    class: Class,
    n: u32,
    limits: Limits,
    /// Most that there ever were at once.
    highest: usize,
}

/// All limits of the account.
#[derive(Debug)]
pub(super) struct Windows {
    limits: Vec<Limit>,
    requests: BTreeMap<Class, u64>,
    violations: Vec<Json>,
    violated: u64,
}

impl Windows {
    pub(super) fn new(sliding: bool) -> Self {
        let kind = if sliding { WindowKind::Sliding } else { WindowKind::Fixed };
        let limit = |name, class, n, per_ns, kind| {
            let window = Window { n, per_ns, scope: Scope::All };
            Limit { name, class, n, limits: Limits::new(&[window], &[kind]), highest: 0 }
        };
        let limits = vec![
            limit("orders_per_second", Class::Order, 10, SECOND_NS, kind),
            limit("orders_per_minute", Class::Order, 400, 60 * SECOND_NS, kind),
            limit("orders_per_day", Class::Order, 5_000, DAY_NS, WindowKind::Fixed),
            limit("quotes_per_second", Class::Quote, 1, SECOND_NS, kind),
            limit("historical_per_second", Class::Historical, 3, SECOND_NS, kind),
            limit("others_per_second", Class::Other, 10, SECOND_NS, kind),
        ];
        Self { limits, requests: BTreeMap::new(), violations: Vec::new(), violated: 0 }
    }

    /// Counts a request; the name of the limit that it breaks, if it does. Days begin at midnight
    /// in India.
    pub(super) fn arrive(&mut self, now: Nanos, class: Class) -> Option<&'static str> {
        *self.requests.entry(class).or_default() += 1;
        let mut broken = None;
        for limit in self.limits.iter_mut().filter(|limit| limit.class == class) {
            for counted in limit.limits.arrive(now.plus(IST_NS), false) {
                limit.highest = limit.highest.max(counted.sliding);
                if counted.over_ns.is_some() {
                    broken = broken.or(Some((limit.name, limit.n, counted.sliding)));
                }
            }
        }
        let (name, n, seen) = broken?;
        self.violate(now, name, n, seen);
        Some(name)
    }

    /// A limit was broken.
    pub(super) fn violate(&mut self, now: Nanos, name: &'static str, n: u32, seen: usize) {
        self.violated += 1;
        if self.violations.len() < KEPT {
            self.violations.push(Json::object([
                ("time", stamp(now).into()),
                ("limit", name.into()),
                ("allowed", n.into()),
                ("seen", seen.into()),
            ]));
        }
    }

    /// Orders that came without a request of their own, as legs of an iceberg: they count in the
    /// day only.
    pub(super) fn leg(&mut self, now: Nanos) {
        let day = self.limits.iter_mut().filter(|limit| limit.name == "orders_per_day");
        day.for_each(|limit| drop(limit.limits.arrive(now.plus(IST_NS), false)));
    }

    /// For the truth.
    pub(super) fn told(&self) -> [(&'static str, Json); 3] {
        let names = [
            (Class::Order, "orders"),
            (Class::Quote, "quotes"),
            (Class::Historical, "historical"),
            (Class::Other, "others"),
        ];
        let requests = names
            .map(|(class, name)| (name, self.requests.get(&class).copied().unwrap_or(0).into()));
        let highest = self.limits.iter().map(|limit| {
            let row =
                Json::object([("allowed", limit.n.into()), ("highest", limit.highest.into())]);
            (limit.name.into(), row)
        });
        let mut counted = Json::object(requests);
        counted.set("windows", Json::Object(highest.collect()));
        [
            ("requests", counted),
            ("violations", self.violations.clone().into()),
            ("violations_count", self.violated.into()),
        ]
    }
}
