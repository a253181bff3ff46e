//! The broker's rate windows (law 7).
//!
//! A slot is taken when a request is released and stays taken until its reply plus the length
//! of the window: whatever the latency was, the broker's clock cannot have seen more than `n`
//! requests in any sliding window. A request without a reply is treated as replied at its
//! release plus the longest arrival that the broker is declared capable of.
//!
//! Entry points: [`Limiter::free`], [`Limiter::take`], [`Limiter::closed`], [`Limiter::next_free`].
//!
//! Invariants:
//! 1. `taken ≤ n` for every window, always; [`Limiter::take`] on a full window is refused by the
//!    caller's gate.
//! 2. Times only move forward, so both queues of a window stay sorted.
//! 3. In windows longer than a second a reserve is kept that only cancels may use.

use crate::config::{Descriptor, Scope, Window};
use crate::ids::RequestId;
use crate::time::{Nanos, SECOND_NS};
use std::collections::VecDeque;

/// Longest window that counts as full at a first start.
const FILLED_NS_MAX: i64 = 3_600 * SECOND_NS;

/// What a request is, to the limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A cancel.
    Cancel,
    /// A new order.
    New,
    /// A read.
    Read,
}

/// State of one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    /// The window.
    pub window: Window,
    /// Requests without an answer: number, when the slot frees at the latest.
    pub open: VecDeque<(RequestId, Nanos)>,
    /// Answered requests: when their slots free.
    pub closing: VecDeque<Nanos>,
}

impl Slots {
    fn counts(&self, class: Class) -> bool {
        if class == Class::Cancel && crate::planted!(CancelsAreFree) {
            return false;
        }
        match self.window.scope {
            Scope::All => true,
            Scope::Reads => class == Class::Read,
            Scope::Orders => class != Class::Read,
        }
    }

    fn taken(&self, now: Nanos) -> usize {
        let open = self.open.iter().filter(|(_, until)| *until > now).count();
        let closing = self.closing.len() - self.closing.partition_point(|until| *until <= now);
        open + closing
    }

    /// Most slots this class may fill.
    fn allowed(&self, class: Class) -> usize {
        let n = usize::try_from(self.window.n).unwrap_or(usize::MAX);
        let short = self.window.per_ns <= SECOND_NS || n < 2;
        if class == Class::Cancel || short || crate::planted!(ReserveForgotten) {
            n
        } else {
            n - (n / 20).max(1)
        }
    }

    /// When one of this class may go: now, or when enough slots have freed. `None` while only
    /// an answer can free one earlier than anything known.
    fn next_free(&self, now: Nanos, class: Class) -> Nanos {
        let taken = self.taken(now);
        let allowed = self.allowed(class);
        if taken < allowed {
            return now;
        }
        let mut frees: Vec<Nanos> = self.open.iter().map(|(_, until)| *until).collect();
        frees.extend(self.closing.iter().copied());
        frees.retain(|until| *until > now);
        frees.sort_unstable();
        frees.get(taken - allowed).copied().unwrap_or(now)
    }

    fn forget(&mut self, now: Nanos) {
        while self.open.front().is_some_and(|(_, until)| *until <= now) {
            self.open.pop_front();
        }
        while self.closing.front().is_some_and(|until| *until <= now) {
            self.closing.pop_front();
        }
    }
}

/// All windows of the account, and the broker's wishes for silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limiter {
    /// The windows.
    pub slots: Vec<Slots>,
    /// Nothing at all is sent before: after a 429 or a ban.
    pub silent_until: Nanos,
    /// Refusals for the rate in a row; opens wider and wider pauses.
    pub strikes: u32,
    /// The broker does not take us for who we are: the next probe; absent while it does.
    pub probe: Option<Nanos>,
    /// No reads before: the broker's own count is nearly used up.
    pub reads_until: Nanos,
}

/// Time between two probes while a login is needed.
const PROBE_NS: i64 = 60 * SECOND_NS;

