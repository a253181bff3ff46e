//! Renders pages to look at: `cargo run -p truefill-report --example preview [FOLDER]`.
//!
//! One file a page: a plausible week, the worked two days, every cause at once, numbers of
//! fifty digits, a gap that is tiny beside the profits, and a run in which nothing happened.

mod pages;
mod week;

use std::path::PathBuf;
use truefill_report::{csv, html, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    for (name, page) in pages::all()? {
        let page_text = html(&page);
        println!("{name}: {} bytes", page_text.len());
        std::fs::write(folder.join(format!("{name}.html")), page_text)?;
        std::fs::write(folder.join(format!("{name}.json")), json(&page))?;
        std::fs::write(folder.join(format!("{name}.csv")), csv(&page.gap))?;
    }
    Ok(())
}
