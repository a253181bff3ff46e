//! A configured node as the job of the shell: for `run`, and for `doctor`, which looks at the same.

use crate::config::live::{Feed, Live};
use truefill_node::Job;
use truefill_node::feed::{Hold, TargetFile};
use truefill_venue::http::Secret;

/// The job of this configuration.
pub fn job_of(live: Live, secret: Option<Secret>, quiet: bool) -> Job {
    let mut job = Job {
        config: live.config,
        settings: live.settings,
        tokens: live.tokens,
        targets: Vec::new(),
        holds: Vec::new(),
        programs: Vec::new(),
        world: live.world,
        secret,
        quiet,
    };
    for feed in live.feeds {
        match feed {
            Feed::File { path, strategy, sleeve } => {
                job.targets.push(TargetFile { path, strategy, sleeve });
            }
            Feed::Program(program) => job.programs.push(program),
            Feed::Hold { sleeve, wishes, after_ns } => {
                job.holds.push(Hold { sleeve, wishes, after_ns });
            }
        }
    }
    job
}
