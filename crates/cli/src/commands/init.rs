//! `truefill init`: a configuration to start from, and the small files that it names.
//!
//! Invariants:
//! 1. Without `--force` no file is touched that is there, and nothing is written if one is.
//! 2. What is written runs at once, as it is.

use super::print;
use crate::args::{Init as Args, Template};
use crate::failure::{Done, Failure};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file beside the configuration: its name, which the configuration uses, and its text.
type Sample = (&'static str, &'static str);

/// The texts of a template.
const fn texts(template: Template) -> (&'static str, &'static [Sample]) {
    match template {
        Template::KiteIntraday => (
            include_str!("../../../../examples/init/kite-intraday.toml"),
            &[
                (
                    "synthetic-quotes.csv",
                    include_str!("../../../../examples/init/synthetic-quotes.csv"),
                ),
                (
                    "synthetic-targets.csv",
                    include_str!("../../../../examples/init/synthetic-targets.csv"),
                ),
            ],
        ),
        Template::Crypto => (include_str!("../../../../examples/init/crypto.toml"), &[]),
        Template::Files => (
            include_str!("../../../../examples/init/files.toml"),
            &[
                ("targets.csv", include_str!("../../../../examples/init/targets.csv")),
                ("bars.csv", include_str!("../../../../examples/init/bars.csv")),
            ],
        ),
    }
}

pub fn run(args: &Args) -> Done {
    let (config, samples) = texts(args.template);
    let folder = args.out.parent().unwrap_or(Path::new(""));
    let mut files: Vec<(PathBuf, &str)> = vec![(args.out.clone(), config)];
    for (name, text) in samples {
        if args.out.file_name().is_some_and(|out| out == *name) {
            return Err(Failure::Input(format!(
                "--out {}: this is the name of a sample file that goes beside the configuration; \
                 nothing was written; choose another name",
                args.out.display()
            )));
        }
        files.push((folder.join(name), text));
    }
    if !args.force {
        refuse_to_replace(&files)?;
    }
    for (path, text) in &files {
        write(path, text, args.force)?;
        print(&format!("wrote {}", path.display()))?;
    }
    print(&format!("next: truefill rehearse {} --faults storm", args.out.display()))
}

fn refuse_to_replace(files: &[(PathBuf, &str)]) -> Done {
    // What cannot be looked at is not overwritten either: creating it fails below.
    let there = files.iter().find(|(path, _)| path.symlink_metadata().is_ok());
    match there {
        None => Ok(()),
        Some((path, _)) => Err(Failure::Input(format!(
            "{} is there already; nothing was written; choose another place with --out FILE, or \
             write over it with --force",
            path.display()
        ))),
    }
}

fn write(path: &Path, text: &str, force: bool) -> Done {
    let mut options = OpenOptions::new();
    if force {
        options.write(true).create(true).truncate(true);
    } else {
        options.write(true).create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        Failure::Input(format!(
            "{}: cannot be written ({error}); what was named before it is there; check folder, \
             owner and free space, then add --force",
            path.display()
        ))
    })
}
