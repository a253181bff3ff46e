//! Days that once broke a law, each for a reason of its own, and break none any more.

use truefill_swarm::first_violation;

/// A seed, and what was wrong when its day broke a law.
const ONCE_BROKEN: [(u64, &str); 38] = [
    (53_187, "a stop that had filled unheard counted as if the exit beside it were too large"),
    (61_526, "the books were closed over an order whose end no read had shown yet"),
    (63_649, "the broker forgot an execution before any read had shown its price"),
    (
        72_410,
        "what others did while the process was down was not explained, and a fill that took its place was taken from a strategy",
    ),
    (81_999, "a stop that had filled unheard, beside an unwinding"),
    (89_936, "a trade by hand, adopted beside a bust that nobody was told of"),
    (
        90_509,
        "a strategy's way out on a shared key followed its policy for entries and was given up again and again",
    ),
    (98_351, "an order that had been refused for sure had filled, and nobody was told"),
    (103_404, "many small parts take longer than the settling"),
    (111_968, "an order that was proven not to be there had filled, and nobody was told"),
    (130_159, "what was left to close of a strategy that had declared nothing"),
    (
        197_937,
        "an amend that was given up was in force after all: its order was looked up for ever",
    ),
    (257_938, "an adopted difference was an execution of ours that was not heard of yet"),
    (271_270, "wants of several strategies that net, with an order that rests"),
    (305_860, "the broker and the engine forgot an execution before its price was shown"),
    (317_936, "the message of a bust was lost, and the limit had been another one before"),
    (321_421, "a limit in money was taken at the price of the last look"),
    (180_929, "an execution of ours since a difference was booked that nobody could explain"),
    (196_688, "an execution from before a split that was learned of after it"),
    (416_602, "a second report of an execution moved it past a split in the ledger"),
    (405_410, "what follows the volume of the market and is a strategy's way out on a shared key"),
    (412_664, "cancels of orders that the broker called finished took the slots of their reads"),
    (351_998, "a trade by hand at the time of a fill of ours"),
    (375_711, "a burst of cancels took each slot that the read after a broken link waited for"),
    (
        496_052,
        "an order appeared after it was proven absent, a cancel found nothing, and the old proof ended it",
    ),
    (459_095, "the way out of a symbol that a split has frozen, with nobody to say its ratio"),
    (
        378_065,
        "an order refused for the rate worked after all, as a message said, and nobody was told",
    ),
    (551_534, "an order refused for the rate worked beside the one that took its place"),
    (520_642, "an order that was found again had been accepted before its release was told"),
    (568_953, "an order that was found again was never accepted in the ledger"),
    (531_363, "parts that rest in the market take longer than the settling"),
    (392_881, "a late fill was taken back from another strategy than the one that had adopted it"),
    (315_490, "a limit in money at the price of the close, with nothing that looked at it"),
    (
        598_823,
        "an execution that never happened took the place of one whose message was lost, at its price",
    ),
    (712_476, "an execution from before a split was taken back after it"),
    (736_216, "an execution known before a split, at a time of the exchange's clock after it"),
    (724_767, "an amend arrived after it was given up, and after the one sent in its place"),
    (839_250, "a buy left before a sell that had seemed too small to be traded"),
];

#[test]
fn days_that_once_broke_a_law_break_none() {
    for (seed, was) in ONCE_BROKEN {
        assert_eq!(first_violation(seed), None, "seed {seed}: {was}");
    }
}
