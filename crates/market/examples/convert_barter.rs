//! Makes the demo data from the recording in the crate `barter`, so that anyone can repeat it:
//!
//! ```text
//! cargo run --release -p truefill-market --example convert_barter \
//!     < binance_spot_trades_l1_btcusdt_ethusdt_solusdt.json \
//!     > data/demo/barter_l1_3pairs.csv.gz
//! ```

use std::error::Error;
use std::io::{Write, stdin, stdout};

use flate2::{Compression, GzBuilder};
use truefill_market::demo;

fn main() -> Result<(), Box<dyn Error>> {
    // No file name and no time of making in the header: the same input gives the same bytes.
    let mut gz = GzBuilder::new().mtime(0).write(stdout().lock(), Compression::best());
    let dirt = demo::convert("standard input", stdin(), &mut gz)?;
    gz.finish()?.flush()?;
    eprintln!("{dirt}");
    Ok(())
}
