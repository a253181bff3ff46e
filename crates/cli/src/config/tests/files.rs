//! Files on disk: what cannot be read, paths beside the configuration, target files.

use std::fs;
use std::path::{Path, PathBuf};
use truefill_market::columns::QuoteSpec;

use super::super::{MarketSpec, load};
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::Qty;
use truefill_core::time::Nanos;

const CONFIG: &str = r#"
[account]
currency = "USD"
[market]
quotes = "quotes.csv"
[[instrument]]
symbol = "AAA"
tick = "0.01"
lot = 1
[[instrument]]
symbol = "BBB"
tick = "0.01"
lot = 1
[strategy.one]
targets = "targets.csv"
symbols = ["BBB"]
[strategy.two]
targets = "targets.csv"
symbols = ["AAA"]
"#;
const QUOTES: &str = "time,symbol,bid_px,bid_qty,ask_px,ask_qty\n\
                      2025-01-02T00:00:00Z,AAA,1,5,1.01,5\n";
const TARGETS: &str = "time,strategy,symbol,target,price\n\
                       1735776000000000001,one,BBB,10,2.5\n\
                       1735776000000000002,two,AAA,-3,\n\
                       1735776000000000003,one,BBB,0,\n";

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("truefill-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The message for this configuration, with the folder's name taken out.
    fn refusal(&self, path: &Path) -> String {
        let text = load(path).unwrap_err().to_string();
        text.replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn paths_begin_at_the_configuration() {
    let folder = Folder::new("paths");
    folder.put("quotes.csv", QUOTES);
    folder.put("targets.csv", TARGETS);
    let setup = load(&folder.put("my.toml", CONFIG)).unwrap();
    assert_eq!(
        setup.market,
        MarketSpec::File { path: folder.0.join("quotes.csv"), spec: QuoteSpec::new() }
    );
    let tick = setup.open_market().unwrap().next().unwrap().unwrap();
    assert_eq!(tick.instrument, InstrumentId(0));
    let mut strategies = setup.open_strategies().unwrap();
    let mut out = Vec::new();
    strategies[0].on_time(Nanos::MAX, &mut out);
    strategies[1].on_time(Nanos::MAX, &mut out);
    let wanted: Vec<_> = out.iter().map(|wish| (wish.holding, wish.qty)).collect();
    let one = |at, qty| (HoldingId(at), Qty::whole(qty));
    assert_eq!(wanted, [one(0, 10), one(0, 0), one(1, -3)]);
    assert_eq!(out[0].px.map(|px| px.to_string()).as_deref(), Some("2.5"));
}

#[test]
fn a_target_file_must_fit() {
    let folder = Folder::new("targets");
    folder.put("quotes.csv", QUOTES);
    let path = folder.put("my.toml", CONFIG);
    let refusal = |targets: String| {
        folder.put("targets.csv", targets);
        let error = load(&path).unwrap().open_strategies().err().unwrap();
        error.to_string().replace(&format!("{}/", folder.0.display()), "")
    };
    assert_eq!(
        refusal(TARGETS.replace("one,BBB", "two,AAA").replace("two,AAA,10", "two,AAA,9")),
        "targets.csv: there is no row of strategy `one`; the column `strategy` must hold the \
         NAME of [strategy.NAME]; nothing was started"
    );
    assert_eq!(
        refusal(TARGETS.replace("two,AAA", "two,BBB")),
        "targets.csv: the row of 2025-01-02T00:00:00.000000002Z wants BBB, which is not among \
         `symbols` of strategy `two`; add it there or take the row out; nothing was started"
    );
    assert!(refusal(TARGETS.replace("two,", "tow,")).contains("did you mean `two`?"));
}

#[test]
fn a_file_that_is_not_there_is_named_by_its_key() {
    let folder = Folder::new("absent");
    let path = folder.put("my.toml", CONFIG);
    assert_eq!(
        folder.refusal(&path),
        "my.toml:5:10: market.quotes: there is no file `quotes.csv`\n  \
         allowed: \"demo\", or the path of a CSV file of quotes (plain or .gz)\n  \
         nothing was started; check the path; a relative one begins at the folder of the \
         configuration file"
    );
    folder.put("quotes.csv", QUOTES);
    assert!(folder.refusal(&path).starts_with("my.toml:15:11: strategy.one.targets: there is no"));
}

#[test]
fn what_is_not_a_text_file_is_refused() {
    let folder = Folder::new("text");
    assert_eq!(
        folder.refusal(&folder.0.join("gone.toml")),
        "gone.toml: cannot be read (No such file or directory (os error 2))\n  \
         nothing was started; check the path; examples/configs/demo.toml is a file to start from"
    );
    fs::create_dir_all(folder.0.join("folder.toml")).unwrap();
    let refusal = folder.refusal(&folder.0.join("folder.toml"));
    assert!(refusal.starts_with("folder.toml: cannot be read ("), "{refusal}");
    assert_eq!(
        folder.refusal(&folder.put("latin.toml", b"mode = 1\n# caf\xc3\xa9 caf\xe9")),
        "latin.toml:2:11: here is a byte that is not UTF-8 text\n  \
         nothing was started; save the file as UTF-8"
    );
    assert_eq!(
        folder.refusal(&folder.put("large.toml", vec![b'\n'; 1024 * 1024 + 1])),
        "large.toml: is larger than any configuration\n  allowed: 1048576 bytes\n  \
         nothing was started; check that this is the file you mean; market data go into files of \
         their own"
    );
}
