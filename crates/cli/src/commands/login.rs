//! `truefill login`: opens the broker's page and stores the token of the day.

use super::print;
use super::secret::secret;
use crate::args::Login as Args;
use crate::config;
use crate::config::live::place;
use crate::failure::{Done, Failure};
use std::path::Path;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use truefill_node::login::Login;

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
