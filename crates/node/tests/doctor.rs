//! What the doctor finds, against a box over real sockets: one test for each thing that can be wrong.

#![cfg(unix)]

mod kit;

use kit::{Setup, live, open_box_with, place, put_token, setup};
use std::collections::BTreeSet;
use truefill_box::desk::Options;
use truefill_core::ids::{HoldingId, SleeveId, VenueText};
use truefill_core::num::{Px, Qty};
use truefill_node::doctor::{Finding, Grade, examine, instruments};
use truefill_node::feed::Hold;
use truefill_node::settings::Mode;
use truefill_venue::kite::{Limits, descriptor};

const INFY: &str = "NSE:INFY";
const BEFORE: i64 = 1_795_000_000_000_000_000;
const NOW: i64 = BEFORE + 1;
const FUTURE: &str = "NFO:INFY26DECFUT";

/// The strategy holds this from the start.
fn hold(setup: &mut Setup, wishes: &[i64]) {
    let wish = |(id, qty): (u32, &i64)| (HoldingId(id), Qty::whole(*qty));
    let wishes = (0..).zip(wishes).map(wish).collect();
    setup.job.holds = vec![Hold { sleeve: SleeveId(1), wishes, after_ns: 0 }];
    setup.job.targets.clear();
}

/// A box with so much money, and a node for these symbols with the broker's promises.
async fn with_cash(name: &str, cash: i64, symbols: &[&str]) -> (truefill_box::net::Ready, Setup) {
    let ready = open_box_with(Options { cash, ..Options::default() }).await;
    let mut setup = setup(name, &ready, symbols);
    setup.job.config.descriptor = descriptor(&Limits::default());
    (ready, setup)
}

fn about<'a>(found: &'a [Finding], what: &str) -> Vec<(Grade, &'a str)> {
    let own = found.iter().filter(|finding| finding.what == what);
    own.map(|finding| (finding.grade, finding.text.as_str())).collect()
}

fn one<'a>(found: &'a [Finding], what: &str) -> (Grade, &'a str) {
    let own = about(found, what);
    assert_eq!(own.len(), 1, "{what}: {found:#?}");
    own[0]
}

#[test]
fn an_account_that_is_ready_has_nothing_wrong() {
    live(async {
        let (_ready, mut setup) = with_cash("fine", 1_000_000, &[INFY]).await;
        hold(&mut setup, &[10]);
        let found = examine(&setup.job).await;
        let wrong: Vec<_> = found.iter().filter(|f| f.grade == Grade::Wrong).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let (grade, text) = one(&found, "margin");
        assert_eq!(grade, Grade::Fine, "{text}");
        assert!(text.starts_with("the first basket (1 orders) needs 3"), "{text}");
        assert!(text.ends_with("free 1000000"), "{text}");
        let (grade, text) = one(&found, "limits");
        assert_eq!(grade, Grade::Fine);
        assert!(text.contains("10 a second, 400 a minute, 5000 a day"), "{text}");
        let (grade, text) = one(&found, "alerts");
        assert_eq!(grade, Grade::Fine);
        assert!(text.contains("alerts.jsonl"), "{text}");
    });
}

#[test]
fn a_basket_that_the_funds_do_not_cover_is_wrong_live_and_a_note_on_paper() {
    live(async {
        let (_ready, mut setup) = with_cash("short", 1_000, &[INFY]).await;
        hold(&mut setup, &[10]);
        let found = examine(&setup.job).await;
        let (grade, text) = one(&found, "margin");
        assert_eq!(grade, Grade::Wrong, "{text}");
        assert!(text.ends_with("free 1000"), "{text}");
        setup.job.settings.mode = Mode::Paper;
        let found = examine(&setup.job).await;
        assert_eq!(one(&found, "margin").0, Grade::Note);
        assert!(about(&found, "limits").is_empty(), "paper has windows of its own");
    });
}

