//! The rate limiter against a model of every broker it may meet (law 7).
//!
//! A request that was released at `a` and of which the reply came at `b` was counted by the
//! broker's clock at some instant from `a` to `b`; without a reply, at the latest the declared
//! longest arrival after its release. The model chooses these instants against us: a window can
//! hold every request whose span meets it. No window may be passed even so, and what the same
//! rule allows is used.

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use truefill_core::config::{Descriptor, Scope, Window};
use truefill_core::ids::RequestId;
use truefill_core::limiter::{Class, Limiter};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};

/// Longest time from release to arrival that the model's broker declares.
const HELD_NS: i64 = 2 * SECOND_NS;

/// When the broker may have counted a request.
#[derive(Clone, Copy, Debug)]
struct Span {
    class: Class,
    from: Nanos,
    until: Nanos,
    answered: bool,
}

#[derive(Clone, Copy, Debug)]
enum Op {
    /// Something wants to leave, if it may.
    Want(Class),
    /// One of the unanswered requests is answered.
    Reply(prop::sample::Index),
    /// One of them certainly never left.
    Withdraw(prop::sample::Index),
    Wait(i64),
    /// Until the limiter says that a new order may leave.
    WaitForSlot,
    /// The process dies and starts again.
    Restart,
}

fn counts(scope: Scope, class: Class) -> bool {
    match scope {
        Scope::All => true,
        Scope::Reads => class == Class::Read,
        Scope::Orders => class != Class::Read,
    }
}

/// Most requests that one window of some broker's clock may have seen.
fn worst(spans: &BTreeMap<RequestId, Span>, window: &Window) -> usize {
    let of: Vec<&Span> = spans.values().filter(|s| counts(window.scope, s.class)).collect();
    let inside = |begin: Nanos| {
        let end = begin.plus(window.per_ns);
        of.iter().filter(|s| s.from < end && s.until >= begin).count()
    };
    of.iter().map(|s| inside(s.until)).max().unwrap_or(0)
}

fn class() -> impl Strategy<Value = Class> {
    prop::sample::select(vec![Class::New, Class::New, Class::Cancel, Class::Read])
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => class().prop_map(Op::Want),
        5 => any::<prop::sample::Index>().prop_map(Op::Reply),
        1 => any::<prop::sample::Index>().prop_map(Op::Withdraw),
        4 => (0i64..900).prop_map(|ms| Op::Wait(ms * MILLI_NS)),
        2 => Just(Op::WaitForSlot),
        1 => Just(Op::Restart),
    ]
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    let scope = prop::sample::select(vec![Scope::All, Scope::Orders, Scope::Orders, Scope::Reads]);
    let per_ns =
        prop::sample::select(vec![SECOND_NS / 5, SECOND_NS, 3 * SECOND_NS, 20 * SECOND_NS]);
    let one = (1u32..9, per_ns, scope).prop_map(|(n, per_ns, scope)| Window { n, per_ns, scope });
    prop::collection::vec(one, 1..4)
}

fn limiter(windows: &[Window]) -> Limiter {
    Limiter::new(&Descriptor { windows: windows.to_vec(), ..Descriptor::default() })
}

/// A limiter, the broker's side of every request, and the time.
struct Machine {
    limiter: Limiter,
    windows: Vec<Window>,
    spans: BTreeMap<RequestId, Span>,
    now: Nanos,
}

impl Machine {
    fn open(&self) -> Vec<RequestId> {
        self.spans.iter().filter(|(_, s)| !s.answered).map(|(id, _)| *id).collect()
    }

    fn picked(&self, index: prop::sample::Index) -> Option<RequestId> {
        let open = self.open();
        (!open.is_empty()).then(|| open[index.index(open.len())])
    }

