//! Freeze quantities that an exchange has taught by a refusal: no order may be larger. They are kept
//! beside the journal, since no interface of the broker tells them.
//!
//! Entry points: [`load`], [`Freezes`].
//!
//! Invariant: a file that cannot be read is an error, never an empty one.

use crate::error::NodeError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use truefill_core::ids::InstrumentId;
use truefill_core::num::Qty;

/// Name of the file.
const KEPT: &str = "freezes.json";
/// Longest file.
const BYTES_MAX: u64 = 1 << 20;

/// What was taught so far, by symbol.
///
/// # Errors
/// [`NodeError::Config`] for a file that is not as it was written.
pub fn load(dir: &Path) -> Result<BTreeMap<String, Qty>, NodeError> {
    let path = dir.join(KEPT);
    let wrong = |why: String| {
        NodeError::Config(format!(
            "{}: {why}; nothing was started; mend it, or remove it and let the exchange teach it \
             again",
            path.display()
        ))
    };
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(wrong(error.to_string())),
        Ok(meta) if meta.len() > BYTES_MAX => return Err(wrong("it is too large".to_owned())),
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let rows: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    rows.into_iter()
        .map(|(symbol, qty)| match qty.parse::<Qty>() {
            Ok(qty) if qty.0 > 0 => Ok((symbol, qty)),
            _ => Err(wrong(format!("`{qty}` of {symbol} is no quantity above zero"))),
        })
        .collect()
}

/// Keeps what is taught.
pub(crate) struct Freezes {
    dir: PathBuf,
    symbols: Vec<String>,
    /// Last kept, of this start.
    known: Mutex<BTreeMap<InstrumentId, Qty>>,
}

impl Freezes {
    /// In this folder; symbols as the instruments are numbered.
    pub fn new(dir: &Path, symbols: Vec<String>) -> Self {
        Self { dir: dir.to_owned(), symbols, known: Mutex::new(BTreeMap::new()) }
    }

    /// What has been taught, as the codec has it now. The news of it in words, when there is any.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, taught: &BTreeMap<InstrumentId, Qty>) -> Result<Option<String>, NodeError> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let news: Vec<(InstrumentId, Qty)> = taught
            .iter()
            .filter(|(id, qty)| known.get(*id) != Some(*qty))
            .map(|(id, qty)| (*id, *qty))
            .collect();
        if news.is_empty() {
            return Ok(None);
        }
        let mut all = load(&self.dir)?;
        let mut words = Vec::new();
        for (id, qty) in news {
            known.insert(id, qty);
            let symbol = self.symbols.get(id.ix()).cloned().unwrap_or_default();
            words.push(format!("the exchange takes at most {qty} of {symbol} in one order"));
            all.insert(symbol, qty);
        }
        let rows: BTreeMap<&String, String> =
            all.iter().map(|(symbol, qty)| (symbol, qty.to_string())).collect();
        let text = serde_json::to_string_pretty(&rows).unwrap_or_default();
        let (path, new) = (self.dir.join(KEPT), self.dir.join("freezes.new"));
        let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &path));
        written.map_err(|error| NodeError::io("freeze quantities", &path, &error))?;
        Ok(Some(words.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taught_is_news_once_and_survives() {
        let dir = std::env::temp_dir().join(format!("tf-freezes-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder");
        let freezes = Freezes::new(&dir, vec!["A".to_owned(), "B".to_owned()]);
        let mut taught = BTreeMap::from([(InstrumentId(1), Qty::whole(1_800))]);
        let words = freezes.keep(&taught).expect("kept").expect("news");
        assert!(words.contains("1800 of B"), "{words}");
        assert_eq!(freezes.keep(&taught).expect("kept"), None);
        taught.insert(InstrumentId(0), Qty::whole(75));
        freezes.keep(&taught).expect("kept").expect("news");
        let known = load(&dir).expect("read");
        let wanted = [("A".to_owned(), Qty::whole(75)), ("B".to_owned(), Qty::whole(1_800))];
        assert_eq!(known, BTreeMap::from(wanted));
        std::fs::write(dir.join(KEPT), "{\"A\": \"none\"}").expect("written");
        let error = load(&dir).expect_err("no number").to_string();
        assert!(error.contains("`none` of A"), "{error}");
        drop(std::fs::remove_dir_all(&dir));
    }
}
