//! Wrong directions in every spelling a manifest allows, and the right ones.

use super::*;

/// The rules that a manifest trips; `blake3` is argued for.
fn tripped(layer: &str, manifest: &str) -> Vec<&'static str> {
    let sources = [
        Source::new(&format!("crates/{layer}/Cargo.toml"), manifest),
        Source::new(ARGUED, "| `blake3` | digests |"),
    ];
    check(&sources).into_iter().map(|finding| finding.rule).collect()
}

const WRONG_WAY: [&str; 1] = ["dependency-direction"];

#[test]
fn every_spelling_of_a_wrong_direction_is_found() {
    for manifest in [
        "[dependencies]\ntruefill-sim.workspace = true\n",
        "[dependencies]\n\"truefill-sim\" = { path = \"../sim\" }\n",
        "[dependencies]\nworld = { package = \"truefill-sim\", path = \"../sim\" }\n",
        "[dependencies.truefill-sim]\nworkspace = true\n",
        "[dependencies.world]\npackage = \"truefill-sim\"\n",
        "[target.'cfg(unix)'.dependencies]\ntruefill-sim.workspace = true\n",
        "[build-dependencies]\ntruefill-sim.workspace = true\n",
        "[dependencies]\ntruefill = { path = \"../cli\" }\n",
    ] {
        assert_eq!(tripped("gap", manifest), WRONG_WAY, "{manifest}");
    }
}

#[test]
fn every_edge_outside_the_table_is_refused() {
    for (from, allowed) in LAYERS {
        for (to, _) in LAYERS {
            let manifest = format!("[dependencies]\ntruefill-{to}.workspace = true\n");
            let refused = tripped(from, &manifest) == WRONG_WAY;
            assert_eq!(refused, !allowed.contains(&to), "{from} -> {to}");
        }
    }
}

#[test]
fn the_table_has_no_circle() {
    // Take away, again and again, what depends only on what was taken away before.
    let mut built: Vec<&str> = Vec::new();
    for _ in LAYERS {
        let ready = |allowed: &[&str]| allowed.iter().all(|layer| built.contains(layer));
        let next: Vec<&str> =
            LAYERS.iter().filter(|(_, allowed)| ready(allowed)).map(|(layer, _)| *layer).collect();
        built = next;
    }
    assert_eq!(built.len(), LAYERS.len(), "only {built:?} can be built");
}

#[test]
fn tests_may_know_more() {
    let manifest = "[dev-dependencies]\ntruefill-sim.workspace = true\nblake3 = \"1\"\n";
    assert!(tripped("core", manifest).is_empty());
}

#[test]
fn the_core_is_std_only() {
    let manifest = "[package]\nname = \"truefill-core\"\n\n[dependencies]\nblake3 = \"1\"\n";
    assert_eq!(tripped("core", manifest), WRONG_WAY);
    assert!(tripped("gap", manifest).is_empty());
}

#[test]
fn a_crate_without_a_layer_is_found() {
    assert_eq!(tripped("extras", "[dependencies]\n"), WRONG_WAY);
}

#[test]
fn crates_from_outside_are_argued_for() {
    for manifest in ["[dependencies]\nchrono = \"0.4\"\n", "[dev-dependencies]\nchrono = \"0.4\"\n"]
    {
        assert_eq!(tripped("gap", manifest), ["dependency-argued"], "{manifest}");
    }
}

#[test]
fn what_is_not_a_dependency_is_left_alone() {
    let manifest = "[package]\nversion.workspace = true\n[features]\ndependencies = []\n\
                    [dependencies]\n# truefill-sim.workspace = true\n\
                    blake3 = { version = \"1\", features = [\n    \"pure\",\n] }\n\
                    [lints]\nworkspace = true\n[[bin]]\nname = \"truefill-sim\"\n";
    assert!(tripped("gap", manifest).is_empty());
}
