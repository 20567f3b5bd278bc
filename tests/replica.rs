//! Nodes of a cluster: what the leader's writer commits is a record, and whoever applies the records has the same database.
#![cfg(feature = "cluster")]

mod common;
#[path = "common/recording.rs"]
mod recording;

use courant::cluster::submission_id;
use courant::config::Config;
use courant::daemon;
use courant::model::{FeedId, StoryId, Timestamp, key_of};
use courant::outputs::Imprint;
use courant::records::{Command, Loan, Marking, Recorded, Reply, View, ViewedNode};
use courant::store::{
    Append, Door, FollowError, Followed, Forwarded, Log, NodeLinks, Opened, Opening, Reader, Replica, Reserve, Store, WriteError,
    Writer,
};
use recording::recorded;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, watch};

const CHECKED: &str = r#"{"command":{"check":{"at":1790000000000}}}"#;

type Record = (u64, Vec<u8>);

/// What an append is answered with, and the records that were appended.
#[derive(Clone, Default)]
struct Records {
    kept: Arc<Mutex<Vec<Record>>>,
    answer: Arc<Mutex<Option<Append>>>,
}

impl Log for Records {
    fn append(&mut self, seq: u64, body: Vec<u8>) -> Append {
        if let Some(answer) = self.answer.lock().unwrap().clone() {
            return answer;
        }
        self.kept.lock().unwrap().push((seq, body));
        Append::Appended
    }
}

struct Node {
    path: PathBuf,
    writer: Writer,
    thread: JoinHandle<()>,
    outbox: mpsc::UnboundedReceiver<Forwarded>,
    checks: mpsc::UnboundedReceiver<(u64, u128)>,
    leads: watch::Receiver<bool>,
}