#[test]
fn what_is_held_already_needs_nothing() {
    live(async {
        let (ready, mut setup) = with_cash("held", 1_000_000, &[INFY]).await;
        hold(&mut setup, &[10]);
        let form = "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&quantity=10&product=MIS&\
                    order_type=MARKET&market_protection=-1&validity=DAY";
        let placed = place(&ready, form).await;
        assert_eq!(placed["status"], "success", "{placed}");
        let mut last = Vec::new();
        let looks = async {
            loop {
                last = examine(&setup.job).await;
                if one(&last, "margin") == (Grade::Fine, "the first basket is held already") {
                    return;
                }
            }
        };
        let done = tokio::time::timeout(kit::PATIENCE, looks).await;
        assert!(done.is_ok(), "{last:#?}");
        assert!(one(&last, "positions").1.starts_with("10 of NSE:INFY MIS"), "{last:#?}");
    });
}

#[test]
fn the_newest_rows_of_a_target_file_are_the_first_basket() {
    live(async {
        let (_ready, setup) = with_cash("rows", 1_000_000, &[INFY, FUTURE]).await;
        let path = &setup.job.targets[0].path;
        let found = examine(&setup.job).await;
        assert!(one(&found, "targets").1.ends_with("is not there yet"));
        assert_eq!(one(&found, "margin").0, Grade::Note);
        let rows = format!(
            "time,strategy,symbol,target,price\n{BEFORE},mine,{INFY},900000,\n{NOW},mine,{INFY},4,\n\
             {NOW},other,{INFY},900000,\n{NOW},mine,{FUTURE},500,\n"
        );
        std::fs::write(path, rows).expect("written");
        let found = examine(&setup.job).await;
        let (grade, text) = one(&found, "targets");
        assert_eq!(grade, Grade::Wrong);
        let said = "the target 500 of NFO:INFY26DECFUT is no multiple of its lot, which is 400";
        assert_eq!(text, said);
        let whole = format!("time,strategy,symbol,target,price\n{NOW},mine,{INFY},4,\n");
        std::fs::write(path, whole).expect("written");
        let found = examine(&setup.job).await;
        let (grade, text) = one(&found, "margin");
        assert_eq!(grade, Grade::Fine, "{text}");
        assert!(text.starts_with("the first basket (1 orders) needs 12"), "{text}");
        std::fs::write(path, "this is no target file\n").expect("written");
        assert_eq!(one(&examine(&setup.job).await, "targets").0, Grade::Wrong);
    });
}

#[test]
fn limits_of_the_file_are_held_against_the_broker_s_and_the_targets() {
    live(async {
        let (_ready, mut setup) = with_cash("limits", 1_000_000, &[INFY]).await;
        hold(&mut setup, &[10]);
        let windows = &mut setup.job.config.descriptor.windows;
        windows[0].n = 50;
        windows.remove(1);
        setup.job.config.risk.position_qty_max = Some(Qty::whole(3));
        setup.job.config.risk.position_notional_max = Some(Qty::whole(1).times(Px::whole(1_000)));
        let found = examine(&setup.job).await;
        let limits = about(&found, "limits");
        assert_eq!(
            limits[0],
            (Grade::Wrong, "50 orders a second are allowed; the broker takes 10")
        );
        assert_eq!(
            limits[1],
            (Grade::Wrong, "nothing limits the orders of a minute; the broker takes 400")
        );
        assert_eq!(
            limits[2],
            (Grade::Note, "the target 10 of NSE:INFY is above position_qty_max, 3")
        );
        assert!(limits[3].1.contains("above position_notional_max, 1000"), "{limits:?}");
    });
}

#[test]
fn intraday_bars_are_a_note_only_where_something_is_traded_intraday() {
    live(async {
        let (_ready, mut setup) = with_cash("mis", 1_000_000, &[INFY]).await;
        hold(&mut setup, &[10]);
        let found = examine(&setup.job).await;
        let (grade, text) = one(&found, "intraday");
        assert_eq!(grade, Grade::Note);
        assert!(text.starts_with("1 symbols are traded intraday (MIS), as NSE:INFY"), "{text}");
        setup.job.config.holdings[0].product = VenueText::new("CNC").expect("short");
        let found = examine(&setup.job).await;
        assert!(about(&found, "intraday").is_empty());
        // All of it is paid for: no leverage.
        assert!(one(&found, "margin").1.starts_with("the first basket (1 orders) needs 15"));
    });
}

