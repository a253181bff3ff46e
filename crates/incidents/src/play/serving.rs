//! Answers that the script overrides: the latest override that fits wins.

use crate::scenario::{Changes, Serve, Served, Serving, What};
use truefill_core::time::{MILLI_NS, Nanos};

/// What a request is, to an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A query.
    Query(What),
    /// A new order.
    Submit,
    /// A cancel.
    Cancel,
    /// An amend.
    Amend,
}

#[derive(Clone, Debug)]
struct Override {
    serve: Serve,
    /// Answers left; none where time bounds it.
    left: Option<u32>,
    until: Nanos,
}

/// The overrides in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides {
    kept: Vec<Override>,
}

impl Overrides {
    /// A step adds an override, or removes those of its kind.
    pub fn add(&mut self, serve: &Serve, now: Nanos) {
        if serve.how == Serving::Ok(Changes::default()) {
            let all = serve.what == Served::All;
            self.kept.retain(|old| !all && old.serve.what != serve.what);
            return;
        }
        let until = serve.for_ms.map_or(Nanos::MAX, |ms| now.plus(ms.saturating_mul(MILLI_NS)));
        let left = serve.for_ms.is_none().then_some(serve.times.unwrap_or(1));
        self.kept.push(Override { serve: serve.clone(), left, until });
    }

    /// How a request about an order is answered, if an override says so.
    pub fn take(&mut self, kind: Kind, order: &str, now: Nanos) -> Option<Serving> {
        let fits = |of: &Override| {
            let what = match (of.serve.what, kind) {
                (Served::All, _) | (Served::Queries, Kind::Query(_)) => true,
                (Served::Query(what), Kind::Query(asked)) => what == asked,
                (Served::Submit, Kind::Submit)
                | (Served::Cancel, Kind::Cancel)
                | (Served::Amend, Kind::Amend) => true,
                _ => false,
            };
            let about = of.serve.order.as_ref().is_none_or(|named| named == order);
            what && about && now < of.until && of.left != Some(0)
        };
        let found = self.kept.iter_mut().rev().find(|of| fits(of))?;
        if let Some(left) = &mut found.left {
            *left -= 1;
        }
        Some(found.serve.how.clone())
    }
}
