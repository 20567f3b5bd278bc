//! The writer's thread on a node of a cluster: it leads, and what it commits is in the log before; or it follows, and applies
//! what is.

use super::job::Answer;
use super::node::{Append, Followed, Forwarded, Log, Node};
use super::read::Reader;
use super::replica::{Capture, FollowError};
use super::work::Work;
use super::{DiskTrouble, WriteError, patience};
use crate::records::{Command, Committed};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Records that are applied in one transaction take no longer than this.
const APPLY_TIME: Duration = Duration::from_millis(40);

const NOBODY_LEADS: &str = "this node no longer leads its cluster";

impl Work {
    /// Hands a command on that is not this node's to carry out; `Some`: it is.
    pub(super) fn not_forwarded(&mut self, command: Box<Command>, answer: Answer) -> Option<(Box<Command>, Answer)> {
        let Some(node) = self.node.as_ref().filter(|node| !node.leads()) else { return Some((command, answer)) };
        if matches!(*command, Command::Heartbeat { .. }) {
            let touched = self.store.touch();
            match touched.as_ref().err().and_then(DiskTrouble::of) {
                Some(trouble) => self.disk_failed(trouble),
                None => self.disk_works(),
            }
            // Whoever asked may have gone.
            let _ = answer.send(patience::answer(touched.map(|()| Committed::default()).map_err(WriteError::from)));
            return None;
        }
        if command.is_leaders() {
            // Whoever asked may have gone.
            let _ = answer.send(Err(WriteError::Cluster(NOBODY_LEADS.into())));
            return None;
        }
        if let Err(mpsc::error::SendError(unsent)) = node.links.outbox.send(Forwarded { command, answer }) {
            let _ = unsent.answer.send(Err(WriteError::Ended));
        }
        None
    }

    /// Watches the transaction that was begun, where what it changes goes to the log.
    pub(super) fn capture(&mut self) -> rusqlite::Result<Option<Capture>> {
        match self.node.as_ref().is_some_and(Node::leads) {
            true => Capture::begin(&self.store.connection).map(Some),
            false => Ok(None),
        }
    }

    /// Commits what is in the log, and nothing else.
    pub(super) fn commit_logged(&mut self, mut capture: Capture, committed: &Committed) -> Result<(), WriteError> {
        self.store.finish()?;
        let record = self.store.record(&mut capture, committed)?;
        drop(capture);
        let (Some((seq, body)), Some(node)) = (record, &mut self.node) else { return Ok(self.store.execute("COMMIT")?) };
        let Some(log) = &mut node.log else { return Err(WriteError::Cluster(NOBODY_LEADS.into())) };
        match log.append(seq, body) {
            Append::Appended => {}
            Append::Refused => {
                tracing::info!(seq, "another node leads the cluster");
                return Err(WriteError::Cluster(NOBODY_LEADS.into()));
            }
            Append::Unknown(why) => {
                tracing::warn!(seq, why, "the cluster's log does not answer");
                return Err(WriteError::InDoubt(format!("the cluster's log does not answer: {why}")));
            }
        }
        self.store.execute("COMMIT")?;
        if committed.cluster.check {
            self.check(seq);
        }
        Ok(())
    }

    /// After a record of its own that could not be committed a node follows: what is in the log it applies from there.
    pub(super) fn step_down(&mut self) {
        if let Some(node) = self.node.as_mut().filter(|node| node.leads()) {
            node.set_log(None);
            self.store.searched = None;
            // An index that is being built was read before what others commit from now on.
            self.store.epoch += 1;
            self.follow_from_here();
        }
    }

    /// Leads from now on.
    pub(super) fn lead(&mut self, log: Box<dyn Log>) -> rusqlite::Result<()> {
        self.store.set_triggers(true)?;
        self.store.index = None;
        self.store.searched = Some(Vec::new());
        if let Some(node) = &mut self.node {
            node.set_log(Some(log));
        }
        Ok(())
    }

    /// What is in memory of a leader's is not a follower's.
    pub(super) fn follow_from_here(&mut self) {
        self.store.index = None;
        self.store.is_watched = None;
        if let Err(error) = self.store.set_triggers(false) {
            tracing::error!(%error, "triggers could not be held back");
        }
    }

    /// Applies records of the log, several in one transaction.
    pub(super) fn follow(&mut self, records: Vec<(u64, Vec<u8>)>) -> Result<Followed, FollowError> {
        let mut followed = Followed::default();
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let started = Instant::now();
            self.store.begin(false).map_err(WriteError::from)?;
            let (mut news, mut check) = (Committed::default(), None);
            let mut applied = Ok(());
            while let Some((seq, body)) = records.next_if(|_| started.elapsed() < APPLY_TIME && check.is_none()) {
                match self.store.apply_record(seq, &body) {
                    Ok(changed) => {
                        check = changed.as_ref().filter(|changed| changed.cluster.check).map(|_| seq);
                        changed.iter().for_each(|changed| news.add(changed));
                        followed.seq = seq;
                    }
                    Err(error) => {
                        applied = Err(error);
                        break;
                    }
                }
            }
            let last_stamp = self.store.last_stamp;
            let done = applied.and_then(|()| self.store.execute("COMMIT").map_err(|error| WriteError::from(error).into()));
            if let Err(error) = done {
                self.store.roll_back(false);
                self.store.last_stamp = last_stamp;
                if let FollowError::Write(error) = &error
                    && let Some(trouble) = error.disk()
                {
                    self.disk_failed(trouble);
                }
                return Err(error);
            }
            self.checkpoints.committed(&self.store.connection);
            if news.published {
                self.changed.send_modify(|generation| *generation += 1);
            }
            if let Some(seq) = check {
                self.check(seq);
            }
            // Tables moved under whatever is built from them.
            self.store.epoch += 1;
            news.took = started.elapsed();
            (self.listener)(&news);
            followed.news.add(&news);
        }
        Ok(followed)
    }

    /// Hashes the tables as they are now, beside the writer.
    fn check(&self, seq: u64) {
        let Some(node) = &self.node else { return };
        let held = self.store.connection.path().map(PathBuf::from).ok_or("the database has no file".to_owned());
        let held = held.and_then(|path| Reader::open(&path).map_err(|error| error.to_string()));
        let held = held.and_then(|reader| reader.hold().map(|()| reader).map_err(|error| error.to_string()));
        let checks = node.links.checks.clone();
        let hash = move || match held.and_then(|reader| reader.fingerprint().map_err(|error| error.to_string())) {
            // Who waits for it may have gone.
            Ok(hash) => _ = checks.send((seq, hash)),
            Err(error) => tracing::warn!(seq, error, "the tables were not checked"),
        };
        if let Err(error) = std::thread::Builder::new().name("check".into()).spawn(hash) {
            tracing::warn!(seq, %error, "the tables were not checked");
        }
    }
}