#[test]
fn an_alert_file_that_cannot_be_written_is_wrong() {
    live(async {
        let (_ready, setup) = with_cash("alerts", 1_000_000, &[INFY]).await;
        let path = setup.job.settings.dir.join("alerts.jsonl");
        std::fs::create_dir_all(&path).expect("a folder in its place");
        let found = examine(&setup.job).await;
        let (grade, text) = one(&found, "alerts");
        assert_eq!(grade, Grade::Wrong);
        assert!(text.contains("cannot be written"), "{text}");
    });
}

#[test]
fn a_dead_token_and_a_broker_that_is_not_there_are_told_apart() {
    live(async {
        let (_ready, mut setup) = with_cash("dead", 1_000_000, &[INFY]).await;
        put_token(&setup.job.settings.token_file, "nobodystoken");
        let found = examine(&setup.job).await;
        assert_eq!(one(&found, "token").0, Grade::Wrong);
        // Nobody listens at a port that was just given back.
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        setup.job.settings.rest.port = port.local_addr().expect("bound").port();
        drop(port);
        let found = examine(&setup.job).await;
        let (grade, text) = one(&found, "broker");
        assert_eq!(grade, Grade::Wrong);
        assert!(text.starts_with("there is no connection to 127.0.0.1:"), "{text}");
    });
}

#[test]
fn a_lot_a_tick_and_a_symbol_that_changed_since_the_last_start_are_told() {
    live(async {
        let (_ready, setup) = with_cash("lots", 1_000_000, &[INFY]).await;
        let settings = &setup.job.settings;
        let symbols: BTreeSet<String> = [INFY, FUTURE].map(str::to_owned).into();
        let (rows, found) = instruments(settings, &symbols).await.expect("listed");
        assert_eq!((rows.len(), found.len()), (2, 1), "{found:#?}");
        assert!(!settings.dir.join("instruments.csv").exists(), "the doctor keeps nothing");
        let kept = "instrument_token,tradingsymbol,expiry,tick_size,lot_size,instrument_type,\
                    segment,exchange\n408065,INFY,,0.5,1,EQ,NSE,NSE\n\
                    1,INFY26DECFUT,,0.05,300,FUT,NFO-FUT,NFO\n2,GONE,,0.05,1,EQ,NSE,NSE\n";
        std::fs::create_dir_all(&settings.dir).expect("a folder");
        std::fs::write(settings.dir.join("instruments.csv"), kept).expect("written");
        let with_gone: BTreeSet<String> = [INFY, FUTURE, "NSE:GONE"].map(str::to_owned).into();
        for _ in 0..2 {
            // Told again until a start has taken it.
            let (rows, found) = instruments(settings, &with_gone).await.expect("known");
            assert_eq!(rows.len(), 3);
            let told = about(&found, "instruments");
            let has = |grade, text: &str| {
                assert!(
                    told.iter().any(|row| row.0 == grade && row.1.starts_with(text)),
                    "{told:?}"
                );
            };
            has(Grade::Fine, "2 of 3 symbols are listed");
            has(Grade::Note, "the lot of NFO:INFY26DECFUT was 300 and is 400");
            has(Grade::Note, "the tick of NSE:INFY was 0.5 and is 0.");
            has(Grade::Wrong, "NSE:GONE was listed at the last start");
        }
        let never: BTreeSet<String> = ["NSE:NEVER".to_owned()].into();
        let why = instruments(settings, &never).await.expect_err("never listed").to_string();
        assert!(why.contains("NSE:NEVER") && why.contains("not in the broker's list"), "{why}");
    });
}