impl Node {
    /// A node of a cluster whose database is empty, or that of a file.
    fn start(path: &Path, opening: Opening) -> Node {
        let store = Store::open_any(path, opening).unwrap();
        if store.replica().unwrap().is_none() {
            let replica = Replica { cluster: "c".into(), node: "n".into(), seq: 0, chain: 0, list: None };
            store.be_replica(&replica).unwrap();
        }
        let ((to_outbox, outbox), (to_checks, checks)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let (leads_told, leads) = watch::channel(false);
        let links = NodeLinks { outbox: to_outbox, checks: to_checks, leads: leads_told };
        let door = Door::Open(Box::new(Opened { store, recorder: None }));
        let (writer, thread) = Writer::begin_node(door, Reserve::none(), Box::new(|_| {}), links);
        Node { path: path.to_owned(), writer, thread, outbox, checks, leads }
    }

    fn end(self) {
        drop(self.writer);
        self.thread.join().unwrap();
    }

    fn fingerprint(&self) -> u128 {
        Reader::open(&self.path).unwrap().fingerprint().unwrap()
    }
}

fn opening_of(record: &str) -> Opening {
    match serde_json::from_str(record.lines().next().unwrap()).unwrap() {
        Recorded::Opened { at, instance } => Opening { at, instance },
        other => panic!("{other:?}"),
    }
}

/// Does a record again on a node that leads.
async fn lead(node: &Node, record: &str) {
    for line in record.lines().chain([CHECKED]) {
        match serde_json::from_str(line).unwrap() {
            // A command that is refused leaves nothing in the transaction of the others.
            Recorded::Opened { at, .. } => {
                let unknown = Command::Remove { feed: FeedId(999), purge: true, at };
                let check = Command::Check { at: Timestamp(1_790_000_000_000) };
                let (refused, done) = tokio::join!(node.writer.submit(unknown), node.writer.submit(check));
                assert!(refused.is_err() && done.is_ok(), "{refused:?} {done:?}");
            }
            Recorded::Command(command) => _ = node.writer.submit(*command).await.unwrap(),
            Recorded::Indexed(plan) => {
                let index = daemon::read_index(&Reader::open(&node.path).unwrap(), &plan, None).unwrap();
                assert!(node.writer.hand_over(index, plan, node.writer.epoch()).await.unwrap());
            }
            Recorded::IndexLost => {}
        }
    }
}

/// A list that all nodes share, in the place of another.
fn share(from: Option<&str>, text: &str) -> Command {
    Command::ShareList { from: from.map(key_of), text: text.into(), list: Vec::new(), at: Timestamp(1_790_000_000_000) }
}

fn documents(config: &Config, path: &Path) -> Vec<(String, Vec<u8>)> {
    let imprint = Imprint {
        outputs: config.outputs.clone(),
        base_url: config.base_url(),
        is_served: true,
        images: Default::default(),
        hub: None,
        node: None,
        tells_sizes: false,
    };
    imprint
        .everything(&Reader::open(path).unwrap(), Timestamp(0))
        .unwrap()
        .into_iter()
        .map(|(name, text)| (name, text.into()))
        .collect()
}

#[tokio::test]
async fn who_applies_the_records_has_the_same_database_and_the_same_outputs() {
    let folder = tempfile::tempdir().unwrap();
    // The world is a server of its own, which blocks.
    let at = folder.path().to_owned();
    let (record, config) = tokio::task::spawn_blocking(move || recorded(&at)).await.unwrap();
    let record = std::fs::read_to_string(record).unwrap();
    let log = Records::default();
    let to = |name: &str| folder.path().join(name);
    let leader = Node::start(&to("leader.db"), opening_of(&record));
    leader.writer.lead(Box::new(log.clone())).await.unwrap();
    assert!(*leader.leads.borrow());
    lead(&leader, &record).await;

    let records = log.kept.lock().unwrap().clone();
    assert!(records.len() > 20, "{}", records.len());
    let follower = Node::start(&to("follower.db"), opening_of(&record));
    // One by one, then all that is left at once, some of it twice.
    for record in &records[..10] {
        assert_eq!(follower.writer.follow(vec![record.clone()]).await.unwrap().seq, record.0);
    }
    let Followed { seq, news } = follower.writer.follow(records[5..].to_vec()).await.unwrap();
    assert_eq!(seq as usize, records.len());
    assert!(news.published, "{news:?}");
    assert_eq!(leader.fingerprint(), follower.fingerprint());
    assert_eq!(documents(&config, &leader.path), documents(&config, &follower.path));

    // The same commands where there is no cluster.
    let alone = to("alone.db");
    let whole = format!("{}\n{CHECKED}\n", record.trim_end());
    daemon::replay(whole.as_bytes(), &alone).unwrap();
    assert_eq!(Reader::open(&alone).unwrap().fingerprint().unwrap(), leader.fingerprint());
    let refused = Store::open(&leader.path, Opening::now(Timestamp(1)));
    assert!(refused.is_err_and(|error| error.to_string().contains("of a cluster")));
    leader.end();
    follower.end();
}

#[tokio::test]
async fn what_is_not_in_the_log_is_not_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let opening = Opening { at: Timestamp(1_790_000_000_000), instance: uuid::Uuid::from_u128(7) };
    let log = Records::default();
    let mut node = Node::start(&folder.path().join("a.db"), opening);
    node.writer.lead(Box::new(log.clone())).await.unwrap();
    node.writer.submit(share(None, "one")).await.unwrap();
    let before = node.fingerprint();
    for answer in [Append::Refused, Append::Unknown("no answer".into())] {
        *log.answer.lock().unwrap() = Some(answer.clone());
        node.writer.lead(Box::new(log.clone())).await.unwrap();
        let refused = node.writer.submit(share(Some("one"), "two")).await;
        match answer {
            Append::Refused => assert!(matches!(refused, Err(WriteError::Cluster(_))), "{refused:?}"),
            _ => assert!(matches!(refused, Err(WriteError::InDoubt(_))), "{refused:?}"),
        }
        assert_eq!(node.fingerprint(), before);
        // It follows from then on: what it is asked for is the leader's to do.
        assert!(!*node.leads.borrow());
        let (asked, forwarded) = tokio::join!(node.writer.submit(share(Some("one"), "three")), async {
            let Forwarded { command, answer } = node.outbox.recv().await.unwrap();
            answer.send(Err(WriteError::FeedGone)).unwrap();
            command
        });
        assert!(matches!(asked, Err(WriteError::FeedGone)) && matches!(*forwarded, Command::ShareList { .. }));
        // … but for what only a leader decides: whoever leads decides it anew.
        let decided = node.writer.submit(Command::EndWaits { at: Timestamp(1_790_000_000_002) }).await;
        assert!(matches!(decided, Err(WriteError::Cluster(_))), "{decided:?}");
    }
    // The one that nobody knew of is in the log after all.
    *log.answer.lock().unwrap() = None;
    let other = Node::start(&folder.path().join("b.db"), opening);
    other.writer.lead(Box::new(log.clone())).await.unwrap();
    let first = log.kept.lock().unwrap().clone();
    log.kept.lock().unwrap().clear();
    other.writer.step_down().await.unwrap();
    other.writer.follow(first).await.unwrap();
    other.writer.lead(Box::new(log.clone())).await.unwrap();
    other.writer.submit(share(Some("one"), "two")).await.unwrap();
    other.writer.submit(Command::Check { at: Timestamp(1_790_000_000_001) }).await.unwrap();
    let rest = log.kept.lock().unwrap().clone();
    let mut other = other;
    assert_eq!(node.writer.follow(rest).await.unwrap().seq, 3);
    assert_eq!(node.checks.recv().await, other.checks.recv().await);
    assert_eq!(node.fingerprint(), other.fingerprint());
    node.end();
    other.end();
}

