//! `truefill doctor` as a user has it: what it says, in words and as JSON, and its exit status.

#![cfg(unix)]

mod live_kit;

use live_kit::{Scene, TRUEFILL};
use serde_json::Value;
use std::process::{Command, Output};

fn doctor(scene: &Scene, words: &[&str]) -> Output {
    Command::new(TRUEFILL)
        .args(["doctor", "my.toml"])
        .args(words)
        .current_dir(&scene.folder)
        .env("XDG_STATE_HOME", &scene.folder)
        .env_remove("TRUEFILL_KITE_SECRET")
        .output()
        .expect("it runs")
}

/// A basket that is known before anything runs.
fn configure(scene: &Scene, quantity: &str) {
    let config = format!(
        "mode = \"live\"\nconfirm_account = \"AB1234\"\n[account]\nname = \"AB1234\"\n\
         broker = \"kite\"\n[live]\nbox = \"box.json\"\ndir = \"run\"\n[strategy.mine]\n\
         hold = \"{quantity}\"\nsymbols = [\"NFO:INFY26DECFUT\"]\nproduct = \"NRML\"\n"
    );
    std::fs::write(scene.folder.join("my.toml"), config).expect("written");
}

#[test]
fn it_says_what_the_first_basket_needs_and_fails_when_funds_are_short() {
    let scene = Scene::open("doctor");
    configure(&scene, "400");
    let done = doctor(&scene, &[]);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains("fine   margin       the first basket (1 orders) needs "), "{said}");
    assert!(said.contains("fine   alerts "), "{said}");
    configure(&scene, "4000000");
    let done = doctor(&scene, &["--json"]);
    assert_eq!(done.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let findings = said["findings"].as_array().expect("a list");
    let margin = findings.iter().find(|finding| finding["what"] == "margin").expect("estimated");
    assert_eq!(margin["grade"], "wrong", "{margin}");
    // A lot that changed is told although the file does not fit it any more.
    configure(&scene, "300");
    let kept = "instrument_token,tradingsymbol,expiry,tick_size,lot_size,instrument_type,segment,\
                exchange\n1,INFY26DECFUT,,0.05,300,FUT,NFO-FUT,NFO\n";
    std::fs::write(scene.folder.join("run/instruments.csv"), kept).expect("written");
    let done = doctor(&scene, &[]);
    assert_eq!(done.status.code(), Some(2));
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(said.contains("the lot of NFO:INFY26DECFUT was 300 and is 400"), "{said}");
    let why = String::from_utf8_lossy(&done.stderr);
    assert!(why.contains("not a multiple of the lot"), "{why}");
    drop(std::fs::remove_dir_all(&scene.folder));
}

#[test]
fn postbacks_without_the_secret_are_refused_with_what_to_do() {
    let scene = Scene::open("nosecret");
    configure(&scene, "400");
    let path = scene.folder.join("my.toml");
    let text = std::fs::read_to_string(&path).expect("there");
    let text = text.replace("dir = \"run\"\n", "dir = \"run\"\npostback = \"127.0.0.1:8721\"\n");
    std::fs::write(&path, text).expect("written");
    let said = String::from_utf8(doctor(&scene, &[]).stdout).expect("text");
    assert!(
        said.contains("WRONG  postbacks    they cannot be checked at 127.0.0.1:8721"),
        "{said}"
    );
    let run = Command::new(TRUEFILL)
        .args(["run", "my.toml", "--quiet"])
        .current_dir(&scene.folder)
        .env("XDG_STATE_HOME", &scene.folder)
        .env_remove("TRUEFILL_KITE_SECRET")
        .output()
        .expect("it ends");
    assert_eq!(run.status.code(), Some(2));
    let why = String::from_utf8_lossy(&run.stderr);
    assert!(why.contains("postback") && why.contains("secret_file"), "{why}");
    drop(std::fs::remove_dir_all(&scene.folder));
}
