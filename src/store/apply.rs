//! A command carried out: which file of the room does what.

use super::agreed::Turn;
use super::base::Store;
use super::error::WriteError;
use crate::model::Timestamp;
use crate::records::{Command, Committed, Reply};
use rusqlite::params;

impl Store {
    /// Carries a command out inside the transaction that is open. Where it fails the caller undoes it.
    pub(super) fn apply(&mut self, command: Command) -> Result<Committed, WriteError> {
        self.changed = Committed::default();
        let reply = self.done_by(command)?;
        self.queue_stories()?;
        Ok(Committed { reply, ..std::mem::take(&mut self.changed) })
    }

    fn done_by(&mut self, command: Command) -> Result<Reply, WriteError> {
        Ok(match command {
            Command::Polled(poll) => self.save_poll(*poll).map(done)?,
            Command::Unchanged(polls) => polls.into_iter().try_for_each(|poll| self.save_poll(poll)).map(done)?,
            Command::Postponed(postponed) => self.postpone(&postponed).map(done)?,
            Command::Pushed { feed, document, at } => self.save_push(feed, document, at).map(done)?,
            Command::Page { page, url, outcome, at } => self.save_page(page, &url, &outcome, at).map(done)?,
            Command::EndWaits { at } => self.end_waits(at).map(done)?,
            Command::Settle { batch, at } => self.settle(batch, at).map(done)?,
            Command::LookAgain { grew, end, dedupe, until, at } => self.look_again((&grew, &end), dedupe, until, at).map(done)?,
            Command::Subscribe { list, at } => Reply::Subscribed(self.subscribe(&list, at)?),
            Command::Remove { feed, purge, at } => Reply::Removed { n_stories: self.remove_feed(feed, purge, at)? },
            Command::Refetch { feed, at } => self.refetch(feed, at).map(done)?,
            Command::Correct { correction, at } => Reply::Corrected(self.correct(&correction, at)?),
            Command::Mark { stories, marking, at } => Reply::Marked { n_stories: self.mark(&stories, marking, at)? },
            Command::AddApp { app, at } => Reply::App(self.add_app(&app, at)?),
            Command::RemoveApp { name } => Reply::App(self.remove_app(&name)?),
            Command::Replan { plans } => self.replan(&plans).map(done)?,
            Command::Robots { records } => self.save_robots(&records).map(done)?,
            Command::HubsAsked { feeds, at } => self.hubs_asked(&feeds, at).map(done)?,
            Command::HubRefused { token, why, at } => self.hub_refused(&token, &why, at).map(done)?,
            Command::HubVerified { token, topic, lease, at } => Reply::HubVerified(self.hub_verified(&token, &topic, lease, at)?),
            Command::Rekey { version, entries, pages, last } => self.rekey(version, &entries, &pages, last).map(done)?,
            Command::Prune { stories, at } => Reply::Removed { n_stories: self.prune(&stories, at)? },
            Command::PruneFrom { from } => self.prune_from(from).map(done)?,
            Command::AddDictionary { dictionary } => self.add_dictionary(&dictionary).map(done)?,
            Command::Pack { bodies } => self.save_packed(&bodies).map(done)?,
            Command::SetBack { at } => self.set_back(at).map(done)?,
            Command::Watch { rules, triggers, at } => self.watch(&rules, &triggers, at).map(done)?,
            Command::Judge { verdicts, at } => self.judge(&verdicts, at).map(done)?,
            Command::Dispatch { notifier, token, n, at } => self.dispatch(&notifier, &token, n, at).map(done)?,
            Command::Delivered { delivery, at } => self.delivered(delivery, at).map(done)?,
            Command::PutOff { delivery, error, next_try } => self.put_off(delivery, &error, next_try).map(done)?,
            Command::Sample { sample } => self.save_sample(&sample).map(done)?,
            Command::Forwarded { node, session, n, command } => match self.turn_of(&node, session, n)? {
                Turn::First => {
                    let is_awaited = command.is_awaited();
                    let reply = self.done_by(*command)?;
                    if is_awaited {
                        self.keep_reply(n, &reply)?;
                    }
                    reply
                }
                Turn::Done(reply) => reply,
            },
            Command::View { view } => self.set_view(&view).map(done)?,
            Command::ShareList { from, text, list, at } => {
                self.share_list(from.as_ref(), &text)?;
                Reply::Subscribed(self.subscribe(&list, at)?)
            }
            Command::Check { at } => self.ask_for_check(at).map(done)?,
            Command::Heartbeat { at } => self.heartbeat(at).map(done)?,
        })
    }

    /// One command in a transaction of its own: for who has the store to himself.
    pub fn commit(&mut self, command: Command) -> Result<Committed, WriteError> {
        self.begin(command.is_durable())?;
        let done = self.apply(command).and_then(|committed| self.end().map(|()| committed).map_err(WriteError::from));
        if let Err(error) = &done {
            self.roll_back(error.keeps_index());
        }
        done
    }

    pub(super) fn begin(&self, durable: bool) -> rusqlite::Result<()> {
        self.connection.execute_batch(if durable {
            "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"
        } else {
            "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE"
        })
    }

    /// Commits, after what is written once a transaction.
    pub(super) fn end(&mut self) -> rusqlite::Result<()> {
        self.finish()?;
        self.execute("COMMIT")
    }

    /// Writes what is written once a transaction.
    pub(super) fn finish(&mut self) -> rusqlite::Result<()> {
        self.index_settled()?;
        self.count_polls()
    }

    pub(super) fn roll_back(&mut self, keeps_index: bool) {
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::debug!(%error, "nothing to roll back");
        }
        if !keeps_index {
            // It may hold members that the database does not: it is built anew before anything is settled.
            self.index = None;
        }
        self.searchable.clear();
        self.polls.clear();
        if let Some(searched) = &mut self.searched {
            searched.clear();
        }
        self.is_watched = None;
    }

    /// A statement that comes again and again, parsed once.
    pub(super) fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    /// Keeps what robots.txt said.
    fn save_robots(&mut self, records: &[crate::fetch::RobotsRecord]) -> rusqlite::Result<()> {
        let mut save = self.connection.prepare_cached(
            "INSERT INTO hosts(origin, robots, expires) VALUES(?, ?, ?)
             ON CONFLICT DO UPDATE SET robots = excluded.robots, expires = excluded.expires",
        )?;
        for record in records {
            save.execute(params![record.origin, record.text, record.expires.0])?;
        }
        Ok(())
    }

    /// A small write that proves the writer alive, for the watchdog.
    fn heartbeat(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let stamp = self.last_stamp.max(now.0);
        self.connection
            .prepare_cached(
                "INSERT INTO meta(key, value) VALUES('last_stamp', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            )?
            .execute([stamp])?;
        Ok(())
    }
}

fn done((): ()) -> Reply {
    Reply::Done
}
