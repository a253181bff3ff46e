//! Which crate may know which, and that every crate from outside is argued for.
//!
//! Reads the manifests line by line: enough for the way this workspace writes them, renamed
//! packages and `[dependencies.name]` tables included.

use super::Finding;
use super::source::Source;

/// Who may depend on whom. Tests (`[dev-dependencies]`) may know more.
const LAYERS: [(&str, &[&str]); 13] = [
    ("core", &[]),
    ("gap", &["core"]),
    ("journal", &["core"]),
    ("market", &["core"]),
    ("venue", &["core"]),
    ("sim", &["core", "gap", "journal", "market", "venue"]),
    ("box", &["core", "market", "venue", "sim"]),
    ("node", &["core", "journal", "market", "venue", "gap", "sim"]),
    ("incidents", &["core", "journal", "market"]),
    ("report", &["core", "gap", "journal"]),
    ("swarm", &["core", "journal", "market", "sim"]),
    ("planted", &["core", "journal", "market", "sim", "swarm"]),
    (
        "cli",
        &[
            "core",
            "gap",
            "journal",
            "market",
            "venue",
            "sim",
            "incidents",
            "report",
            "swarm",
            "box",
            "node",
        ],
    ),
];

/// Where each crate from outside is argued for.
const ARGUED: &str = "docs/DEPENDENCIES.md";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Build,
    Dev,
}

#[derive(Debug, PartialEq, Eq)]
struct Dependency {
    kind: Kind,
    name: String,
    /// Byte offset of its line.
    at: usize,
}

/// Checks `crates/*/Cargo.toml`.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let argued = sources.iter().find(|source| source.path == ARGUED);
    let argued = argued.map_or("", |source| source.text.as_str());
    let mut findings = Vec::new();
    for source in sources {
        if let ["crates", name, "Cargo.toml"] = source.path.split('/').collect::<Vec<_>>()[..] {
            check_crate(name, source, argued, &mut findings);
        }
    }
    findings
}

fn check_crate(name: &str, source: &Source, argued: &str, findings: &mut Vec<Finding>) {
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        let message = format!("`{name}` has no layer; say in xtask what it may depend on");
        findings.push(source.finding("dependency-direction", 0, message));
        return;
    };
    for dependency in dependencies(&source.text) {
        let wanted = dependency.name.as_str();
        let message = match ours(wanted) {
            Some(other) if dependency.kind != Kind::Dev && !allowed.contains(&other) => {
                let may = if allowed.is_empty() { "nothing".into() } else { allowed.join(", ") };
                format!("{name} may not depend on {other}, only on {may}; turn the call round")
            }
            None if dependency.kind == Kind::Normal && name == "core" => {
                format!("core is std only, `{wanted}` belongs in a crate around it")
            }
            _ => String::new(),
        };
        if !message.is_empty() {
            findings.push(source.finding("dependency-direction", dependency.at, message));
        }
        if ours(wanted).is_none() && !argued.contains(&format!("`{wanted}`")) {
            let message = format!("`{wanted}` is not in {ARGUED}; argue for it there");
            findings.push(source.finding("dependency-argued", dependency.at, message));
        }
    }
}

/// The layer behind a package name, if it is one of this workspace.
fn ours(package: &str) -> Option<&str> {
    if package == "truefill" { Some("cli") } else { package.strip_prefix("truefill-") }
}

/// All dependencies of a manifest.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    // The kind of the section we are in, and whether it is the table of a single dependency.
    let mut section: Option<(Kind, bool)> = None;
    let mut at = 0;
    for line in manifest.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or("");
            section = None;
            if let Some((kind, name)) = dependency_section(header) {
                section = Some((kind, name.is_some()));
                found.extend(name.map(|name| Dependency { kind, name, at: start }));
            }
            continue;
        }
        let (Some((kind, single)), Some((key, value))) = (section, line.split_once('=')) else {
            continue;
        };
        if line.starts_with('#') {
            continue;
        }
        let key = unquote(key.split('.').next().unwrap_or(key));
        if !single {
            let renamed = value.split_once("package").and_then(|(_, rest)| rest.split('"').nth(1));
            found.push(Dependency { kind, name: renamed.unwrap_or(&key).to_owned(), at: start });
        } else if let ("package", Some(dependency)) = (key.as_str(), found.last_mut()) {
            dependency.name = unquote(value);
        }
    }
    found
}

/// `dependencies`, `dev-dependencies.name`, `target.'cfg(unix)'.dependencies` and so on.
fn dependency_section(header: &str) -> Option<(Kind, Option<String>)> {
    let header = header.trim();
    for (kind, word) in [
        (Kind::Dev, "dev-dependencies"),
        (Kind::Build, "build-dependencies"),
        (Kind::Normal, "dependencies"),
    ] {
        for (at, _) in header.match_indices(word) {
            let (before, after) = (&header[..at], &header[at + word.len()..]);
            if before.is_empty() || (before.starts_with("target.") && before.ends_with('.')) {
                match after.strip_prefix('.') {
                    Some(name) => return Some((kind, Some(unquote(name)))),
                    None if after.is_empty() => return Some((kind, None)),
                    None => {}
                }
            }
        }
    }
    None
}

fn unquote(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests;
