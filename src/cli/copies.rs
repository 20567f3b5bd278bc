//! `courant db backup`, `restore`, `export`, `import`: the database as a file of its own.

use super::failure::{Failure, Outcome};
use super::progress::Waiting;
use super::{run, setup};
use crate::daemon::backup::{self, Backups};
use crate::daemon::clock;
use crate::store;
use anyhow::Context;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// Into a file, or beside the others.
pub fn back_up(named: Option<&Path>, file: Option<&Path>) -> Outcome {
    let config = setup::config(named)?.config;
    // Says what to do where there is none.
    drop(setup::reader(&config)?);
    let _waiting = Waiting::start("copying the database");
    let made = match file {
        Some(file) => {
            backup::write(&config.database(), file)?;
            file.to_owned()
        }
        None => Backups { settings: config.backup.clone(), database: config.database() }.make(clock())?,
    };
    println!("{}", made.display());
    Ok(())
}

/// While nobody runs; what is there now is set aside.
pub fn restore(named: Option<&Path>, file: &Path) -> Outcome {
    let config = setup::config(named)?.config;
    let _owner = run::own(&config)?;
    let waiting = Waiting::start("restoring");
    let aside = store::restore(file, &config.database(), &format!(".replaced-{}", clock().0))?;
    drop(waiting);
    say!("{} is the database now", file.display());
    if let Some(aside) = aside {
        say!("what was there before is {}; delete it when you need it no more", aside.display());
    }
    Ok(())
}

pub fn export(named: Option<&Path>, file: Option<&Path>) -> Outcome {
    let config = setup::config(named)?.config;
    let reader = setup::reader(&config)?;
    let waiting = Waiting::start("exporting");
    let n_rows = match file {
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            let n_rows = reader.export(&mut out)?;
            // What cannot be written must not end with the writer.
            out.flush()?;
            n_rows
        }
        Some(file) => {
            use std::os::unix::fs::OpenOptionsExt;
            let open = File::options().write(true).create_new(true).mode(0o600).open(file);
            let open = open.with_context(|| file.display().to_string())?;
            let mut out = BufWriter::new(open);
            let n_rows = reader.export(&mut out)?;
            out.flush()?;
            out.get_ref().sync_all()?;
            n_rows
        }
    };
    drop(waiting);
    say!("{n_rows} rows exported; the secrets of hubs are among them");
    Ok(())
}

pub fn import(named: Option<&Path>, file: &Path) -> Outcome {
    let config = setup::config(named)?.config;
    let _owner = run::own(&config)?;
    let open: Box<dyn BufRead> = match file == Path::new("-") {
        true => Box::new(std::io::stdin().lock()),
        false => {
            let open = File::open(file).map_err(|error| Failure::Error(anyhow::anyhow!("{}: {error}", file.display())))?;
            Box::new(BufReader::new(open))
        }
    };
    let database = config.database();
    // Made under another name, so that one that ends early is not taken for whole.
    let part = database.with_file_name("courant.db.import");
    if part.exists() {
        store::set_aside(&part, &format!("-{}", clock().0))?;
    }
    if database.exists() {
        return Err(Failure::Error(anyhow::anyhow!("{} exists already; an import makes a new database", database.display())));
    }
    let waiting = Waiting::start("importing");
    let n_rows = store::import(open, &part, clock())?;
    store::check_backup(&part)?;
    drop(waiting);
    std::fs::rename(&part, &database)?;
    say!("{n_rows} rows imported into {}", database.display());
    Ok(())
}
