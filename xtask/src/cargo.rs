//! Where the workspace is, and how cargo is started in it with its output shown live.

use std::env;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Property tests read this variable (proptest 1.7 and later).
const SEED_VARIABLE: &str = "PROPTEST_RNG_SEED";

/// What they start from unless the caller has named a seed: a gate that draws afresh each time is
/// red for whoever happens to come by, not for whoever broke something.
const SEED: &str = "20260303";

/// The workspace that is checked. Both paths are absolute.
pub struct Workspace {
    /// The folder with the workspace manifest.
    pub root: PathBuf,
    /// Where cargo puts what it builds.
    pub target: PathBuf,
}

impl Workspace {
    /// Finds the workspace around the current folder.
    pub fn discover() -> Result<Self, String> {
        let here = env::current_dir().map_err(|e| format!("the current folder is gone: {e}"))?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("xtask/Cargo.toml").is_file())
            .ok_or("run this inside the repository: no xtask/Cargo.toml at or above this folder")?
            .to_path_buf();
        let target = target_dir(&here, &root, env::var_os("CARGO_TARGET_DIR"));
        Ok(Self { root, target })
    }

    /// A cargo command that runs at the root and builds into [`Workspace::target`].
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        // The cargo that started us, so that one toolchain does everything.
        let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        if env::var_os(SEED_VARIABLE).is_none() {
            command.env(SEED_VARIABLE, SEED);
        }
        command
    }

    /// Where `cargo build --release` leaves the product.
    pub fn release_binary(&self) -> PathBuf {
        self.target.join("release").join(format!("truefill{}", env::consts::EXE_SUFFIX))
    }
}

/// A relative folder is meant from where the user stands, not from the root that the commands
/// run in.
fn target_dir(here: &Path, root: &Path, named: Option<OsString>) -> PathBuf {
    match named {
        Some(folder) if !folder.is_empty() => here.join(folder),
        _ => root.join("target"),
    }
}

/// Runs a command to its end. Its standard output goes to `screen` and to `watch` as it comes,
/// chunk by chunk; standard error is inherited.
pub fn stream(
    command: &mut Command,
    screen: &mut impl Write,
    mut watch: impl FnMut(&[u8]),
) -> io::Result<ExitStatus> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    if let Some(mut pipe) = child.stdout.take() {
        let mut chunk = [0_u8; 8192];
        loop {
            let count = match pipe.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            screen.write_all(&chunk[..count])?;
            screen.flush()?;
            watch(&chunk[..count]);
        }
    }
    child.wait()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_folder_is_the_named_one_or_the_usual_one() {
        let (here, root) = (Path::new("/r/crates/x"), Path::new("/r"));
        assert_eq!(target_dir(here, root, None), Path::new("/r/target"));
        assert_eq!(target_dir(here, root, Some(OsString::new())), Path::new("/r/target"));
        assert_eq!(target_dir(here, root, Some("/t".into())), Path::new("/t"));
        assert_eq!(target_dir(here, root, Some("out".into())), Path::new("/r/crates/x/out"));
    }

    #[test]
    fn output_is_seen_and_the_status_is_kept() {
        let (mut screen, mut seen) = (Vec::new(), Vec::new());
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg("--version");
        let status = stream(&mut command, &mut screen, |chunk| seen.extend_from_slice(chunk));
        assert!(status.expect("cargo runs").success());
        assert!(seen.starts_with(b"cargo "));
        assert_eq!(screen, seen);
    }
}
