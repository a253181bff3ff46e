//! The best schedule that law 7 allows: what the queue is measured against.
//!
//! It knows the replies in advance: each write is sent as soon as it is ready and a slot is
//! free, with the round trip that was really observed. A slot is held until the reply plus the
//! window, as the law says.

use std::collections::VecDeque;
use truefill_core::config::{Scope, Window};
use truefill_core::time::Nanos;

/// A write as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Write {
    /// When its work was there.
    pub ready: Nanos,
    /// When it left.
    pub sent: Nanos,
    /// From leaving until the reply, or the longest arrival without one.
    pub held_ns: i64,
}

/// (observed, best) time in which work waited or was being sent, over all bursts, in
/// nanoseconds. A burst begins with work that is ready and ends with the last write before the
/// queue is empty.
pub(super) fn schedule(writes: &[Write], windows: &[Window]) -> (i64, i64) {
    let counted = windows.iter().filter(|w| w.scope != Scope::Reads);
    let mut slots: Vec<(usize, i64, VecDeque<Nanos>)> = counted
        .map(|w| (usize::try_from(w.n).unwrap_or(usize::MAX), w.per_ns, VecDeque::new()))
        .collect();
    let (mut observed, mut best) = (0, 0);
    let (mut from, mut last_sent, mut last_best) = (Nanos(0), Nanos(i64::MIN), Nanos(i64::MIN));
    for write in writes {
        if write.ready > last_sent {
            if last_sent.0 != i64::MIN {
                observed += last_sent.since(from);
                best += last_best.since(from);
            }
            from = write.ready;
        }
        let mut at = write.ready;
        for (n, _, taken) in &slots {
            if taken.len() >= *n {
                let mut frees: Vec<Nanos> = taken.iter().copied().collect();
                frees.sort_unstable();
                at = at.max(frees[taken.len() - n]);
            }
        }
        for (n, per_ns, taken) in &mut slots {
            taken.push_back(at.plus(write.held_ns).plus(*per_ns));
            // Only the n latest slots can still be in the way.
            while taken.len() > *n * 2 {
                taken.retain(|free| *free > at);
                if taken.len() > *n * 2 {
                    break;
                }
            }
        }
        (last_sent, last_best) = (write.sent, at);
    }
    if last_sent.0 != i64::MIN {
        observed += last_sent.since(from);
        best += last_best.since(from);
    }
    (observed, best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::time::SECOND_NS;

    #[test]
    fn a_burst_of_seven_at_three_a_second_takes_two_round_trips_and_windows() {
        let held_ns = SECOND_NS / 10;
        let write = Write { ready: Nanos(0), sent: Nanos(0), held_ns };
        let windows = [Window { n: 3, per_ns: SECOND_NS, scope: Scope::Orders }];
        let (_, best) = schedule(&[write; 7], &windows);
        assert_eq!(best, 2 * (SECOND_NS + held_ns));
    }
}
