//! `truefill backtest`: fills at the strategy's own decision prices. The hypothesis, nothing
//! more: no queue, no broker, no spread.

use super::print;
use crate::args::Backtest;
use crate::config;
use crate::failure::{Done, Failure};
use crate::progress::Watched;
use crate::rundir::RunDir;
use crate::summary;
use serde_json::{Map, Value, json};
use std::time::Instant;
use truefill_sim::backtest;

pub fn run(args: &Backtest) -> Done {
    let began = Instant::now();
    let setup = config::load(&args.config).map_err(Failure::input)?;
    let quotes = setup.open_market().map_err(Failure::input)?;
    let mut quotes = Watched::new(quotes, "backtest");
    let strategies = setup.open_strategies().map_err(Failure::input)?;
    let dir = args.out.as_deref().map(|out| RunDir::create(out, false)).transpose()?;
    let done = backtest::run(&setup.config, &mut quotes, strategies).map_err(Failure::input)?;
    let wall = i64::try_from(began.elapsed().as_nanos()).unwrap_or(i64::MAX);
    let positions: Map<String, Value> = setup
        .config
        .holdings
        .iter()
        .zip(&done.positions)
        .map(|(key, qty)| {
            let symbol = setup.config.instruments[key.instrument.ix()].symbol.clone();
            (symbol, json!(qty.to_string()))
        })
        .collect();
    let gap = &done.gap;
    let causes: Map<String, Value> =
        gap.causes().iter().map(|(c, a)| (c.label().to_owned(), json!(a.to_string()))).collect();
    let document = json!({
        "name": args.config.file_stem().map(|s| s.to_string_lossy()),
        "theory_pnl": gap.theory_pnl().to_string(),
        "live_pnl": gap.live_pnl().to_string(),
        "gap": gap.gap().to_string(),
        "residual": gap.residual().to_string(),
        "causes": causes,
        "grade": "A",
        "orders": done.trades,
        "fills": done.trades,
        "requests": 0,
        "rate_limit_hits": 0,
        "unknown_outcomes": 0,
        "drifts": 0,
        "max_overshoot": "0",
        "final_positions": {"engine": &positions, "broker": &positions},
        "events": 0,
        "send_seconds": "0",
        "least_send_seconds": "0",
        "wall_seconds": summary::seconds(wall),
        "journal": Value::Null,
        "state_digest": Value::Null,
        "synthetic": setup.is_synthetic(),
    });
    if let Some(dir) = &dir {
        dir.files().ledger(&done.ledger)?;
        dir.files().text("report.json", &document.to_string())?;
    }
    if args.json {
        return print(&document.to_string());
    }
    print(&format!(
        "{}\nbacktest at the strategy's own prices: {} {} in {} trades\nnext: truefill rehearse {}",
        setup.data_words(),
        summary::cents(gap.theory_pnl()),
        setup.currency,
        done.trades,
        args.config.display()
    ))
}
