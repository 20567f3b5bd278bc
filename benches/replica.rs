//! What a cluster's log costs: the same commands carried out alone, by a leader, and applied by a follower.
//!
//!     courant --config … once --all --record RECORD
//!     cargo bench --features cluster --bench replica -- RECORD
//!
//! Prints CPU µs an entry of each, bytes of log an entry, and bytes of log a poll that found nothing; of a record with pages
//! also what a page costs the one who leads, the ones who follow, and on its way from whoever fetched it.

use courant::daemon;
use courant::model::{FeedId, Timestamp};
use courant::records::{Command, Poll, Recorded};
use courant::schedule::FeedState;
use courant::store::{Append, Door, Log, NodeLinks, Opened, Opening, Reader, Replica, Reserve, Store, Writer};
use rustix::time::{ClockId, clock_gettime};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

type Records = Vec<(u64, Vec<u8>)>;

/// A log in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Records>>);

impl Log for Kept {
    fn append(&mut self, seq: u64, body: Vec<u8>) -> Append {
        self.0.lock().map_or(Append::Refused, |mut kept| {
            kept.push((seq, body));
            Append::Appended
        })
    }
}

/// CPU time of the process so far.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A writer of a new database; as a node's where it is one.
fn open(path: &Path, opening: Opening, is_node: bool) -> anyhow::Result<(Writer, std::thread::JoinHandle<()>)> {
    let store = Store::open_any(path, opening)?;
    if !is_node {
        return Ok(Writer::start(store, Box::new(|_| {}), None));
    }
    store.be_replica(&Replica { cluster: "bench".into(), node: "n".into(), seq: 0, chain: 0, list: None })?;
    let links =
        NodeLinks { outbox: mpsc::unbounded_channel().0, checks: mpsc::unbounded_channel().0, leads: watch::Sender::new(false) };
    let door = Door::Open(Box::new(Opened { store, recorder: None }));
    Ok(Writer::begin_node(door, Reserve::none(), Box::new(|_| {}), links))
}

/// CPU time of all of a record, and of its pages.
#[derive(Clone, Copy, Default)]
struct Took {
    all: Duration,
    pages: Duration,
}

fn is_page(line: &Recorded) -> bool {
    matches!(line, Recorded::Command(command) if matches!(**command, Command::Page { .. }))
}

/// Carries a record out, its first line left out, as fast as the writer takes it. `between`: told where pages begin or end.
async fn carry_out(writer: &Writer, path: &Path, lines: &[Recorded], mut between: impl FnMut(bool)) -> anyhow::Result<Took> {
    let begun = cpu();
    let mut answers = Vec::new();
    let (mut pages, mut since) = (Duration::ZERO, None);
    for line in lines {
        if is_page(line) != since.is_some() {
            for answer in answers.drain(..) {
                answer.await??;
            }
            pages += since.take().map_or(Duration::ZERO, |since| cpu() - since);
            since = is_page(line).then(cpu);
            between(is_page(line));
        }
        match line {
            Recorded::Opened { .. } | Recorded::IndexLost => {}
            Recorded::Command(command) => answers.push(writer.give((**command).clone()).await?),
            Recorded::Indexed(plan) => {
                for answer in answers.drain(..) {
                    answer.await??;
                }
                let index = daemon::read_index(&Reader::open(path)?, plan, None)?;
                writer.hand_over(index, *plan, writer.epoch()).await?;
            }
        }
    }
    for answer in answers {
        answer.await??;
    }
    pages += since.map_or(Duration::ZERO, |since| cpu() - since);
    Ok(Took { all: cpu() - begun, pages })
}

/// A page on its way to the leader: written and packed by the one, unpacked and read by the other.
fn travels(lines: &[Recorded]) -> anyhow::Result<Duration> {
    let begun = cpu();
    for line in lines.iter().filter(|line| is_page(line)) {
        let packed = zstd::bulk::compress(&serde_json::to_vec(line)?, 1)?;
        let text = String::from_utf8(zstd::decode_all(packed.as_slice())?)?;
        std::hint::black_box(serde_json::from_str::<Recorded>(&text)?);
    }
    Ok(cpu() - begun)
}

