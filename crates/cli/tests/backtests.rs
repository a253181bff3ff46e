//! A newcomer with a backtest's own output: one command gives a report, and what the files leave
//! open is refused with the flag that settles it.

mod kit;

use kit::{folder, json, keeps_the_laws, refused, repository, text};

const US5: &str = "data/us5/us_5_stocks_wiki_2000-2013.csv.gz";

#[test]
fn three_libraries_are_rehearsed_in_one_command_each() {
    let out = folder("backtests");
    for (name, decided, orders) in
        [("vectorbt", "close", 200), ("backtestingpy", "open", 100), ("backtrader", "open", 200)]
    {
        let targets = format!("examples/backtests/{name}.csv");
        let dir = out.join(name);
        let run = json(&[
            "rehearse",
            "--targets",
            &targets,
            "--bars",
            US5,
            "--decided",
            decided,
            "--session",
            "us_equities",
            "--adjusted",
            "yes",
            "--json",
            "--out",
            text(&dir),
        ]);
        keeps_the_laws(&run, name);
        assert_eq!(run["grade"], "B", "{name}");
        assert!(run["orders"].as_u64() > Some(orders), "{name}: {}", run["orders"]);
        // The flags are a configuration that a person may keep: it is the same run.
        let config = dir.join("config.toml");
        let again = json(&["rehearse", text(&config), "--json", "--out", text(&out.join("again"))]);
        assert_eq!(run["state_digest"], again["state_digest"], "{name}");
        std::fs::remove_dir_all(out.join("again")).expect("its own folder");
    }
}

#[test]
fn every_ambiguity_is_refused_with_the_flag_that_settles_it() {
    let dir = folder("ambiguities");
    let put = |name: &str, content: &str| {
        let path = dir.join(name);
        std::fs::write(&path, content).expect("written");
        text(&path).to_owned()
    };
    let days = put("days.csv", "date,AAPL\n2012-01-04,100\n");
    let walls = put("walls.csv", "time,X\n2012-01-04 10:00,100\n");
    let weights = put("weights.csv", "time,X\n2012-01-04T10:00:00Z,0.5\n");
    let shares = put("shares.csv", "time,X\n2012-01-04T10:00:00Z,100\n");
    let late = put("late.csv", "time,X\n2022-01-04T10:00:00Z,100\n");
    let coins = put("coins.csv", "time,X\n2012-01-04T10:00:00Z,0.5\n2012-01-04T10:01:00Z,3\n");
    let trades = put("trades.csv", "date,symbol,side,qty\n2012-01-04,X,buy,5\n");
    let odd = put("odd.csv", "time,Y\n2012-01-04T10:00:00Z,100\n");
    let bars = put(
        "bars.csv",
        "time,symbol,open,high,low,close,volume\n\
         2012-01-04T09:59:00Z,X,10,10.1,9.9,10.05,1000\n\
         2012-01-04T10:00:00Z,X,10,10.1,9.9,10.05,1000\n\
         2012-01-04T10:01:00Z,X,10,10.1,9.9,10.05,1000\n\
         2012-01-04T10:02:00Z,X,10,10.1,9.9,10.05,1000\n",
    );
    let no_volume = put(
        "no_volume.csv",
        "time,symbol,open,high,low,close\n2012-01-04T09:59:00Z,X,10,10.1,9.9,10\n\
         2012-01-04T10:00:00Z,X,10,10.1,9.9,10\n2012-01-04T10:01:00Z,X,10,10.1,9.9,10\n",
    );
    let try_it = |targets: &str, more: &[&str], words: &[&str]| {
        refused(&[&["rehearse", "--targets", targets], more].concat(), words);
    };
    let open = ["--bars", bars.as_str(), "--stamp", "open"];
    try_it(&days, &[], &["add --bars FILE or --quotes FILE"]);
    try_it(&days, &["--bars", US5], &["days.csv:2:1", "add --decided close"]);
    try_it(&days, &["--bars", US5, "--decided", "close"], &["add --session us_equities"]);
    let session = ["--bars", US5, "--decided", "close", "--session", "us_equities"];
    try_it(&days, &session, &["--adjusted yes", "--adjusted no"]);
    try_it(&walls, &open, &["walls.csv:2:1", "add --zone"]);
    try_it(&shares, &["--bars", &bars], &["add --stamp open", "--stamp close"]);
    try_it(&weights, &open, &["--size-by shares", "--size-by weight --capital"]);
    try_it(&weights, &[&open[..], &["--size-by", "weight"]].concat(), &["add --capital"]);
    try_it(&coins, &open, &["add --lot"]);
    try_it(&trades, &open, &["list of trades", "examples/backtests"]);
    try_it(&odd, &open, &["no bar is of `Y`"]);
    try_it(&late, &open, &["nothing could be traded", "same time and zone"]);
    try_it(&shares, &["--bars", &no_volume, "--stamp", "open"], &["add --assume-volume"]);
    try_it(&shares, &[&open[..], &["--adjusted", "yes"]].concat(), &["no adjusted closes"]);
    refused(&["rehearse", "--bars", &bars], &["add --targets FILE"]);
}

#[test]
fn weights_and_money_are_sized_with_the_capital() {
    let dir = folder("sized");
    let targets = dir.join("w.csv");
    std::fs::write(&targets, "date,AAPL,IBM\n2012-01-04,0.5,-0.25\n2012-03-01,0,0\n")
        .expect("written");
    let run_dir = dir.join("run");
    let args = [
        "rehearse",
        "--targets",
        text(&targets),
        "--bars",
        US5,
        "--decided",
        "close",
        "--session",
        "us_equities",
        "--adjusted",
        "no",
        "--size-by",
        "weight",
        "--capital",
        "100000",
        "--json",
        "--out",
        text(&run_dir),
    ];
    let run = json(&args);
    keeps_the_laws(&run, "weights");
    // 50000 of AAPL at 413.44 and -25000 of IBM at 185.54, the closes of that day.
    let journal = run["journal"].as_str().expect("a path");
    let orders = kit::truefill(&["journal", "export", journal, "--what", "orders"]);
    let orders = kit::lossy(&orders.stdout);
    assert!(orders.contains(",120,") && orders.contains(",134,"), "{orders}");
    assert!(repository(US5).exists());
}
