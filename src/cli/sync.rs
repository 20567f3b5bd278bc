//! `courant sync …`: apps that may read and mark, each with a password of its own.

use super::failure::{Failure, Outcome};
use super::setup;
use crate::config::Config;
use crate::daemon::clock;
use crate::daemon::socket::{self, ControlRequest, ControlResponse};
use crate::records::{self, Reply};
use crate::sync::secret;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use ring::rand::{SecureRandom, SystemRandom};
use std::io::{IsTerminal, Write};
use std::path::Path;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Let an app in: prints its password, once
    Add {
        /// What you call it: phone, laptop. It is the user name that the app is told
        name: String,
    },
    /// The apps that may read and mark
    List,
    /// Shut an app out: its password means nothing any more
    Remove {
        /// Its name
        name: String,
    },
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    let config = setup::config(named)?.config;
    match command {
        Command::Add { name } => add(&config, name),
        Command::List => list(&config),
        Command::Remove { name } => remove(&config, name),
    }
}

/// Names are part of headers and of words that clients send.
fn checked(name: &str) -> Result<(), Failure> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    match !name.is_empty() && name.len() <= 32 && name.chars().all(is_plain) {
        true => Ok(()),
        false => Err(Failure::Usage("NAME must be of a–z, 0–9, - and _, 32 signs at most: it is the app's user name".into())),
    }
}

fn add(config: &Config, name: &str) -> Outcome {
    checked(name)?;
    let mut random = [0; 16];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
    let password = secret::password(&random);
    let app = secret::app(name, &password);
    if !changed(config, ControlRequest::AddApp { app: app.clone() }, records::Command::AddApp { app, at: clock() })? {
        return Err(Failure::Usage(format!("an app is called {name} already; `courant sync remove {name}` shuts it out")));
    }
    let base = config.base_url();
    let mut out = std::io::stdout().lock();
    writeln!(out, "address    {base}/   (Google Reader API, Miniflux; some apps want {base}/api/greader.php)")?;
    writeln!(out, "           {base}/fever/   (Fever)")?;
    for output in &config.outputs {
        writeln!(out, "           {base}/sync/{}/   (only the stories of this output)", output.name)?;
    }
    writeln!(out, "           {base}/login   (the page, where stories can be marked then)")?;
    writeln!(out, "user       {name}")?;
    writeln!(out, "password   {password}   (shown this once)")?;
    if config.exposes_passwords(config.listens_on_loopback()) {
        say!(
            "courant: no app is listened to on {} before a proxy adds HTTPS and serve.behind_proxy says so: see docs/sync.md",
            config.serve.listen
        );
    }
    // By the camera a phone has the address; nobody types it well. The password is not in it: it would be in the picture.
    if out.is_terminal()
        && let Ok(code) = QrCode::new(format!("{base}/"))
    {
        writeln!(out, "\n{}", code.render::<Dense1x2>().build())?;
    }
    Ok(())
}

fn list(config: &Config) -> Outcome {
    let apps = setup::reader(config)?.apps()?;
    if apps.is_empty() {
        return Err(Failure::NothingFound("no app; `courant sync add NAME` lets one in".into()));
    }
    let mut out = std::io::stdout().lock();
    for app in apps {
        writeln!(out, "{}", app.name)?;
    }
    Ok(())
}

fn remove(config: &Config, name: &str) -> Outcome {
    let name = name.to_owned();
    if !changed(config, ControlRequest::RemoveApp { name: name.clone() }, records::Command::RemoveApp { name: name.clone() })? {
        return Err(Failure::NothingFound(format!("no app is called {:?}", crate::text::one_line(&name))));
    }
    say!("{name} is shut out");
    Ok(())
}

/// By the owner where there is one, else as the owner. Returns whether anything changed.
fn changed(config: &Config, ask: ControlRequest, command: records::Command) -> Result<bool, Failure> {
    match socket::ask(&config.state_dir, &ask)? {
        Some(ControlResponse::App { is_done }) => Ok(is_done),
        Some(ControlResponse::Error(error)) => Err(Failure::Error(anyhow::anyhow!(error))),
        Some(_) => Err(Failure::Error(anyhow::anyhow!("the running courant answered something else"))),
        None => match setup::as_owner(config, command)? {
            Reply::App(is_done) => Ok(is_done),
            _ => Err(Failure::Error(anyhow::anyhow!("the writer answered something else"))),
        },
    }
}
