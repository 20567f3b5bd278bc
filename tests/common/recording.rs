//! What a few processes did, written down: polls, pages, stories, marks, and what a person says of them.

use super::common::World;
use courant::config::Config;
use courant::config::subscriptions::Subscription;
use courant::daemon::{self, Engine};
use courant::records::{Command, Correction, Marking, Postponed, Reply};
use courant::store::{Reader, Selection};
use std::path::Path;

/// One process: a pass over everything, then what a person says.
fn process(config: &Config, feeds: &[String], record: &Path, corrections: Vec<Correction>) {
    let list: Vec<_> = feeds.iter().map(Subscription::new).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let writer = runtime.block_on(async {
        let (engine, writer) = Engine::start(config.clone(), list, Some(record)).unwrap();
        daemon::once(&engine, true).await.unwrap();
        let stories = engine.readers.ask(|reader| reader.select(&Selection::default())).await.unwrap();
        let read = stories.iter().step_by(2).copied().collect();
        let app = courant::sync::secret::app("phone", "a password");
        for command in [
            Command::Mark { stories: read, marking: Marking::READ, at: daemon::clock() },
            Command::Mark { stories: stories[..3].to_vec(), marking: Marking::STARRED, at: daemon::clock() },
            Command::AddApp { app, at: daemon::clock() },
        ] {
            engine.writer.submit(command).await.unwrap();
        }
        for correction in corrections {
            let said = engine.writer.submit(Command::Correct { correction, at: daemon::clock() }).await.unwrap();
            assert!(matches!(said.reply, Reply::Corrected(Ok(_))), "{said:?}");
        }
        // What a person asks for anew, and what the network kept from being asked.
        let feed = engine.readers.ask(|reader| reader.feeds()).await.unwrap().remove(0);
        let (at, state) = (daemon::clock(), feed.state.clone());
        let later = Some(at.plus(std::time::Duration::from_secs(60)));
        let postponed = Postponed { feed: feed.id, at, state, next_poll: later, reasons: vec!["the network is down".into()] };
        for command in [Command::Refetch { feed: feed.id, at }, Command::Postponed(Box::new(postponed))] {
            engine.writer.submit(command).await.unwrap();
        }
        writer
    });
    drop(runtime);
    writer.join().unwrap();
}

/// A record of a pass, a second one, and corrections; returns where it is, and the database.
pub fn recorded(folder: &Path) -> (std::path::PathBuf, Config) {
    let world = World::start();
    let (config, record) = (world.config(folder), folder.join("record.jsonl"));
    process(&config, &world.feeds(), &record, Vec::new());
    let reader = Reader::open(&config.database()).unwrap();
    let ids = reader.select(&Selection { limit: 1000, ..Selection::default() }).unwrap();
    let stories: Vec<_> = ids.iter().map(|id| reader.story(*id).unwrap().unwrap()).collect();
    let merged = stories.iter().find(|story| story.members.len() > 1).unwrap();
    let split = Correction::Split { story: merged.id, entries: vec![merged.members[1].entry] };
    let mut others = stories.iter().filter(|story| story.id != merged.id).map(|story| story.id);
    let merge = Correction::Merge { into: others.next().unwrap(), from: others.next().unwrap() };
    process(&config, &world.feeds(), &record, vec![split, merge.clone(), Correction::Undo, merge]);
    // A third one that finds nothing new among corrected stories, and a feed fewer.
    process(&config, &world.feeds()[1..], &record, Vec::new());
    (record, config)
}
