//! Days that once broke a law, each for a reason of its own, and break none any more.

use truefill_swarm::first_violation;

/// A seed, and what was wrong when its day broke a law.
const ONCE_BROKEN: [(u64, &str); 5] = [
    (53_187, "a stop that had filled unheard counted as if the exit beside it were too large"),
    (61_526, "the books were closed over an order whose end no read had shown yet"),
    (63_649, "the broker forgot an execution before any read had shown its price"),
    (
        72_410,
        "what others did while the process was down was not explained, and a fill that took \
              its place was taken from a strategy",
    ),
    (81_999, "a stop that had filled unheard, beside an unwinding"),
];

#[test]
fn days_that_once_broke_a_law_break_none() {
    for (seed, was) in ONCE_BROKEN {
        assert_eq!(first_violation(seed), None, "seed {seed}: {was}");
    }
}
