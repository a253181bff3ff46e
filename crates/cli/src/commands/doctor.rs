//! `truefill doctor`: everything that can be checked before going live.

use super::print;
use crate::args::Operate as Args;
use crate::config;
use crate::config::live::{needs, parse};
use crate::failure::{Done, Failure};
use serde_json::json;
use std::path::Path;
use truefill_node::clock::wall;
use truefill_node::doctor::{Finding, Grade, examine};
use truefill_node::instruments;

pub fn run(args: &Args) -> Done {
    let text = config::text(&args.config).map_err(Failure::input)?;
    let file = args.config.display().to_string();
    let base = args.config.parent().unwrap_or(Path::new(""));
    let needs = needs(&text, &file, base).map_err(Failure::input)?;
    let settings = &needs.place.settings;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::about("the runtime does not start", error))?;
    let findings = runtime.block_on(async {
        let listed = instruments::load(settings, &needs.symbols).await.map_err(Failure::input)?;
        let live = parse((&text, &file, base), &listed, wall()).map_err(Failure::input)?;
        let mut findings = vec![Finding {
            grade: Grade::Fine,
            what: "instruments",
            text: format!("{} symbols are listed", listed.len()),
            then: String::new(),
        }];
        findings.extend(examine(&live.config, settings).await);
        Ok::<_, Failure>(findings)
    })?;
    if args.json {
        let all: Vec<_> = findings.iter().map(Finding::json).collect();
        print(&json!({ "findings": all }).to_string())?;
    } else {
        findings.iter().try_for_each(|finding| print(&line(finding)))?;
    }
    match findings.iter().filter(|finding| finding.grade == Grade::Wrong).count() {
        0 => Ok(()),
        1 => Err(Failure::Wrong("one thing has to be mended before going live".to_owned())),
        more => Err(Failure::Wrong(format!("{more} things have to be mended before going live"))),
    }
}

fn line(finding: &Finding) -> String {
    let grade = match finding.grade {
        Grade::Fine => "fine ",
        Grade::Note => "note ",
        Grade::Wrong => "WRONG",
    };
    let then = if finding.then.is_empty() { String::new() } else { format!("; {}", finding.then) };
    format!("{grade}  {:<12} {}{then}", finding.what, finding.text)
}