impl Limiter {
    /// All windows empty.
    #[must_use]
    pub fn new(descriptor: &Descriptor) -> Self {
        let slots = descriptor
            .windows
            .iter()
            .map(|window| Slots {
                window: window.clone(),
                open: VecDeque::new(),
                closing: VecDeque::new(),
            })
            .collect();
        let never = Nanos(i64::MIN);
        Self { slots, silent_until: never, strikes: 0, probe: None, reads_until: never }
    }

    /// No request of this class leaves before, whatever the windows say.
    #[must_use]
    pub fn quiet_until(&self, class: Class) -> Nanos {
        let mut until = self.silent_until;
        if class == Class::Read {
            until = until.max(self.reads_until);
        }
        match (self.probe, class) {
            (Some(at), Class::Read) => until.max(at),
            (Some(_), _) => Nanos::MAX,
            (None, _) => until,
        }
    }

    /// The broker wants silence.
    pub fn back_off(&mut self, now: Nanos, until: Nanos, strikes: u32) {
        let until = if crate::planted!(SilenceIgnored) { now } else { until };
        self.silent_until = self.silent_until.max(until);
        self.strikes = strikes;
    }

    /// A login is needed: probes only.
    pub fn lock_out(&mut self, now: Nanos) {
        self.probe = Some(self.probe.unwrap_or(now).max(now.plus(PROBE_NS)));
    }

    /// True if a request of this class may leave now.
    #[must_use]
    pub fn free(&self, now: Nanos, class: Class) -> bool {
        now >= self.quiet_until(class)
            && self
                .slots
                .iter()
                .filter(|s| s.counts(class))
                .all(|s| s.taken(now) < s.allowed(class))
    }

    /// How many requests of this class may leave now.
    #[must_use]
    pub fn room(&self, now: Nanos, class: Class) -> usize {
        if now < self.quiet_until(class) {
            return 0;
        }
        let windows = self.slots.iter().filter(|s| s.counts(class));
        let room = windows.map(|s| s.allowed(class).saturating_sub(s.taken(now)));
        room.min().unwrap_or(usize::MAX)
    }

    /// Each window with the slots that are taken in it.
    #[must_use]
    pub fn taken(&self, now: Nanos) -> Vec<(&Window, usize)> {
        self.slots.iter().map(|slots| (&slots.window, slots.taken(now))).collect()
    }

    /// The earliest time at which a request of this class may leave, as far as is known now; an
    /// answer may bring it forward or (a late one) back.
    #[must_use]
    pub fn next_free(&self, now: Nanos, class: Class) -> Nanos {
        let windows = self.slots.iter().filter(|s| s.counts(class));
        windows.map(|s| s.next_free(now, class)).fold(self.quiet_until(class).max(now), Nanos::max)
    }

    /// Takes a slot in every window that counts this class.
    pub fn take(&mut self, now: Nanos, class: Class, request: RequestId, arrival_max_ns: i64) {
        if self.probe.is_some() {
            self.probe = Some(now.plus(PROBE_NS));
        }
        for slots in self.slots.iter_mut().filter(|s| s.counts(class)) {
            slots.forget(now);
            if crate::planted!(WindowFromSending) {
                slots.closing.push_back(now.plus(slots.window.per_ns));
                continue;
            }
            let until = now.plus(arrival_max_ns).plus(slots.window.per_ns);
            slots.open.push_back((request, until));
        }
    }

    /// The request was answered: its slots free one window from now.
    pub fn closed(&mut self, now: Nanos, request: RequestId) {
        for slots in &mut self.slots {
            slots.forget(now);
            let Some(at) = slots.open.iter().position(|(open, _)| *open == request) else {
                continue;
            };
            slots.open.remove(at);
            if crate::planted!(SlotFreeAtReply) {
                continue;
            }
            slots.closing.push_back(now.plus(slots.window.per_ns));
        }
    }

    /// The request certainly never left us: its slots are free at once.
    pub fn withdrawn(&mut self, request: RequestId) {
        for slots in &mut self.slots {
            slots.open.retain(|(open, _)| *open != request);
        }
    }

