//! A rehearsal on the real file of every reader: the laws hold in every weather, whatever is wrong
//! with the data.

mod kit;

use kit::{folder, json, keeps_the_laws, repository, text};

/// A real file, how it is given, and what is wanted.
struct Reader {
    name: &'static str,
    file: &'static str,
    /// `--bars` or `--quotes`, and what the file does not say itself.
    flags: &'static [&'static str],
    targets: &'static str,
    /// Months of minutes take seconds a run.
    long: bool,
}

const READERS: [Reader; 11] = [
    Reader {
        name: "binance-futures",
        file: "book/binance_usdm_btcusdt_20240808.jsonl.gz",
        flags: &["--quotes", "--size-by", "shares", "--lot", "0.001"],
        targets: "2024-08-08T23:55:00Z,BTCUSDT,0.5\n2024-08-08T23:57:00Z,BTCUSDT,-0.5\n\
                  2024-08-08T23:59:00Z,BTCUSDT,0\n",
        long: false,
    },
    Reader {
        name: "binance-spot",
        file: "book/binance_spot_btcusdt_20240808.jsonl.gz",
        flags: &["--quotes", "--size-by", "shares", "--lot", "0.00001"],
        targets: "2024-08-08T23:55:00Z,BTCUSDT,0.5\n2024-08-08T23:57:00Z,BTCUSDT,0.2\n\
                  2024-08-08T23:59:00Z,BTCUSDT,0\n",
        long: false,
    },
    Reader {
        name: "bitstamp",
        file: "book/bitstamp_btcusd_l3_20150501_0000-0300.log.xz",
        flags: &["--quotes", "--symbol", "BTCUSD"],
        targets: "2015-05-01T00:30:00Z,BTCUSD,5\n2015-05-01T01:30:00Z,BTCUSD,-5\n\
                  2015-05-01T02:30:00Z,BTCUSD,0\n",
        long: false,
    },
    Reader {
        name: "taq",
        file: "book/us_equity_taq_quotes_20180102.csv.gz",
        flags: &["--quotes", "--symbol", "XXX"],
        targets: "2018-01-02T15:00:00Z,XXX,500\n2018-01-02T17:00:00Z,XXX,-500\n\
                  2018-01-02T20:00:00Z,XXX,0\n",
        long: false,
    },
    Reader {
        name: "fxcm",
        file: "book/fxcm_eurusd_quote_ticks_20140501.zip",
        flags: &[
            "--quotes",
            "--symbol",
            "EURUSD",
            "--assume-size",
            "1000000",
            "--lot",
            "1000",
            "--tick",
            "0.00001",
        ],
        targets: "2014-05-01T15:00:00Z,EURUSD,10000\n2014-05-01T17:00:00Z,EURUSD,0\n",
        long: false,
    },
    Reader {
        name: "lean-trade-bars",
        file: "bars/lean_coinbase_1m/btcusd_20180404_trade.zip",
        flags: &["--bars"],
        targets: "2018-04-04T16:00:00Z,BTCUSD,2\n2018-04-04T19:00:00Z,BTCUSD,0\n",
        long: false,
    },
    Reader {
        name: "lean-quote-bars",
        file: "bars/lean_coinbase_1m/btcusd_20180404_quote.zip",
        flags: &["--quotes"],
        targets: "2018-04-04T16:00:00Z,BTCUSD,2\n2018-04-04T19:00:00Z,BTCUSD,0\n",
        long: false,
    },
    Reader {
        name: "freqtrade",
        file: "bars/crypto_btc_pairs_5m_20180110-20180130.csv.gz",
        flags: &["--bars"],
        targets: "2018-01-12T16:00:00Z,ETH/BTC,10\n2018-01-13T19:00:00Z,ETH/BTC,0\n",
        long: true,
    },
    Reader {
        name: "spy-minutes",
        file: "bars/spy_1m_201103.csv.gz",
        flags: &[
            "--bars",
            "--symbol",
            "SPY",
            "--zone",
            "America/New_York",
            "--stamp",
            "close",
            "--decided",
            "close",
            "--session",
            "us_equities",
        ],
        targets: "2011-03-01T16:00:00Z,SPY,1000\n2011-03-01T19:00:00Z,SPY,0\n",
        long: true,
    },
    Reader {
        name: "perpetual-minutes",
        file: "bars/btc_perp_1m_20220101-20220201.csv.gz",
        flags: &[
            "--bars",
            "--symbol",
            "BTCUSDT",
            "--zone",
            "UTC",
            "--stamp",
            "open",
            "--decided",
            "close",
        ],
        targets: "2022-01-04T16:00:00Z,BTCUSDT,2\n2022-01-04T19:00:00Z,BTCUSDT,0\n",
        long: true,
    },
    Reader {
        name: "fx-minutes",
        file: "bars/usdjpy_1m_ask_201302.csv.gz",
        flags: &[
            "--bars",
            "--symbol",
            "USDJPY",
            "--zone",
            "UTC",
            "--stamp",
            "open",
            "--decided",
            "close",
            "--assume-volume",
            "100000",
        ],
        targets: "2013-02-04T16:00:00Z,USDJPY,20000\n2013-02-04T19:00:00Z,USDJPY,0\n",
        long: true,
    },
];

fn rehearse(reader: &Reader, faults: &str, seed: u64, orders: &mut u64) {
    let out = folder(&format!("reader-{}", reader.name));
    let targets = out.join("targets.csv");
    std::fs::write(&targets, format!("time,symbol,target\n{}", reader.targets)).expect("written");
    let data = repository("../shared/data").join(reader.file);
    let (seed, run) = (seed.to_string(), out.join("run"));
    let mut args = vec!["rehearse", "--targets", text(&targets), reader.flags[0], text(&data)];
    args.extend(&reader.flags[1..]);
    args.extend(["--faults", faults, "--seed", &seed, "--json", "--out", text(&run)]);
    let what = format!("{} {faults} {seed}", reader.name);
    let found = json(&args);
    keeps_the_laws(&found, &what);
    // Beyond what the broker declares, its limit can be hit by what arrives too late.
    assert!(found["rate_limit_hits"] == 0 || faults == "beyond", "{what}");
    *orders += found["orders"].as_u64().expect("a number");
    std::fs::remove_dir_all(&out).expect("its own folder");
}

fn is_there() -> bool {
    let there = repository("../shared/data").is_dir();
    if !there {
        println!("skipped: there is no ../shared/data");
    }
    there
}

#[test]
fn the_laws_hold_on_the_real_file_of_every_reader() {
    if !is_there() {
        return;
    }
    for reader in &READERS {
        let mut orders = 0;
        let weathers: &[&str] =
            if reader.long { &["storm"] } else { &["calm", "rough", "storm", "beyond"] };
        weathers.iter().for_each(|faults| rehearse(reader, faults, 1, &mut orders));
        assert!(orders > 0, "{}: nothing was traded", reader.name);
    }
}

/// Two hundred seeds of each, for a release build: most of an hour.
#[test]
#[ignore = "long: see CONTRIBUTING.md"]
fn the_laws_hold_on_every_reader_over_two_hundred_seeds() {
    if !is_there() {
        return;
    }
    for reader in &READERS {
        for faults in ["calm", "rough", "storm"] {
            let mut orders = 0;
            (1..=200).for_each(|seed| rehearse(reader, faults, seed, &mut orders));
            assert!(orders > 200, "{} {faults}: {orders} orders", reader.name);
        }
    }
}
