//! `truefill doctor`: everything that can be checked before going live.

use super::live_job::job_of;
use super::print;
use super::secret::of_postbacks;
use crate::args::Operate as Args;
use crate::config;
use crate::config::live::{needs, parse};
use crate::failure::{Done, Failure};
use serde_json::json;
use std::path::Path;
use truefill_node::clock::wall;
use truefill_node::doctor::{Finding, Grade, examine, instruments};

pub fn run(args: &Args) -> Done {
    let text = config::text(&args.config).map_err(Failure::input)?;
    let file = args.config.display().to_string();
    let base = args.config.parent().unwrap_or(Path::new(""));
    let needs = needs(&text, &file, base).map_err(Failure::input)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::about("the runtime does not start", error))?;
    let (findings, ended) = runtime.block_on(async {
        let listed = instruments(&needs.place.settings, &needs.symbols).await;
        let (listed, mut findings) = listed.map_err(Failure::input)?;
        // A lot that changed may be why the file cannot be used: what was found is said first.
        let ended = match parse((&text, &file, base), &listed, wall()) {
            Ok(live) => {
                findings.extend(
                    examine(&job_of(live, of_postbacks(&needs.place).ok().flatten(), true)).await,
                );
                Ok(())
            }
            Err(error) => Err(Failure::input(error)),
        };
        Ok::<_, Failure>((findings, ended))
    })?;
    if args.json {
        let all: Vec<_> = findings.iter().map(Finding::json).collect();
        print(&json!({ "findings": all }).to_string())?;
    } else {
        findings.iter().try_for_each(|finding| print(&line(finding)))?;
    }
    ended?;
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
