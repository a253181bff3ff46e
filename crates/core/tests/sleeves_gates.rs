//! Several strategies on one key under the gates, policies and amends of each: what is of a
//! strategy holds for its part alone, what is of the key for all of them.

mod kit;

use kit::H;
use kit::desk::*;
use truefill_core::config::Config;
use truefill_core::config::{
    Basket, Funding, Holding, Peg, Policy, SizeBy, Span, Strategy as Who, Style,
};
use truefill_core::event::{Block, Event};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use truefill_core::input::{Adopt, Command, Enable, Input, Operator, Split, Target};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::order::Rule;
use truefill_core::order::shares::Share;
use truefill_core::time::{Nanos, SECOND_NS};

/// The instant at which the kit begins.
fn at(seconds: i64) -> Nanos {
    Nanos(1_000_000 * SECOND_NS).plus(seconds * SECOND_NS)
}

fn share(sleeve: SleeveId, units: i64) -> Share {
    Share { sleeve, qty: q(units) }
}

/// One request a second: the first order of C goes alone, the next is for all.
fn slow(config: Config) -> Config {
    let mut config = config;
    config.descriptor.windows[0].n = 1;
    config
}

/// One open order of 60, 30 and 10.
fn one_order(config: Config) -> Desk {
    let mut desk = Desk::new(slow(config));
    desk.want(C, 1);
    desk.want(A, 60);
    desk.want(B, 30);
    desk.want(C, 11);
    desk.fill_all();
    desk.wait(3);
    assert_eq!(desk.last_shares(), [share(A, 60), share(B, 30), share(C, 10)]);
    desk
}

fn gate(desk: &Desk) -> Block {
    desk.state().holding(H).staged.gate
}

fn admitted(desk: &Desk) -> Vec<Qty> {
    desk.state().holding(H).staged.sleeves.iter().map(|part| part.admitted).collect()
}

#[test]
fn an_order_is_amended_down_to_what_every_share_has_room_for() {
    let mut desk = one_order(amending());
    desk.want(A, 30);
    assert_eq!(desk.kit.cancels.len(), 0, "nothing is cancelled at a broker that amends");
    // Half of A's share is not wanted: the order keeps half, and every share half of its own.
    assert_eq!(desk.kit.amends.len(), 1);
    assert_eq!(desk.kit.amends[0].1.qty, q(50));
    desk.check(false);
    desk.wait(3);
    // What B and C lost with it is asked for again, for them alone.
    assert_eq!(desk.last_shares(), [share(B, 15), share(C, 5)]);
    desk.check(false);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(30), q(30), q(11)]);
    desk.check(false);
}

#[test]
fn fills_before_and_after_an_amend_end_at_the_shares_that_are_left() {
    let mut desk = one_order(amending());
    desk.fill(25);
    assert_eq!(desk.owns(), [q(15), q(8), q(1 + 2)]);
    desk.want(A, 30);
    assert_eq!(desk.kit.amends[0].1.qty, q(50), "what is filled counts");
    desk.fill(25);
    assert_eq!(desk.owns(), [q(30), q(15), q(1 + 5)]);
    desk.wait(3);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(30), q(30), q(11)]);
    desk.check(false);
}

#[test]
fn a_share_that_is_not_wanted_at_all_ends_the_order() {
    let mut desk = one_order(amending());
    desk.want(A, 0);
    assert_eq!((desk.kit.amends.len(), desk.kit.cancels.len()), (0, 1));
    desk.wait(5);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(0), q(30), q(11)]);
    desk.check(false);
}

#[test]
fn a_limit_trades_nothing_of_who_declared_nothing() {
    let mut config = shared();
    config.risk.position_qty_max = Some(q(10));
    let mut desk = Desk::new(config);
    desk.by_hand(100);
    desk.input(Input::Adopt(Adopt { holding: H, sleeve: B, qty: q(100), by: None }));
    desk.wait(60);
    assert!(desk.kit.sent.is_empty(), "B holds it and said nothing");
    desk.want(A, 30);
    desk.wait(60);
    assert!(desk.kit.sent.is_empty(), "the limit is used up, and A gets none of B's");
    assert_eq!(desk.owns(), [q(0), q(100), q(0)]);
    desk.want(B, 5);
    desk.fill_all();
    assert_eq!(desk.state().holding(H).own, q(10), "a declared target is bounded, all together");
    desk.check(false);
}

#[test]
fn hours_hold_back_the_strategy_they_belong_to() {
    let mut config = shared();
    config.strategies[0].entries = vec![Span { from: at(200), until: at(4_000) }];
    let mut desk = Desk::new(config);
    desk.want(A, 60);
    assert!(desk.kit.sent.is_empty());
    assert_eq!(gate(&desk), Block::Hours);
    desk.want(B, 30);
    assert_eq!(desk.last_shares(), [share(B, 30)]);
    assert_eq!(admitted(&desk), [q(0), q(30), q(0)]);
    desk.fill_all();
    desk.wait(200);
    assert_eq!(desk.last_shares(), [share(A, 60)], "its hours began");
    assert_eq!(gate(&desk), Block::Open);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(60), q(30), q(0)]);
}

