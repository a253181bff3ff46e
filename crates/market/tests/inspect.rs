//! Every file of market data in the shared data is recognised and summed up. Skipped where those
//! files are not at hand.

use std::path::{Path, PathBuf};

use truefill_market::inspect::{Declared, Format, inspect};

fn root() -> PathBuf {
    match std::env::var_os("TRUEFILL_SHARED") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    }
}

/// File, form, usable rows, symbols, points assumed.
const FILES: [(&str, Format, u64, usize, usize); 24] = [
    ("bars/aapl_1m_20260729-20260806.csv.gz", Format::ColumnBars, 2_382, 1, 2),
    ("bars/btc_perp_1m_20220101-20220201.csv.gz", Format::ColumnBars, 45_031, 1, 3),
    ("bars/crypto_btc_pairs_5m_20180110-20180130.csv.gz", Format::ColumnBars, 57_546, 10, 0),
    ("bars/spy_1m_201103.csv.gz", Format::ColumnBars, 17_577, 1, 3),
    ("bars/usdjpy_1m_ask_201302.csv.gz", Format::ColumnBars, 28_761, 1, 2),
    ("bars/lean_coinbase_1m/btceur_20180404_quote.zip", Format::LeanQuotes, 1_438, 1, 2),
    ("bars/lean_coinbase_1m/btceur_20180404_trade.zip", Format::LeanTrades, 949, 1, 2),
    ("bars/lean_india/equity_india_daily_cccl.zip", Format::LeanDaily, 495, 1, 2),
    (
        "bars/lean_india/equity_india_minute_yesbank_20190709_trade.zip",
        Format::LeanTrades,
        377,
        1,
        2,
    ),
    (
        "bars/lean_india/index_india_minute_nifty50_20190101_trade.zip",
        Format::LeanTrades,
        378,
        1,
        2,
    ),
    ("book/barter_binance_spot_l1_trades_3pairs_20250325.jsonl.xz", Format::Barter, 50_000, 3, 0),
    ("book/binance_cm_ethusd_perp_20240808.jsonl.gz", Format::Binance, 17_544, 1, 0),
    ("book/binance_cm_ethusd_perp_20240809.jsonl.gz", Format::Binance, 21_614, 1, 0),
    ("book/binance_spot_btcusdt_20240808.jsonl.gz", Format::Binance, 37_797, 1, 0),
    ("book/binance_spot_btcusdt_20240809.jsonl.gz", Format::Binance, 55_281, 1, 0),
    ("book/bitstamp_btcusd_l3_20150501_0000-0300.log.xz", Format::Bitstamp, 3_657, 1, 0),
    ("book/fxcm_eurusd_quote_ticks_20140501.zip", Format::FxcmTicks, 47_062, 1, 3),
    ("book/us_equity_taq_quotes_20180102.csv.gz", Format::TaqQuotes, 66_695, 1, 0),
    ("book/us_equity_taq_trades_20180102.csv.gz", Format::TaqTrades, 39_470, 1, 0),
    ("daily/pse_a_2010-2021.csv.xz", Format::ColumnBars, 271_208, 129, 1),
    ("daily/sp500_index_1990-2022.csv.gz", Format::ColumnBars, 8_313, 1, 1),
    ("daily/us_20_stocks_adjclose_1990-2022.csv.gz", Format::ColumnBars, 166_260, 20, 1),
    ("daily/us_5_stocks_wiki_2000-2013.csv.gz", Format::ColumnBars, 12_154, 5, 1),
    ("daily/us_9_etfs_2006-2013.csv.gz", Format::ColumnBars, 14_959, 9, 1),
];

#[test]
fn every_file_is_recognised() {
    let mut wrong = Vec::new();
    for (file, format, rows, symbols, assumed) in FILES {
        let path = root().join("data").join(file);
        if !path.exists() {
            println!("skipped: {file} is not at hand");
            continue;
        }
        let summary = inspect(&path, &Declared::default()).unwrap();
        let seen = (summary.format, summary.rows, summary.symbols.len(), summary.assumed.len());
        println!("{file}\n{summary}");
        if seen != (format, rows, symbols, assumed) {
            wrong.push(format!("{file}: {seen:?}"));
        }
        let passed = summary.dirt.quotes + summary.dirt.trades + summary.dirt.bars;
        assert_eq!(passed, summary.rows, "{file}");
        assert_eq!(summary.symbols.iter().map(|held| held.rows).sum::<u64>(), rows, "{file}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_files_that_ship_are_recognised() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let demo = inspect(data.join("demo/barter_l1_3pairs.csv.gz"), &Declared::default()).unwrap();
    assert_eq!((demo.format, demo.rows, demo.assumed.len()), (Format::Ticks, 50_000, 0));
    let us5 = inspect(data.join("us5/us_5_stocks_wiki_2000-2013.csv.gz"), &Declared::default());
    let us5 = us5.unwrap();
    assert_eq!((us5.rows, us5.dirt.suspected_splits.count), (12_154, 3));
    assert!(us5.to_string().contains("assumed, because the file does not say when"), "{us5}");
}
