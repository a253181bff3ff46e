//! The commands of a live node as a user has them: log in, run, look, stop. No secret is ever where
//! others could read it.

#![cfg(unix)]

mod live_kit;

use live_kit::{PATIENCE, Scene, TRUEFILL, rest};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SECRET: &str = "boxsecret";

/// Opens a page of the box; status line, head and body.
fn browse(authority: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(authority).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n").expect("sent");
    let mut got = String::new();
    stream.read_to_string(&mut got).expect("an answer");
    got
}

/// A request token from the broker's page.
fn logged_in(page: &str) -> String {
    let rest = page.trim().strip_prefix("http://").expect("an address");
    let (authority, path) = rest.split_once('/').expect("a path");
    let body = browse(authority, &format!("/{path}"));
    let (_, rest) = body.split_once("<code>").expect("a token");
    rest.split_once("</code>").expect("a token").0.to_owned()
}

/// Everything that was printed.
#[derive(Default)]
struct Said(String);

impl Scene {
    fn log_in(
        &self,
        port: u16,
        said: &mut Said,
        bring: impl FnOnce(&str, &mut dyn std::io::Write),
    ) {
        let mut child = Command::new(TRUEFILL)
            .args(["login", "kite", "my.toml", "--port", &port.to_string()])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut page = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        out.read_line(&mut page).expect("a page");
        said.0.push_str(&page);
        let token = logged_in(&page);
        let mut input = child.stdin.take().expect("piped");
        bring(&token, &mut input);
        let done = child.wait_with_output().expect("it ends");
        said.0.push_str(&String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{}", said.0);
        assert!(!said.0.contains(&token), "what the page brought was printed");
    }

    fn command(&self, words: &[&str], said: &mut Said) -> Option<i32> {
        let done = Command::new(TRUEFILL)
            .args(words)
            .current_dir(&self.folder)
            .env("XDG_STATE_HOME", &self.folder)
            .output()
            .expect("it runs");
        said.0.push_str(&String::from_utf8_lossy(&done.stdout));
        said.0.push_str(&String::from_utf8_lossy(&done.stderr));
        done.status.code()
    }

    fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        loop {
            let status = self.ask(&json!({ "do": "status" })).unwrap_or_default();
            if wanted(&status) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "waited in vain for {what}: {status:#}");
            rest(Duration::from_millis(50));
        }
    }
}

/// A configuration as for the real broker, but for its address.
fn configure(scene: &Scene) -> String {
    let text = std::fs::read_to_string(scene.folder.join("box.json")).expect("a ready line");
    let ready: Value = serde_json::from_str(&text).expect("JSON");
    let of = |key: &str| ready[key].as_str().expect("text").to_owned();
    let config = format!(
        "mode = \"live\"\nconfirm_account = \"AB1234\"\n[account]\nname = \"AB1234\"\n\
         broker = \"kite\"\n[live]\nrest = \"{}\"\nticker = \"{}\"\napi_key = \"boxkey\"\n\
         secret_file = \"secret\"\ndir = \"run\"\n[strategy.mine]\ntargets = \"targets.csv\"\n\
         symbols = [\"NSE:INFY\"]\nproduct = \"MIS\"\n",
        of("rest"),
        of("ticker")
    );
    std::fs::write(scene.folder.join("my.toml"), config).expect("written");
    std::fs::write(scene.folder.join("secret"), SECRET).expect("written");
    let owner = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(scene.folder.join("secret"), owner).expect("set");
    of("access_token")
}

fn token_of(scene: &Scene) -> String {
    let text = std::fs::read_to_string(scene.folder.join("run/token.json")).expect("a token");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    value["access_token"].as_str().expect("text").to_owned()
}

#[test]
fn a_login_a_run_and_a_stop_show_no_secret_anywhere() {
    let mut scene = Scene::open("canary");
    let mut canaries = vec![SECRET.to_owned(), configure(&scene)];
    let mut said = Said::default();
    // On a server: the address is pasted from a phone.
    scene.log_in(0, &mut said, |token, input| {
        writeln!(input, "this is not it").expect("pasted");
        writeln!(input, "http://127.0.0.1:5100/?status=success&request_token={token}&x=1")
            .expect("pasted");
    });
    canaries.push(token_of(&scene));
    let mode = std::fs::metadata(scene.folder.join("run/token.json")).expect("there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    // On a desktop: the browser comes back by itself.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("bound").port();
    drop(free);
    scene.log_in(port, &mut said, |token, _| {
        let back = format!("/?action=login&status=success&request_token={token}");
        let page = browse(&format!("127.0.0.1:{port}"), &back);
        assert!(page.starts_with("HTTP/1.1 200") && !page.contains(token), "{page}");
    });
    canaries.push(token_of(&scene));

    let log = std::fs::File::create(scene.folder.join("node.log")).expect("a file");
    let manager = scene.folder.join("notify");
    let heard = std::os::unix::net::UnixDatagram::bind(&manager).expect("a socket");
    let node = Command::new(TRUEFILL)
        .args(["run", "my.toml"])
        .env("NOTIFY_SOCKET", &manager)
        .current_dir(&scene.folder)
        .env("XDG_STATE_HOME", &scene.folder)
        .stderr(Stdio::from(log))
        .spawn()
        .expect("a node");
    let pid = node.id();
    scene.node = Some(live_kit::Killed(node));
    heard.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut word = [0; 64];
    let length = heard.recv(&mut word).expect("a word to the service manager");
    assert_eq!(&word[..length], b"READY=1");
    scene.until("a session", |status| status["authenticated"] == true);
    assert_eq!(scene.command(&["status", "my.toml"], &mut said), Some(0));
    // A second one refuses, with a status of its own.
    assert_eq!(scene.command(&["run", "my.toml"], &mut said), Some(3));
    for of in ["cmdline", "environ"] {
        let seen = std::fs::read(format!("/proc/{pid}/{of}")).unwrap_or_default();
        said.0.push_str(&String::from_utf8_lossy(&seen));
    }
    scene.control("/token", r#"{"action":"kill"}"#);
    scene.command(&["halt", "my.toml"], &mut said);
    scene.until("a dead session", |status| status["authenticated"] == false);
    std::fs::write(scene.folder.join("run/token.json"), "{\"api_key\":\"CANARYGARBAGE")
        .expect("written");
    canaries.push("CANARYGARBAGE".to_owned());
    let told = |status: &Value| status["alerts"].to_string().contains("not a token file");
    scene.until("a word about the file", told);
    std::fs::remove_file(scene.folder.join("run/token.json")).expect("gone");
    assert!(Command::new("kill").arg(pid.to_string()).status().expect("kill").success());
    let mut node = scene.node.take().expect("it runs");
    assert_eq!(node.0.wait().expect("it ends").code(), Some(0), "a stop as asked");
    // In the middle of a day: it is valued as it is.
    assert_eq!(scene.command(&["gap", "run/journal.db"], &mut said), Some(0));
    assert!(said.0.contains("the day is not closed"), "{}", said.0);

    for canary in &canaries {
        assert!(!said.0.contains(canary.as_str()), "a secret was printed");
        grep(&scene.folder, canary);
    }
    let _ = std::fs::remove_dir_all(&scene.folder);
}

/// No file but those that are for secrets holds this.
fn grep(folder: &Path, canary: &str) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            grep(&path, canary);
        } else if !matches!(name, "box.json" | "secret" | "token.json") {
            let found = std::fs::read(&path).unwrap_or_default();
            let has = found.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!has, "a secret is in {}", path.display());
        }
    }
}