#[test]
fn one_goes_flat_by_its_time_and_the_other_stays() {
    let mut config = shared();
    config.strategies[0].flats = vec![Span { from: at(300), until: at(4_000) }];
    let mut desk = Desk::new(config);
    desk.want(A, 60);
    desk.want(B, 30);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(60), q(30), q(0)]);
    for _ in 0..60 {
        desk.wait(5);
        desk.fill_all();
    }
    assert_eq!(desk.owns(), [q(0), q(30), q(0)]);
    assert_eq!(gate(&desk), Block::FlatBy);
    let gates = desk.state().holding(H).staged.sleeves.iter().map(|part| part.gate);
    assert_eq!(gates.collect::<Vec<_>>(), [Block::FlatBy, Block::Open, Block::Open]);
    desk.check(true);
}

#[test]
fn a_target_goes_out_of_date_for_its_strategy_alone_and_is_renewed_by_it() {
    let mut config = shared();
    config.strategies[0].valid_for_ns = Some(20 * SECOND_NS);
    let mut desk = Desk::new(config);
    desk.kit.has_quote = false;
    desk.want(A, 60);
    desk.want(B, 30);
    desk.wait(30);
    desk.kit.has_quote = true;
    desk.wait(1);
    desk.quote_again();
    assert_eq!(desk.last_shares(), [share(B, 30)], "A's is too old to be acted on");
    assert_eq!(gate(&desk), Block::Expired);
    desk.want(A, 60);
    assert_eq!(desk.last_shares(), [share(A, 60)]);
    let renewed = desk.kit.events.iter().filter_map(|(_, event)| match event {
        Event::TargetRenewed(e) => Some(e.sleeve),
        _ => None,
    });
    assert_eq!(renewed.collect::<Vec<_>>(), [Some(A)]);
    assert_eq!(desk.state().holding(H).sleeve(B).terms.decided, at(10), "B's is as old as it was");
}

#[test]
fn after_a_login_only_who_asks_for_it_waits_to_be_declared_again() {
    let mut config = shared();
    config.strategies[0].redeclare = true;
    let mut desk = Desk::new(config);
    desk.kit.has_quote = false;
    desk.want(A, 60);
    desk.want(B, 30);
    desk.input(Input::Operator(Operator { command: Command::Login, by: None }));
    desk.kit.has_quote = true;
    desk.wait(1);
    desk.quote_again();
    assert_eq!(desk.last_shares(), [share(B, 30)]);
    desk.want(A, 60);
    assert_eq!(desk.last_shares(), [share(A, 60)]);
}

#[test]
fn every_strategy_sizes_in_its_own_unit_against_its_own_capital() {
    let mut config = shared();
    let coins = |units: i64| Some(Amount(i128::from(units) * NANO * NANO));
    config.strategies[1].size_by = SizeBy::Weight;
    config.strategies[1].capital = coins(10_000);
    config.strategies[2].size_by = SizeBy::Notional;
    config.strategies[2].capital = coins(1_000);
    let mut desk = Desk::new(config);
    desk.want(A, 60);
    desk.want(B, 1);
    desk.want(C, 500);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(60), q(100), q(5)], "shares, all of 10000 and 500 at 100");
    desk.want(C, 2_000);
    desk.want(B, 1);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(60), q(100), q(5)], "C's capital is its own: 2000 is refused");
    assert!(desk.kit.alerts().contains(&"TARGET_REFUSED"));
}

#[test]
fn small_changes_are_small_for_each_strategy() {
    let mut config = shared();
    config.strategies[0].min_trade = Amount(1_000 * NANO * NANO);
    let mut desk = Desk::new(config);
    desk.want(A, 60);
    desk.fill_all();
    desk.want(A, 65);
    desk.want(B, 5);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(60), q(5), q(0)], "5 at 100 are worth nothing to A");
}

#[test]
fn an_order_follows_the_policy_of_its_largest_share() {
    let mut config = shared();
    let style = Style::PassiveThenCross;
    let passive =
        Policy { style, peg: Peg::Near, patience_ns: 30 * SECOND_NS, ..Policy::default() };
    config.strategies[0].entry = passive;
    let mut desk = Desk::new(slow(config));
    (desk.kit.bid, desk.kit.ask) = (100, 102);
    desk.want(C, 1);
    desk.want(A, 60);
    desk.want(B, 30);
    desk.fill_all();
    desk.wait(3);
    let released = |desk: &Desk| {
        let mut tickets = desk.kit.events.iter().rev().filter_map(|(_, event)| match event {
            Event::Released(e) => Some((e.ticket.rule, e.ticket.shares.clone())),
            _ => None,
        });
        tickets.next().expect("released")
    };
    assert_eq!(released(&desk), (Rule::Near, vec![share(A, 60), share(B, 30)]));
    desk.fill_all();
    desk.want(C, 2);
    desk.want(A, 70);
    desk.want(B, 60);
    desk.fill_all();
    desk.wait(3);
    assert_eq!(released(&desk), (Rule::Marketable, vec![share(A, 10), share(B, 30)]));
    desk.check(false);
}