    /// Takes over windows from another configuration: slots that are taken stay taken, a window
    /// that was not there before is full for its length after the last thing that is known.
    pub fn adapt(&mut self, descriptor: &Descriptor) {
        let same = self.slots.iter().map(|s| &s.window).eq(&descriptor.windows);
        if same {
            return;
        }
        let old = std::mem::take(&mut self.slots);
        let fresh = Self::new(descriptor);
        let longest = old.iter().max_by_key(|s| s.window.per_ns).cloned();
        self.slots = fresh.slots;
        for slots in &mut self.slots {
            let window = &slots.window;
            let like =
                |s: &&Slots| s.window.scope == window.scope && s.window.per_ns == window.per_ns;
            let Some(from) = old.iter().find(like).or(longest.as_ref()) else { continue };
            let stretch_ns = window.per_ns.saturating_sub(from.window.per_ns).max(0);
            let open = from.open.iter().map(|(id, until)| (*id, until.plus(stretch_ns)));
            slots.open = open.collect();
            slots.closing = from.closing.iter().map(|until| until.plus(stretch_ns)).collect();
        }
    }

    /// Slots of a window that were used before anything was recorded.
    pub fn used(&mut self, window: usize, n: u32, until: Nanos) {
        if let Some(slots) = self.slots.get_mut(window) {
            slots.closing.extend((0..n.min(slots.window.n)).map(|_| until));
            slots.closing.make_contiguous().sort_unstable();
        }
    }

    /// After a restart every unanswered request may have arrived as late as now.
    pub fn restarted(&mut self, now: Nanos, arrival_max_ns: i64) {
        for slots in &mut self.slots {
            for (_, until) in &mut slots.open {
                *until = (*until).max(now.plus(arrival_max_ns).plus(slots.window.per_ns));
            }
        }
    }

    /// Without a journal nobody knows what was sent: windows are full for their length. Those
    /// of a day are not: a first start would never trade on its first day, and what was sent on
    /// it before is for the broker to refuse.
    pub fn fill_all(&mut self, now: Nanos, arrival_max_ns: i64) {
        for slots in self.slots.iter_mut().filter(|s| s.window.per_ns <= FILLED_NS_MAX) {
            let until = now.plus(arrival_max_ns).plus(slots.window.per_ns);
            slots.closing = (0..slots.window.n).map(|_| until).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Descriptor;

    fn limiter(n: u32) -> Limiter {
        let windows = vec![Window { n, per_ns: SECOND_NS, scope: Scope::Orders }];
        Limiter::new(&Descriptor { windows, ..Descriptor::default() })
    }

    #[test]
    fn a_slot_frees_one_window_after_the_reply() {
        let mut lim = limiter(1);
        lim.take(Nanos(0), Class::New, RequestId(1), 5 * SECOND_NS);
        assert!(!lim.free(Nanos(0), Class::New));
        assert!(lim.free(Nanos(0), Class::Read));
        lim.closed(Nanos(300), RequestId(1));
        assert!(!lim.free(Nanos(SECOND_NS + 299), Class::New));
        assert_eq!(lim.next_free(Nanos(400), Class::New), Nanos(SECOND_NS + 300));
        assert!(lim.free(Nanos(SECOND_NS + 300), Class::New));
    }

    #[test]
    fn without_a_reply_it_frees_after_the_longest_arrival() {
        let mut lim = limiter(1);
        lim.take(Nanos(0), Class::New, RequestId(1), 5 * SECOND_NS);
        assert_eq!(lim.next_free(Nanos(1), Class::New), Nanos(6 * SECOND_NS));
        assert!(lim.free(Nanos(6 * SECOND_NS), Class::New));
    }

    #[test]
    fn long_windows_keep_a_reserve_for_cancels() {
        let windows = vec![Window { n: 40, per_ns: 60 * SECOND_NS, scope: Scope::All }];
        let mut lim = Limiter::new(&Descriptor { windows, ..Descriptor::default() });
        for n in 0..38 {
            assert!(lim.free(Nanos(0), Class::New));
            lim.take(Nanos(0), Class::New, RequestId(n), 0);
        }
        assert!(!lim.free(Nanos(0), Class::New));
        assert!(lim.free(Nanos(0), Class::Cancel));
    }
}
