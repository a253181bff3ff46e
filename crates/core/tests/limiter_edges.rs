//! Edges of the rate limiter that only an exact instant or an exact number shows.

use truefill_core::config::{Descriptor, Scope, Window};
use truefill_core::ids::RequestId;
use truefill_core::limiter::{Class, Limiter};
use truefill_core::time::{Nanos, SECOND_NS};

fn of(windows: &[(u32, i64, Scope)]) -> Limiter {
    let window = |(n, seconds, scope): &(u32, i64, Scope)| Window {
        n: *n,
        per_ns: seconds * SECOND_NS,
        scope: *scope,
    };
    let windows = windows.iter().map(window).collect();
    Limiter::new(&Descriptor { windows, ..Descriptor::default() })
}

fn at(seconds: i64) -> Nanos {
    Nanos(seconds * SECOND_NS)
}

#[test]
fn of_two_slots_in_a_long_window_one_is_for_cancels() {
    let mut limiter = of(&[(2, 60, Scope::Orders)]);
    assert_eq!(limiter.room(at(0), Class::New), 1);
    limiter.take(at(0), Class::New, RequestId(1), 0);
    assert!(!limiter.free(at(0), Class::New) && limiter.free(at(0), Class::Cancel));
    limiter.take(at(1), Class::Cancel, RequestId(2), 0);
    assert!(!limiter.free(at(1), Class::Cancel));
    // One frees at 60 s; the other still fills all that a new order may use.
    assert_eq!(limiter.next_free(at(60), Class::New), at(61));
    assert_eq!(limiter.next_free(at(60), Class::Cancel), at(60));
}

#[test]
fn room_is_what_is_left_and_none_in_silence() {
    let mut limiter = of(&[(3, 1, Scope::Orders), (2, 1, Scope::All)]);
    assert_eq!(limiter.room(at(0), Class::New), 2);
    limiter.take(at(0), Class::New, RequestId(1), SECOND_NS);
    assert_eq!(limiter.room(at(0), Class::New), 1);
    limiter.silent_until = at(5);
    assert_eq!(limiter.room(Nanos(at(5).0 - 1), Class::New), 0);
    assert_eq!(limiter.room(at(5), Class::New), 2, "silence ends at its instant");
    let unlimited = of(&[(3, 1, Scope::Reads)]);
    assert_eq!(unlimited.room(at(0), Class::New), usize::MAX, "no window counts it");
}

#[test]
fn what_never_left_frees_its_slots_at_once() {
    let mut limiter = of(&[(1, 1, Scope::Orders), (1, 1, Scope::All)]);
    limiter.take(at(0), Class::New, RequestId(1), SECOND_NS);
    assert!(!limiter.free(at(0), Class::New));
    limiter.withdrawn(RequestId(1));
    assert!(limiter.free(at(0), Class::New));
}

#[test]
fn a_long_day_leaves_no_more_behind_than_the_windows_hold() {
    let mut limiter = of(&[(5, 1, Scope::Orders)]);
    for n in 0..10_000 {
        let now = at(2 * i64::try_from(n).unwrap_or(0));
        limiter.take(now, Class::New, RequestId(n), SECOND_NS);
        limiter.closed(now, RequestId(n));
    }
    let slots = &limiter.slots[0];
    assert!(slots.open.len() + slots.closing.len() <= 5);
}

#[test]
fn without_a_journal_windows_are_full_but_those_of_a_day() {
    let mut limiter =
        of(&[(2, 1, Scope::Orders), (3, 3_600, Scope::Reads), (9, 3_601, Scope::All)]);
    limiter.fill_all(at(100), 2 * SECOND_NS);
    assert!(!limiter.free(at(100), Class::Cancel));
    assert_eq!(limiter.next_free(at(100), Class::Cancel), at(103));
    assert_eq!(limiter.next_free(at(100), Class::Read), at(3_702));
    let taken: Vec<usize> = limiter.slots.iter().map(|slots| slots.closing.len()).collect();
    assert_eq!(taken, [2, 3, 0]);
}
