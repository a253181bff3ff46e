//! `truefill login`: opens the broker's page and stores the token of the day.

use super::print;
use crate::args::Login as Args;
use crate::config;
use crate::config::live::{Place, place};
use crate::failure::{Done, Failure};
use std::path::Path;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use truefill_node::login::Login;
use truefill_venue::http::Secret;

/// Where the secret is looked for first.
const VARIABLE: &str = "TRUEFILL_KITE_SECRET";
/// Longest file of a secret.
const SECRET_BYTES_MAX: u64 = 4096;

pub fn run(args: &Args) -> Done {
    let text = config::text(&args.config).map_err(Failure::input)?;
    let base = args.config.parent().unwrap_or(Path::new(""));
    let place = place(&text, &args.config.display().to_string(), base).map_err(Failure::input)?;
    let api_key = place.api_key.clone().ok_or_else(|| {
        Failure::Input(
            "the configuration names no app; nothing was done; add api_key = \"..\" to [live], as \
             the broker's developer page shows it"
                .to_owned(),
        )
    })?;
    let secret = secret(&place)?;
    let settings = &place.settings;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::about("the runtime does not start", error))?;
    let ended = runtime.block_on(async {
        let login = Login::new(&place.account, &api_key, secret, &settings.rest);
        let login = login.map_err(Failure::Input)?;
        let listener = TcpListener::bind(("127.0.0.1", args.port)).await;
        let catches = listener.as_ref().ok().and_then(|l| l.local_addr().ok());
        eprintln!("Open this page, log in as {}, and come back:\n", place.account);
        print(&login.page())?;
        match catches {
            Some(here) => eprintln!(
                "\nWaiting for the browser at http://{here}/ (the app's redirect URL). On another \
                 machine, paste here the address that the browser ended at, and press enter:"
            ),
            None => eprintln!("\nPaste here the address that the browser ended at:"),
        }
        let mut input = BufReader::new(tokio::io::stdin());
        let wrong = |why: &str| eprintln!("{why}; paste the whole address");
        let caught = async {
            match &listener {
                Ok(listener) => login.caught(listener).await,
                Err(_) => std::future::pending().await,
            }
        };
        let token = tokio::select! {
            token = caught => token,
            token = login.pasted(&mut input, wrong) => token,
        };
        login.finish(&token, &settings.token_file).await.map_err(Failure::Input)
    });
    // A thread may still wait for a line.
    runtime.shutdown_background();
    let session = ended?;
    eprintln!(
        "logged in as {}; the token is in {} until {}",
        session.user_id,
        settings.token_file.display(),
        session.dies
    );
    Ok(())
}

/// The app's secret: from the environment, or from a file that only its owner reads. Never from an
/// argument, which everybody on the machine can see.
fn secret(place: &Place) -> Result<Secret, Failure> {
    if let Ok(secret) = std::env::var(VARIABLE)
        && !secret.trim().is_empty()
    {
        return Ok(Secret::new(secret.trim()));
    }
    let none = || {
        Failure::Input(format!(
            "the secret of the app is not known; nothing was done; put it into a file of mode 0600 \
             and name it as secret_file in [live], or into the variable {VARIABLE}"
        ))
    };
    let file = place.secret_file.as_ref().ok_or_else(none)?;
    let about = |error: std::io::Error| Failure::about(file.display(), error);
    let meta = std::fs::metadata(file).map_err(about)?;
    use std::os::unix::fs::PermissionsExt as _;
    if meta.permissions().mode() & 0o077 != 0 || meta.len() > SECRET_BYTES_MAX {
        return Err(Failure::Input(format!(
            "{} may be read by others or is no secret; nothing was done; run `chmod 600` on it",
            file.display()
        )));
    }
    let text = std::fs::read_to_string(file).map_err(about)?;
    if text.trim().is_empty() { Err(none()) } else { Ok(Secret::new(text.trim())) }
}