/// A record that says so, and changes nothing.
fn saying(words: &str) -> Record {
    let packed = zstd::bulk::compress(&[&(words.len() as u32).to_be_bytes(), words.as_bytes()].concat(), 1).unwrap();
    let chain = xxhash_rust::xxh3::xxh3_128(&[&0u128.to_be_bytes(), packed.as_slice()].concat());
    (1, [&chain.to_be_bytes(), packed.as_slice()].concat())
}

#[tokio::test]
async fn a_newer_version_s_records_are_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let opening = Opening { at: Timestamp(1_790_000_000_000), instance: uuid::Uuid::from_u128(7) };
    let node = Node::start(&folder.path().join("a.db"), opening);
    let before = node.fingerprint();
    for words in [r#"{"v":9999,"t":0}"#, r#"{"v":9999,"t":"in words","s":7,"more":[]}"#] {
        let refused = node.writer.follow(vec![saying(words)]).await;
        let Err(FollowError::Newer { seq: 1, found: 9999, .. }) = &refused else { panic!("{refused:?}") };
        assert!(refused.unwrap_err().to_string().contains("install that version here too"));
    }
    let spoilt = node.writer.follow(vec![saying(r#"{"v":1,"t":"in words"}"#)]).await;
    assert!(matches!(spoilt, Err(FollowError::Diverged { seq: 1, .. })), "{spoilt:?}");
    assert_eq!(node.fingerprint(), before);
    assert_eq!(node.writer.follow(vec![saying(r#"{"v":1,"t":0}"#)]).await.unwrap().seq, 1, "it has not lost its place");
    node.end();
}

#[tokio::test]
async fn a_command_that_is_submitted_twice_is_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let opening = Opening { at: Timestamp(1_790_000_000_000), instance: uuid::Uuid::from_u128(7) };
    let node = Node::start(&folder.path().join("a.db"), opening);
    node.writer.lead(Box::new(Records::default())).await.unwrap();
    let member = async |n: u64, session| {
        let nodes = vec![ViewedNode { node: "n2".into(), session, url: String::new() }];
        let loans = vec![Loan { domain: format!("{n}.example"), node: "n2".into() }];
        node.writer.submit(Command::View { view: View { n, nodes, loans } }).await.unwrap();
    };
    let shared = || Reader::open(&node.path).unwrap().shared_list().unwrap();
    let reply_to = |session, n| Reader::open(&node.path).unwrap().reply_to(submission_id(session, n)).unwrap();
    let submit = async |from: Option<&str>, text: &str, session, n| {
        let (command, n) = (Box::new(share(from, text)), submission_id(session, n));
        node.writer.submit(Command::Forwarded { node: "n2".into(), session, n, command }).await.map(|committed| committed.reply)
    };
    assert!(matches!(submit(None, "a", 1, 1).await, Err(WriteError::NotAMember)));
    member(1, 1).await;
    let done = submit(None, "a", 1, 1).await.unwrap();
    assert!(matches!(done, Reply::Subscribed(_)));
    // As the next leader is asked whom the answer of the last one did not reach: the same answer, and nothing is done.
    assert_eq!(submit(Some("a"), "b", 1, 1).await.unwrap(), done);
    assert_eq!((shared().as_deref(), reply_to(1, 1)), (Some("a"), Some(done)));
    // Who changed a list that is another's by now loses nobody's change.
    assert!(matches!(submit(Some("x"), "b", 1, 2).await, Err(WriteError::Stale)));
    submit(Some("a"), "c", 1, 3).await.unwrap();
    // What was refused before a later one was done was not done: whoever is asked again judges it anew, and does it once.
    assert!(matches!(submit(Some("x"), "d", 1, 2).await, Err(WriteError::Stale)));
    assert_eq!((shared().as_deref(), reply_to(1, 2)), (Some("c"), None));
    submit(Some("c"), "d", 1, 2).await.unwrap();
    submit(Some("d"), "e", 1, 2).await.unwrap();
    assert_eq!(shared().as_deref(), Some("d"));
    assert_eq!(Reader::open(&node.path).unwrap().view().unwrap().loans.len(), 1);
    // The next membership counts from the beginning, and the one before it has nothing more to say.
    member(2, 2).await;
    assert!(matches!(submit(Some("d"), "e", 1, 4).await, Err(WriteError::NotAMember)));
    submit(Some("d"), "f", 2, 1).await.unwrap();
    submit(Some("f"), "g", 2, 1).await.unwrap();
    assert_eq!(shared().as_deref(), Some("f"));
    // What came to be done long ago is known as done when its reply is not kept any more; what is to come is not.
    for n in 2..=514 {
        let (command, n) = (Box::new(Command::Check { at: Timestamp(1_790_000_000_001) }), submission_id(2, n));
        node.writer.submit(Command::Forwarded { node: "n2".into(), session: 2, n, command }).await.unwrap();
    }
    assert_eq!((reply_to(2, 1), reply_to(2, 515)), (Some(Reply::default()), None));
    node.end();
}

#[tokio::test]
async fn a_record_that_is_another_than_it_was_is_not_applied() {
    let folder = tempfile::tempdir().unwrap();
    let opening = Opening { at: Timestamp(1_790_000_000_000), instance: uuid::Uuid::from_u128(7) };
    let log = Records::default();
    let leader = Node::start(&folder.path().join("a.db"), opening);
    leader.writer.lead(Box::new(log.clone())).await.unwrap();
    let mark = |at| Command::Mark { stories: vec![StoryId(1)], marking: Marking::READ, at: Timestamp(at) };
    for n in 0..4 {
        let before = (n > 0).then(|| format!("list {}", n - 1));
        leader.writer.submit(share(before.as_deref(), &format!("list {n}"))).await.unwrap();
        leader.writer.submit(mark(1_790_000_000_000 + n)).await.unwrap();
    }
    let records = log.kept.lock().unwrap().clone();
    assert_eq!(records.len(), 4, "what changes nothing is no record");
    let follower = Node::start(&folder.path().join("b.db"), opening);
    follower.writer.follow(records[..1].to_vec()).await.unwrap();
    let before = follower.fingerprint();
    let seq = records[1].0;
    let mut damaged: Vec<Vec<Record>> = vec![records[2..].to_vec(), vec![(seq, Vec::new())], vec![(seq, records[2].1.clone())]];
    for at in 0..records[1].1.len() {
        let mut flipped = records[1].clone();
        flipped.1[at] ^= 1;
        damaged.push(vec![flipped]);
    }
    for records in damaged {
        let refused = follower.writer.follow(records).await;
        assert!(matches!(refused, Err(FollowError::Diverged { .. })), "{refused:?}");
        assert_eq!(follower.fingerprint(), before);
    }
    // A row that is another than it was.
    let behind = rusqlite::Connection::open(&follower.path).unwrap();
    behind.execute("DELETE FROM texts", []).unwrap();
    let refused = follower.writer.follow(records[1..].to_vec()).await;
    assert!(matches!(refused, Err(FollowError::Diverged { .. })), "{refused:?}");
    leader.end();
    follower.end();
}