    /// Does what is wanted. Returns false where a request had to wait.
    fn apply(&mut self, op: Op, serial: u64) -> bool {
        let (now, request) = (self.now, RequestId(serial));
        match op {
            Op::Want(class) => {
                if !self.limiter.free(now, class) {
                    return false;
                }
                self.limiter.take(now, class, request, HELD_NS);
                let until = now.plus(HELD_NS);
                self.spans.insert(request, Span { class, from: now, until, answered: false });
            }
            Op::Reply(index) => {
                let Some(request) = self.picked(index) else { return true };
                self.limiter.closed(now, request);
                if let Some(span) = self.spans.get_mut(&request) {
                    // An answer that comes late says nothing new: it was declared to have arrived.
                    span.until = span.until.min(now);
                    span.answered = true;
                }
            }
            Op::Withdraw(index) => {
                if let Some(request) = self.picked(index) {
                    self.limiter.withdrawn(request);
                    self.spans.remove(&request);
                }
            }
            Op::Wait(ns) => self.now = now.plus(ns),
            Op::WaitForSlot => self.now = self.limiter.next_free(now, Class::New),
            Op::Restart => {
                self.limiter.restarted(now, HELD_NS);
                // What was in flight may still be on its way, from now on.
                let open = self.spans.values_mut().filter(|s| !s.answered && s.until >= now);
                open.for_each(|span| span.until = now.plus(HELD_NS));
            }
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_window_of_any_clock_within_the_declared_latency_is_passed(
        windows in windows(),
        ops in prop::collection::vec(op(), 1..120),
    ) {
        let now = Nanos(1_000 * SECOND_NS);
        let mut machine =
            Machine { limiter: limiter(&windows), windows, spans: BTreeMap::new(), now };
        for (serial, op) in (1u64..).zip(ops) {
            let went = machine.apply(op, serial);
            for window in &machine.windows {
                let seen = worst(&machine.spans, window);
                prop_assert!(
                    seen <= usize::try_from(window.n).unwrap_or(0),
                    "{seen} in a window of {window:?} after {op:?}"
                );
            }
            if let (Op::Want(class), false) = (op, went) {
                // What waits is told until when, and not longer than that.
                let at = machine.limiter.next_free(machine.now, class);
                prop_assert!(at > machine.now, "what is not free now is free later");
                prop_assert!(machine.limiter.free(at, class));
                prop_assert!(!machine.limiter.free(Nanos(at.0 - 1), class));
                prop_assert_eq!(machine.limiter.room(machine.now, class), 0);
            }
        }
    }

    /// With more to send than may leave, the number sent is that of the rule itself, and above
    /// 95 % of it where a long window keeps slots for cancels.
    #[test]
    fn what_is_allowed_is_used(
        short in (1u32..12, 1i64..3).prop_map(|(n, s)| Window {
            n, per_ns: s * SECOND_NS / 2, scope: Scope::Orders,
        }),
        long in (20u32..200).prop_map(|n| Window { n, per_ns: 30 * SECOND_NS, scope: Scope::All }),
        latencies in prop::collection::vec(1i64..1_500, 1..40),
    ) {
        let windows = vec![short, long];
        let sent = sent_by_limiter(&windows, &latencies);
        let reserved: Vec<u32> = windows.iter().map(reserve).collect();
        prop_assert_eq!(sent, sent_by_rule(&windows, &reserved, &latencies));
        let all = sent_by_rule(&windows, &[0, 0], &latencies);
        // The time ends somewhere in a burst of the short window, and before the last long one
        // has given back what it keeps.
        let burst = usize::try_from(windows[0].n + reserved[1]).unwrap_or(0);
        prop_assert!((sent + burst) * 100 >= all * 95, "{} of {} were sent", sent, all);
    }

    /// What is lowered by a configuration holds from the first request on, and what is taken
    /// stays taken.
    #[test]
    fn another_configuration_frees_nothing(
        windows in windows(),
        fewer in prop::collection::vec(1u32..9, 3),
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let now = Nanos(1_000 * SECOND_NS);
        let mut machine =
            Machine { limiter: limiter(&windows), windows, spans: BTreeMap::new(), now };
        let half = ops.len() / 2;
        for (serial, op) in (1u64..).zip(&ops[..half]) {
            machine.apply(*op, serial);
        }
        let before: BTreeSet<RequestId> = machine.spans.keys().copied().collect();
        for (window, n) in machine.windows.iter_mut().zip(&fewer) {
            window.n = window.n.min(*n);
        }
        let windows = machine.windows.clone();
        machine.limiter.adapt(&Descriptor { windows, ..Descriptor::default() });
        for (serial, op) in (1_000u64..).zip(&ops[half..]) {
            machine.apply(*op, serial);
        }
        // Windows that hold a request of after the change keep the lowered number.
        for window in &machine.windows {
            let n = usize::try_from(window.n).unwrap_or(0);
            let of = |s: &&Span| counts(window.scope, s.class);
            for (_, last) in machine.spans.iter().filter(|(id, _)| !before.contains(id)) {
                let end = last.from.plus(1);
                let inside = machine.spans.values().filter(of).filter(|s| {
                    s.from < end && s.until >= Nanos(end.0 - window.per_ns)
                });
                let counted = counts(window.scope, last.class);
                prop_assert!(!counted || inside.count() <= n, "{window:?}");
            }
        }
    }
}

/// How long the limiter is kept busy.
const BUSY_NS: i64 = 240 * SECOND_NS;

/// Slots of a window that only cancels may use.
fn reserve(window: &Window) -> u32 {
    if window.per_ns > SECOND_NS && window.n >= 2 { (window.n / 20).max(1) } else { 0 }
}

fn latency_ns(latencies: &[i64], at: usize) -> i64 {
    latencies[at % latencies.len()] * MILLI_NS
}

/// Sends as fast as the limiter lets it; each request is answered after its latency.
fn sent_by_limiter(windows: &[Window], latencies: &[i64]) -> usize {
    let mut limiter = limiter(windows);
    let (mut now, mut sent) = (Nanos(0), 0);
    let mut answers: BTreeSet<(Nanos, u64)> = BTreeSet::new();
    while now.0 < BUSY_NS {
        while answers.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((at, request)) = answers.pop_first() {
                limiter.closed(at, RequestId(request));
            }
        }
        while limiter.free(now, Class::New) {
            let request = u64::try_from(sent).unwrap_or(0);
            limiter.take(now, Class::New, RequestId(request), HELD_NS);
            answers.insert((now.plus(latency_ns(latencies, sent)), request));
            sent += 1;
        }
        let free = limiter.next_free(now, Class::New);
        now = answers.first().map_or(free, |(at, _)| free.min(*at));
    }
    sent
}

/// The same by the rule alone: a slot is taken from sending until the reply plus the window.
fn sent_by_rule(windows: &[Window], reserved: &[u32], latencies: &[i64]) -> usize {
    let slots = |(window, kept): (&Window, &u32)| {
        let n = usize::try_from(window.n - kept).unwrap_or(0);
        vec![Nanos(0); n]
    };
    let mut free_at: Vec<Vec<Nanos>> = windows.iter().zip(reserved).map(slots).collect();
    let mut sent = 0;
    loop {
        let earliest = |slots: &Vec<Nanos>| slots.iter().min().copied().unwrap_or(Nanos::MAX);
        let at = free_at.iter().map(earliest).max().unwrap_or(Nanos::MAX);
        if at.0 >= BUSY_NS {
            return sent;
        }
        let until = at.plus(latency_ns(latencies, sent));
        for (slots, window) in free_at.iter_mut().zip(windows) {
            slots.sort_unstable();
            slots[0] = until.plus(window.per_ns);
        }
        sent += 1;
    }
}
