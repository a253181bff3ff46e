//! The broker's rate windows, counted at arrival on its own clock.
//!
//! Every arrival counts, refused ones included. An arrival exactly one length ago has left a
//! sliding window.
//!
//! Entry point: [`Limits::arrive`].

use std::collections::VecDeque;

use super::world::WindowKind;
use truefill_core::config::{Scope, Window};
use truefill_core::time::Nanos;

/// One window and what it has counted.
#[derive(Debug)]
struct Counter {
    window: Window,
    kind: WindowKind,
    /// Arrivals of the last length of the window, oldest first.
    recent: VecDeque<Nanos>,
    /// Number of the present fixed window, and arrivals in it.
    fixed: (i64, usize),
}

/// What one window says of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Position of the window in the descriptor.
    pub window: usize,
    /// Arrivals in the sliding window that ends with this one, itself included.
    pub sliding: usize,
    /// If it is too much: how long until the next one is accepted, in nanoseconds.
    pub over_ns: Option<i64>,
}

/// All windows.
#[derive(Debug)]
pub struct Limits {
    counters: Vec<Counter>,
}

impl Limits {
    /// Empty windows.
    pub fn new(windows: &[Window], kinds: &[WindowKind]) -> Self {
        let kind = |at: usize| kinds.get(at).copied().unwrap_or_default();
        let counters = windows.iter().enumerate().map(|(at, window)| Counter {
            window: window.clone(),
            kind: kind(at),
            recent: VecDeque::new(),
            fixed: (i64::MIN, 0),
        });
        Self { counters: counters.collect() }
    }

    /// Counts an arrival in every window that counts such requests.
    pub fn arrive(&mut self, clock: Nanos, read: bool) -> Vec<Counted> {
        let counters = self.counters.iter_mut().enumerate();
        let concerned = counters.filter(|(_, counter)| match counter.window.scope {
            Scope::All => true,
            Scope::Reads => read,
            Scope::Orders => !read,
        });
        concerned.map(|(window, counter)| counter.arrive(window, clock)).collect()
    }
}

impl Counter {
    fn arrive(&mut self, window: usize, clock: Nanos) -> Counted {
        let (n, per_ns) =
            (usize::try_from(self.window.n).unwrap_or(usize::MAX), self.window.per_ns);
        while self.recent.front().is_some_and(|first| first.plus(per_ns) <= clock) {
            self.recent.pop_front();
        }
        self.recent.push_back(clock);
        let sliding = self.recent.len();
        let number = clock.0.div_euclid(per_ns);
        let before = if self.fixed.0 == number { self.fixed.1 } else { 0 };
        self.fixed = (number, before + 1);
        let free_at = match self.kind {
            WindowKind::Sliding if sliding > n => self.recent.get(sliding - n).copied(),
            WindowKind::Fixed if before >= n => Some(Nanos(number.saturating_mul(per_ns))),
            _ => None,
        };
        Counted { window, sliding, over_ns: free_at.map(|t| t.plus(per_ns).since(clock)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(kind: WindowKind, arrivals: &[i64]) -> Vec<Option<i64>> {
        let window = Window { n: 2, per_ns: 100, scope: Scope::Orders };
        let mut limits = Limits::new(&[window], &[kind]);
        arrivals.iter().map(|at| limits.arrive(Nanos(*at), false)[0].over_ns).collect()
    }

    #[test]
    fn sliding_windows_have_no_seam() {
        // Two before and two after the seam at 100.
        let told = over(WindowKind::Sliding, &[90, 95, 101, 190, 201]);
        // The refused one counts: the next slot is free when 95 has left and not just 90.
        assert_eq!(told, [None, None, Some(94), Some(11), None]);
    }

    #[test]
    fn fixed_windows_have_one() {
        let told = over(WindowKind::Fixed, &[90, 95, 99, 101, 150, 199, 200]);
        assert_eq!(told, [None, None, Some(1), None, None, Some(1), None]);
    }

    #[test]
    fn what_is_told_to_wait_is_enough() {
        let window = Window { n: 3, per_ns: 1000, scope: Scope::All };
        for kind in [WindowKind::Sliding, WindowKind::Fixed] {
            let mut limits = Limits::new(std::slice::from_ref(&window), &[kind]);
            let (mut clock, mut refused) = (0, 0);
            for step in 0..200 {
                let counted = limits.arrive(Nanos(clock), step % 2 == 0)[0];
                clock += 37;
                if let Some(wait_ns) = counted.over_ns {
                    refused += 1;
                    clock += wait_ns - 37;
                    let next = limits.arrive(Nanos(clock), false)[0];
                    assert_eq!(next.over_ns, None, "{kind:?} at {clock}");
                }
            }
            assert!(refused > 10);
        }
    }

    #[test]
    fn scopes_are_separate() {
        let windows = [
            Window { n: 1, per_ns: 100, scope: Scope::Orders },
            Window { n: 1, per_ns: 100, scope: Scope::Reads },
        ];
        let mut limits = Limits::new(&windows, &[]);
        assert_eq!(limits.arrive(Nanos(0), false).len(), 1);
        assert_eq!(limits.arrive(Nanos(0), true)[0].window, 1);
        assert!(limits.arrive(Nanos(0), true)[0].over_ns.is_some());
    }
}
