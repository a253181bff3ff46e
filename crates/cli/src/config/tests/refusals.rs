//! The exact words of refusals, from `refusals.txt`, and what the table cannot say.

use super::{FULL, read};

const GOLDEN: &str = include_str!("refusals.txt");

/// Lines that stand in [`FULL`], what they become, and the words that refuse it.
struct Case {
    from: String,
    to: String,
    words: String,
}

fn cases() -> Vec<Case> {
    let blocks = GOLDEN.trim_end().split("\n\n").filter(|block| !block.starts_with('#'));
    let case = |block: &str| {
        let part = |sign: &str| {
            let lines = block.lines().filter_map(|line| line.strip_prefix(sign));
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        let words = block.lines().filter(|line| !line.starts_with(['-', '+']));
        let words = words.collect::<Vec<_>>().join("\n");
        Case { from: part("- "), to: part("+ "), words }
    };
    blocks.map(case).collect()
}

#[test]
fn every_mistake_gets_its_words() {
    let cases = cases();
    assert!(cases.len() > 50, "{}", cases.len());
    if std::env::var_os("TRUEFILL_GOLDEN").is_some_and(|value| value == "write") {
        write(&cases);
    }
    for Case { from, to, words } in cases {
        let found = FULL.matches(from.as_str()).count();
        assert_eq!(found, 1, "these lines stand {found} times:\n{from}");
        match read(&FULL.replacen(&from, &to, 1)) {
            Ok(_) => panic!("this was accepted:\n{to}"),
            Err(error) => assert_eq!(error.to_string(), words, "for\n{to}"),
        }
    }
}

/// Writes the words as they are now; what they say is for whoever wrote them to read.
fn write(cases: &[Case]) {
    let mut out = String::new();
    for line in GOLDEN.lines().take_while(|line| line.starts_with('#')) {
        out.push_str(line);
        out.push('\n');
    }
    for Case { from, to, .. } in cases {
        let Err(error) = read(&FULL.replacen(from.as_str(), to, 1)) else { continue };
        out.push('\n');
        from.lines().for_each(|line| out.push_str(&format!("- {line}\n")));
        to.lines().for_each(|line| out.push_str(&format!("+ {line}\n")));
        out.push_str(&format!("{error}\n"));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/tests/refusals.txt");
    std::fs::write(path, out).unwrap();
}

/// The first line of the refusal of a text.
fn first_line(text: &str) -> String {
    let words = read(text).unwrap_err().to_string();
    words.lines().next().unwrap().to_owned()
}

#[test]
fn missing_sections_are_named() {
    assert_eq!(first_line(""), "my.toml:1:1: account: this key is missing");
    let text = "[account]\ncurrency = \"USD\"\n";
    assert_eq!(first_line(text), "my.toml:1:1: market: this key is missing");
    let text = format!("{text}[market]\nquotes = \"demo\"\n");
    assert_eq!(first_line(&text), "my.toml:1:1: strategy: this key is missing");
    let text = format!("{text}[strategy]\n");
    assert_eq!(first_line(&text), "my.toml:5:2: strategy: there is no strategy");
}

#[test]
fn a_file_of_quotes_needs_its_instruments() {
    // Any file will do: it is opened only when it is read.
    let quotes = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").replace('\\', "/");
    let text = FULL.replace("\"demo\"", &format!("{quotes:?}"));
    let from = text.find("[[instrument]]").unwrap();
    let to = text.find("[strategy.fast]").unwrap();
    let without = format!("{}{}", &text[..from], &text[to..]);
    assert_eq!(first_line(&without), "my.toml:1:1: instrument: this key is missing");
    assert_eq!(
        first_line(&text),
        "my.toml:25:23: strategy.fast.symbols[1]: `SOLUSDT` is not an instrument of this \
         configuration"
    );
    let no_lot = text.replace("lot = \"0.00001\"\n", "");
    assert_eq!(first_line(&no_lot), "my.toml:15:1: instrument[0].lot: this key is missing");
    let twice = format!("{text}[[instrument]]\nsymbol = \"BTCUSDT\"\n");
    assert_eq!(
        first_line(&twice),
        "my.toml:68:10: instrument[1].symbol: `BTCUSDT` is declared twice"
    );
}

#[test]
fn an_entry_wider_than_the_risk_collar_is_refused_at_the_narrower() {
    let text = FULL.replace("bps = 5, min_ticks = 2", "bps = 500");
    let words = "entries of `fast` reach 500 bps beyond the far touch, and the risk collar ends";
    let at = "my.toml:48:14: risk.collar_bps";
    assert!(first_line(&text).starts_with(&format!("{at}: {words} 300 bps")));
    let text = text.replace("collar_bps = 300\n", "");
    let at = "my.toml:33:10: strategy.fast.entry.collar";
    assert!(first_line(&text).starts_with(&format!("{at}: {words} 500 bps")));
}

#[test]
fn text_of_a_file_cannot_write_to_a_terminal() {
    let odd = FULL.replace("\"BTCUSDT\", \"SOL", "\"a\\u001b[2J\", \"SOL");
    assert_eq!(
        first_line(&odd),
        "my.toml:25:12: strategy.fast.symbols[0]: `a\\u{1b}[2J` is not an instrument of this \
         configuration"
    );
    assert_eq!(
        first_line("\"\\u001b[2J\" = 1"),
        "my.toml:1:1: \"\\u{1b}[2J\": there is no such key"
    );
    let long = format!("{} = 1", "x".repeat(1000));
    assert!(first_line(&long).len() < 120);
}

#[test]
fn columns_count_characters() {
    let text = FULL.replace("name = \"mine\"", "name = \"\u{fc}\u{df}\" ; broker = 1");
    assert!(first_line(&text).starts_with("my.toml:3:13: this is not TOML: "), "{text}");
}