#[test]
fn a_leg_of_a_basket_waits_although_another_strategy_trades_the_key() {
    let mut config = shared();
    let mut other = config.instruments[0].clone();
    other.symbol = "Y".into();
    config.instruments.push(other);
    let basket = Basket { imbalance_ppm_max: 1_000_000, funding: Funding::AfterSells };
    config.strategies[0].basket = Some(basket);
    config.holdings.push(Holding {
        instrument: InstrumentId(1),
        product: VenueText::EMPTY,
        sleeve: A,
        never_short: false,
        others: Vec::new(),
    });
    let mut desk = Desk::new(config);
    // A's other leg has to sell; nobody fills it.
    let target = |holding, units| {
        let (sleeve, qty, decided) = (A, q(units), at(10));
        Input::Target(Target {
            sleeve,
            holding,
            qty,
            decided,
            px: None,
            reopen: false,
            stop_px: None,
        })
    };
    desk.input(target(HoldingId(1), -10));
    desk.want(A, 60);
    desk.want(B, 30);
    assert_eq!(desk.last_shares(), [share(B, 30)], "A waits for what pays for it");
    assert_eq!(gate(&desk), Block::Funding);
}

#[test]
fn a_split_leaves_whole_lots_to_strategies_and_the_rest_at_the_mark() {
    let mut desk = Desk::new(shared());
    for (sleeve, units) in [(A, 4), (B, 3), (C, -1)] {
        desk.want(sleeve, units);
        desk.fill_all();
    }
    assert_eq!(desk.owns(), [q(4), q(3), q(-1)]);
    let before: Amount = desk.state().holding(H).sleeves.iter().map(|s| s.cash).sum();
    let value = |desk: &Desk| {
        let h = desk.state().holding(H);
        let mid = h.mark.as_ref().map_or(Px::ZERO, |mark| mark.mid());
        h.sleeves.iter().map(|s| s.cash + s.own.times(mid)).sum::<Amount>()
    };
    let worth = value(&desk);
    desk.kit.truth.position = q(1);
    desk.kit.has_quote = false;
    let instrument = InstrumentId(0);
    desk.kit.input(Input::Split(Split { instrument, ratio_num: 1, ratio_den: 4, by: None }));
    let h = desk.state().holding(H);
    assert_eq!(h.own, q(1), "six quarters are one, and a half that is paid out");
    // 1, 0.75 and -0.25, rounded down to 1, 0 and -1: the lot that is left is B's.
    assert_eq!(desk.owns(), [q(1), q(1), q(-1)]);
    assert_ne!(h.cash, before, "the half was paid");
    assert_eq!(value(&desk), worth, "units and marks change together");
    desk.check(true);
}

#[test]
fn a_switched_off_strategy_says_why_it_is_held_back() {
    let mut desk = Desk::new(shared());
    desk.input(Input::Enable(Enable { sleeve: B, on: false }));
    desk.want(B, 40);
    assert_eq!(gate(&desk), Block::Disabled);
    desk.want(A, 10);
    assert_eq!(desk.last_shares(), [share(A, 10)]);
    assert_eq!(admitted(&desk), [q(10), q(0), q(0)]);
}

#[test]
fn what_is_of_one_strategy_alone_is_refused_in_words() {
    let mut config = shared();
    config.strategies[1].entry.min_fill_ppm = 500_000;
    let told = config.check().expect_err("fills come together");
    assert!(told.contains("min_fill") && told.contains("several strategies"), "{told}");
    config.holdings[0].others.clear();
    assert_eq!(config.check(), Ok(()), "alone it may");

    let mut desk = Desk::new(shared());
    let (holding, decided, stop_px) = (H, desk.kit.now, Some(Px::whole(90)));
    let (sleeve, qty, px, reopen) = (A, q(10), None, false);
    desk.input(Input::Target(Target { sleeve, holding, qty, decided, px, reopen, stop_px }));
    assert!(desk.kit.sent.is_empty());
    let told = desk.kit.events.iter().any(
        |(_, event)| matches!(event, Event::Alert(alert) if alert.text.contains("protective stop")),
    );
    assert!(told);
}

#[test]
fn patience_of_one_is_not_begun_again_by_another() {
    let mut config = shared();
    let style = Style::PassiveThenCross;
    let passive =
        Policy { style, peg: Peg::Near, patience_ns: 30 * SECOND_NS, ..Policy::default() };
    config.strategies.iter_mut().for_each(|who: &mut Who| who.entry = passive.clone());
    let mut desk = Desk::new(config);
    (desk.kit.bid, desk.kit.ask) = (100, 102);
    desk.want(A, 60);
    let begun = desk.state().holding(H).begun;
    for units in 1..6 {
        desk.wait(7);
        desk.want(B, units);
    }
    assert_eq!(desk.state().holding(H).begun, begun, "A waits no longer than its policy says");
}