/// A poll that found nothing.
fn quiet(feed: i64, at: Timestamp) -> Poll {
    Poll {
        feed: FeedId(feed),
        at,
        state: FeedState::default(),
        next_poll: Some(at.plus(Duration::from_secs(3600))),
        reasons: vec!["interval 1h".into()],
        error: None,
        trouble: None,
        event: None,
        moved_to: None,
        held: None,
        validators: None,
        hub: None,
        wire_bytes: 100,
        document: None,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Some(record) = std::env::args().skip(1).find(|word| !word.starts_with('-')) else {
        println!("replica: no RECORD is named; nothing is measured");
        return Ok(());
    };
    let text = std::fs::read_to_string(record)?;
    let lines: Vec<Recorded> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let Some(Recorded::Opened { at, instance }) = lines.first() else { anyhow::bail!("a record begins with an opened database") };
    let opening = Opening { at: *at, instance: *instance };
    let folder = tempfile::tempdir()?;
    let to = |name: &str| folder.path().join(name);

    let (writer, _) = open(&to("alone.db"), opening, false)?;
    let alone = carry_out(&writer, &to("alone.db"), &lines, |_| {}).await?;
    let n_entries = f64::from(u32::try_from(Reader::open(&to("alone.db"))?.size()?.0)?);

    let log = Kept::default();
    let (leader, _) = open(&to("leader.db"), opening, true)?;
    leader.lead(Box::new(log.clone())).await?;
    // Records from there on are of pages, or are not.
    let mut kinds = vec![(0, false)];
    let n_so_far = log.clone();
    let between = |pages| kinds.push((n_so_far.0.lock().map_or(0, |kept| kept.len()), pages));
    let leading = carry_out(&leader, &to("leader.db"), &lines, between).await?;
    let records = log.0.lock().map_or(Vec::new(), |kept| kept.clone());
    let n_bytes: usize = records.iter().map(|(_, body)| body.len()).sum();

    let (follower, _) = open(&to("follower.db"), opening, true)?;
    let n_records = records.len();
    let mut following = Took::default();
    for (n, record) in records.into_iter().enumerate() {
        let begun = cpu();
        follower.follow(vec![record]).await?;
        let took = cpu() - begun;
        following.all += took;
        if kinds.iter().rev().find(|(from, _)| *from <= n).is_some_and(|(_, pages)| *pages) {
            following.pages += took;
        }
    }

    let n_feeds = Reader::open(&to("leader.db"))?.feeds()?.len() as i64;
    let later = at.plus(Duration::from_secs(86_400));
    let before = log.0.lock().map_or(0, |kept| kept.len());
    let mut n_polls = 0.0;
    for batch in (1..=n_feeds).collect::<Vec<_>>().chunks(256) {
        n_polls += batch.len() as f64;
        leader.submit(Command::Unchanged(batch.iter().map(|feed| quiet(*feed, later)).collect())).await?;
    }
    let quiet_bytes: usize = log.0.lock().map_or(0, |kept| kept[before..].iter().map(|(_, body)| body.len()).sum());

    let an_entry = |time: Duration| time.as_secs_f64() * 1e6 / n_entries;
    println!("{n_entries} entries, {n_records} records, {n_feeds} feeds");
    println!("alone      {:.1} µs an entry", an_entry(alone.all));
    let for_log = an_entry(leading.all) - an_entry(alone.all);
    println!("leading    {:.1} µs an entry: {for_log:.1} for the log", an_entry(leading.all));
    println!("following  {:.1} µs an entry", an_entry(following.all));
    let n_pages = lines.iter().filter(|line| is_page(line)).count();
    if n_pages > 0 {
        let a_page = |time: Duration| time.as_secs_f64() * 1e6 / n_pages as f64;
        let travels = a_page(travels(&lines)?);
        println!(
            "a page     {n_pages} of them: {:.1} µs alone, {:.1} leading, {:.1} following, {travels:.1} on its way to the leader",
            a_page(alone.pages),
            a_page(leading.pages),
            a_page(following.pages)
        );
    }
    println!(
        "log        {:.0} B an entry, {:.1} B a poll that found nothing",
        n_bytes as f64 / n_entries,
        quiet_bytes as f64 / n_polls
    );
    Ok(())
}
