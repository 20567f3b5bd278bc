//! What several machines share: the same cases against the engine in memory and against PostgreSQL, and the rules that are
//! pure. Where no PostgreSQL is installed its cases are left out, and say so.
#![cfg(feature = "cluster")]

#[path = "cluster/server.rs"]
mod server;

use courant::cluster::{
    Append, Bell, Engine, EngineError, Fault, Head, LEADER_LEASE, Leader, Licence, MAX_CHUNK_BYTES, MemberState, Memory,
    NODE_LEASE, PostgresEngine, Snapshot, owner, submission_id, wrong_by,
};
use courant::records::{Loan, View, ViewedNode};
use proptest::prelude::*;
use rustix::process::Signal;
use server::Server;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CLUSTER: &str = "0b7e3c3e-52a5-4a52-9d0c-6a0c6c7f9a11";
const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(1);

/// An engine with a clock that tests may move.
enum Rig {
    Memory(Arc<Memory>),
    Postgres(String),
}

impl Rig {
    fn node(&self, name: &str) -> Arc<dyn Engine> {
        match self {
            Rig::Memory(memory) => Arc::new(memory.node(name)),
            Rig::Postgres(url) => Arc::new(PostgresEngine::new(url).unwrap()),
        }
    }

    /// A cluster and its first node.
    async fn created(&self) -> Arc<dyn Engine> {
        let engine = self.node("n1");
        engine.create(CLUSTER).await.unwrap();
        engine
    }

    async fn advance(&self, time: Duration) {
        match self {
            Rig::Memory(_) => tokio::time::advance(time).await,
            Rig::Postgres(url) => {
                let back = format!("until - {} * interval '1 millisecond'", time.as_millis());
                run_sql(url, &format!("UPDATE courant_lead SET until = {back}; UPDATE courant_nodes SET until = {back}")).await;
            }
        }
    }
}

async fn run_sql(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
}

type Case = for<'a> fn(&'a Rig) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

macro_rules! cases {
    ($($name:ident)*) => { [$((stringify!($name), (|rig| Box::pin($name(rig))) as Case)),*] };
}

fn all_cases() -> impl Iterator<Item = (&'static str, Case)> {
    cases! {
        a_cluster_is_made_once the_log_keeps_order_and_terms old_records_are_trimmed one_leads_at_a_time
        who_yields_is_followed_at_once members_come_and_go removed_nodes_are_refused submissions_are_answered_once
        what_dead_sessions_left_is_swept_away only_whole_snapshots_are_seen a_log_goes_on_behind_a_snapshot bells_wake one_of_many_appends
        a_reseeded_cluster_begins_anew
    }
    .into_iter()
}

fn state(applied: u64) -> MemberState {
    MemberState {
        polls: true,
        version: "1.0".to_owned(),
        schema: 3,
        applied,
        view: 2,
        url: "http://n.example/".to_owned(),
        checked: Some((applied, u128::MAX - 1)),
        clock: 1_795_000_000_000,
    }
}

#[test]
fn memory_keeps_what_an_engine_promises() {
    for (name, case) in all_cases() {
        println!("{name}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(case(&Rig::Memory(Memory::new())));
    }
}

#[test]
fn postgresql_keeps_what_an_engine_promises() {
    let Some(server) = Server::start() else { return left_out() };
    for (name, case) in all_cases() {
        println!("{name}");
        runtime().block_on(async {
            database(&server, name).await;
            case(&Rig::Postgres(server.url(name))).await;
        });
    }
}

fn left_out() {
    eprintln!("left out: no PostgreSQL is installed");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Makes a database, as soon as the server takes connections.
async fn database(server: &Server, name: &str) {
    let began = Instant::now();
    while tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await.is_err() {
        assert!(began.elapsed() < 60 * SECOND, "the server does not start");
        tokio::time::sleep(50 * MOMENT).await;
    }
    run_sql(&server.url("postgres"), &format!("CREATE DATABASE {name}")).await;
}

async fn a_cluster_is_made_once(rig: &Rig) {
    let n1 = rig.node("n1");
    assert_eq!(n1.identity().await, Err(EngineError::NotACluster));
    assert_eq!(n1.head().await, Err(EngineError::NotACluster));
    assert!(matches!(n1.append(1, 1, b"x").await, Append::Unknown(_)));
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert!(n1.clock().await.unwrap().abs_diff(since.as_millis() as i64) < 60_000);
    n1.create(CLUSTER).await.unwrap();
    let n2 = rig.node("n2");
    assert_eq!(n2.create("5a2d5d0e-0e0f-4d61-8a5e-7f6b0d2d9c55").await, Err(EngineError::Exists));
    assert_eq!(n2.identity().await.as_deref(), Ok(CLUSTER));
    assert_eq!(n2.head().await, Ok(Head { newest: 0, oldest: 0 }));
    assert_eq!((n2.leader().await, n2.members().await, n2.snapshot().await), (Ok(None), Ok(vec![]), Ok(None)));
}

async fn the_log_keeps_order_and_terms(rig: &Rig) {
    let n1 = rig.created().await;
    assert_eq!(n1.append(1, 0, b"nobody leads").await, Append::Fenced);
    let term = n1.lead("n1").await.unwrap().unwrap();
    assert_eq!(n1.append(1, term + 1, b"a term to come").await, Append::Fenced);
    let bodies: Vec<Vec<u8>> = (0..5).map(|n| vec![n; 1000]).collect();
    for (seq, body) in (1..).zip(&bodies) {
        assert_eq!(n1.append(seq, term, body).await, Append::Appended);
    }
    assert_eq!(n1.append(3, term, &bodies[2]).await, Append::Taken);
    assert_eq!(n1.append(7, term, b"6 is not there").await, Append::Gap);

    let n2 = rig.node("n2");
    assert_eq!(n2.head().await, Ok(Head { newest: 5, oldest: 1 }));
    let seqs = async |after, max_bytes| {
        let read = n2.read(after, max_bytes).await.unwrap();
        assert!(read.iter().all(|logged| logged.term == term && logged.body == bodies[usize::try_from(logged.seq).unwrap() - 1]));
        read.into_iter().map(|logged| logged.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(0, 1 << 20).await, [1, 2, 3, 4, 5]);
    assert_eq!(seqs(1, 2000).await, [2, 3]);
    assert_eq!(seqs(3, 1).await, [4]);
    assert_eq!(seqs(5, 1 << 20).await, [0u64; 0]);
    assert_eq!(n2.log_bytes().await, Ok(5000));
}

async fn old_records_are_trimmed(rig: &Rig) {
    let n1 = rig.created().await;
    let term = n1.lead("n1").await.unwrap().unwrap();
    n1.trim(10).await.unwrap();
    for seq in 1..=5 {
        assert_eq!(n1.append(seq, term, b"x").await, Append::Appended);
    }
    n1.trim(3).await.unwrap();
    assert_eq!(n1.head().await, Ok(Head { newest: 5, oldest: 3 }));
    n1.trim(100).await.unwrap();
    assert_eq!(n1.head().await, Ok(Head { newest: 5, oldest: 5 }), "the newest stays");
    assert_eq!(n1.append(6, term, b"x").await, Append::Appended);
}

async fn one_leads_at_a_time(rig: &Rig) {
    let (n1, n2) = (rig.created().await, rig.node("n2"));
    let first = n1.lead("n1").await.unwrap().unwrap();
    assert_eq!(n2.lead("n2").await, Ok(None));
    assert_eq!(n2.leader().await, Ok(Some(Leader { node: "n1".to_owned(), term: first })));
    rig.advance(LEADER_LEASE - SECOND).await;
    assert_eq!(n1.keep("n1", first).await, Ok(true));
    rig.advance(LEADER_LEASE - SECOND).await;
    assert_eq!(n2.lead("n2").await, Ok(None), "it was kept");
    assert_eq!((n2.keep("n2", first).await, n1.keep("n1", first + 1).await), (Ok(false), Ok(false)));

    rig.advance(2 * SECOND).await;
    assert_eq!(n2.leader().await, Ok(None));
    let second = n2.lead("n2").await.unwrap().unwrap();
    assert!(second > first);
    assert_eq!(n1.keep("n1", first).await, Ok(false));
    assert_eq!(n1.append(1, first, b"deposed").await, Append::Fenced);
    assert_eq!(n2.append(1, second, b"leads").await, Append::Appended);
    assert_eq!(n1.append(1, first, b"deposed").await, Append::Fenced);
}

async fn who_yields_is_followed_at_once(rig: &Rig) {
    let (n1, n2) = (rig.created().await, rig.node("n2"));
    let first = n1.lead("n1").await.unwrap().unwrap();
    n2.yield_lead("n2", first).await.unwrap();
    n1.yield_lead("n1", first + 1).await.unwrap();
    assert_eq!(n1.keep("n1", first).await, Ok(true), "only its own lead, in its term, is given up");
    n1.yield_lead("n1", first).await.unwrap();
    assert_eq!(n1.append(1, first, b"x").await, Append::Fenced);
    assert_eq!(n1.keep("n1", first).await, Ok(false));
    assert_eq!(n2.lead("n2").await, Ok(Some(first + 1)));
}

async fn members_come_and_go(rig: &Rig) {
    let (n1, n2) = (rig.created().await, rig.node("n2"));
    let second = n2.join("n2", &state(0)).await.unwrap();
    let first = n1.join("n1", &state(0)).await.unwrap();
    assert_ne!(first, second);
    let seen = n1.renew("n1", first, &state(7)).await.unwrap().unwrap();
    let names = |members: &[courant::cluster::Member]| members.iter().map(|member| member.node.clone()).collect::<Vec<_>>();
    assert_eq!(names(&seen), ["n1", "n2"]);
    assert_eq!((seen[0].state.clone(), seen[0].session, seen[1].state.clone()), (state(7), first, state(0)));
    assert_eq!(n2.renew("n2", second, &state(1)).await.unwrap().unwrap()[0].state, state(7), "others see it too");
    assert_eq!(n2.renew("n2", first, &state(1)).await, Ok(None), "another's session");

    rig.advance(NODE_LEASE - SECOND).await;
    let seen = n1.renew("n1", first, &state(8)).await.unwrap().unwrap();
    assert!(seen[1].holds_for <= SECOND && seen[1].holds_for > SECOND / 4, "n2 has said nothing: {seen:?}");
    rig.advance(2 * SECOND).await;
    assert_eq!(names(&n1.renew("n1", first, &state(8)).await.unwrap().unwrap()), ["n1"]);
    assert_eq!(n2.renew("n2", second, &state(1)).await, Ok(None), "what has lapsed is over");
    let seen = n1.renew("n1", first, &state(8)).await.unwrap().unwrap();
    assert!(seen[0].holds_for > NODE_LEASE - SECOND / 2, "{seen:?}");
    let all = n1.members().await.unwrap();
    assert!(all[0].lapsed.is_none() && all[1].lapsed.unwrap() >= SECOND / 2, "{all:?}");

    let again = n2.join("n2", &state(1)).await.unwrap();
    assert!(again > second);
    let elsewhere = n2.join("n2", &state(1)).await.unwrap();
    assert_eq!(n2.renew("n2", again, &state(1)).await, Ok(None), "it has joined anew");
    n2.leave("n2", again).await.unwrap();
    assert!(n2.renew("n2", elsewhere, &state(1)).await.unwrap().is_some(), "only its own session is ended");
    n2.leave("n2", elsewhere).await.unwrap();
    assert_eq!(n2.renew("n2", elsewhere, &state(1)).await, Ok(None));
    assert_eq!(names(&n1.renew("n1", first, &state(8)).await.unwrap().unwrap()), ["n1"]);
}

async fn removed_nodes_are_refused(rig: &Rig) {
    let (n1, n2) = (rig.created().await, rig.node("n2"));
    let session = n2.join("n2", &state(0)).await.unwrap();
    n1.remove("n2").await.unwrap();
    assert_eq!(n2.renew("n2", session, &state(0)).await, Ok(None));
    assert_eq!(n2.join("n2", &state(0)).await, Err(EngineError::Removed("n2".to_owned())));
    assert_eq!(n2.submit("n2", session, &[(submission_id(session, 0), vec![1])]).await, Ok(false));
    assert!(n1.members().await.unwrap()[0].removed);
    n1.admit("n2").await.unwrap();
    assert!(n2.join("n2", &state(0)).await.unwrap() > session);
    let nobody = || Err(EngineError::NoSuchNode("n9".to_owned()));
    assert_eq!((n1.remove("n9").await, n1.admit("n9").await), (nobody(), nobody()));
}

async fn submissions_are_answered_once(rig: &Rig) {
    let (n1, n2) = (rig.created().await, rig.node("n2"));
    let mine = n1.join("n1", &state(0)).await.unwrap();
    let other = n2.join("n2", &state(0)).await.unwrap();
    let id = |number| submission_id(other, number);
    let sent = [(id(0), vec![10]), (id(1), vec![11])];
    assert_eq!(n2.submit("n2", other, &sent).await, Ok(true));
    assert_eq!(n2.submit("n2", other, &[(id(1), vec![99]), (id(2), vec![12])]).await, Ok(true), "sent again: it stays as it is");
    assert_eq!(n1.submit("n1", mine, &[(submission_id(mine, 0), vec![])]).await, Ok(true));
    let seen = async |in_hand: &[u64], max| {
        let all = n1.inbox(in_hand, max).await.unwrap();
        all.into_iter().map(|one| (one.id, one.node, one.session, one.body)).collect::<Vec<_>>()
    };
    let of_other = |number: u32, body| (id(number), "n2".to_owned(), other, vec![body]);
    assert_eq!(seen(&[submission_id(mine, 0)], 10).await, [of_other(0, 10), of_other(1, 11), of_other(2, 12)]);
    assert_eq!(seen(&[submission_id(mine, 0), id(0)], 1).await, [of_other(1, 11)]);

    n1.answer(&[(id(0), vec![20]), (id(2), vec![22]), (id(77), vec![])]).await.unwrap();
    assert_eq!(n2.answers(other).await, Ok(vec![(id(0), vec![20]), (id(2), vec![22])]));
    assert_eq!(n1.answers(mine).await, Ok(vec![]));
    n1.answer(&[(id(1), vec![21])]).await.unwrap();
    assert_eq!(n2.answers(other).await, Ok(vec![(id(1), vec![21])]), "each is given out once");
    assert_eq!(n2.answers(other).await, Ok(vec![]));
    assert_eq!(seen(&[], 10).await.len(), 1, "what was answered is gone");
}

async fn what_dead_sessions_left_is_swept_away(rig: &Rig) {
    let (n1, n2) = (rig.created().await, rig.node("n2"));
    let session = n2.join("n2", &state(0)).await.unwrap();
    n2.submit("n2", session, &[(submission_id(session, 0), vec![1]), (submission_id(session, 1), vec![2])]).await.unwrap();
    n1.answer(&[(submission_id(session, 0), vec![3])]).await.unwrap();
    rig.advance(NODE_LEASE + SECOND).await;
    let term = n1.lead("n1").await.unwrap().unwrap();
    assert_eq!(n1.keep("n1", term).await, Ok(true));
    assert_eq!((n1.inbox(&[], 10).await, n2.answers(session).await), (Ok(vec![]), Ok(vec![])));
}

async fn only_whole_snapshots_are_seen(rig: &Rig) {
    let n1 = rig.created().await;
    let old = n1.begin_snapshot(5).await.unwrap();
    n1.put_chunk(old, 0, &[1; 100]).await.unwrap();
    assert_eq!(n1.snapshot().await, Ok(None));
    assert!(matches!(n1.seal_snapshot(old, 2).await, Err(EngineError::Refused(_))), "one is missing");
    n1.put_chunk(old, 1, &[2; 100]).await.unwrap();
    n1.put_chunk(old, 1, &[3; 100]).await.unwrap();
    n1.seal_snapshot(old, 2).await.unwrap();
    n1.seal_snapshot(old, 2).await.unwrap();
    let n2 = rig.node("n2");
    assert_eq!(n2.snapshot().await, Ok(Some(Snapshot { id: old, seq: 5, n_chunks: 2 })));
    assert_eq!(n2.chunk(old, 1).await, Ok(Some(vec![3; 100])));

    let slow = n1.begin_snapshot(8).await.unwrap();
    let new = n1.begin_snapshot(9).await.unwrap();
    n1.put_chunk(new, 0, &vec![9; MAX_CHUNK_BYTES]).await.unwrap();
    assert_eq!(n2.snapshot().await.unwrap().unwrap().id, old);
    n1.seal_snapshot(new, 1).await.unwrap();
    assert_eq!(n2.snapshot().await, Ok(Some(Snapshot { id: new, seq: 9, n_chunks: 1 })));
    assert_eq!(n2.chunk(old, 0).await, Ok(None), "it was replaced");
    assert_eq!(n2.chunk(new, 0).await.unwrap().unwrap().len(), MAX_CHUNK_BYTES);
    for id in [slow, new] {
        assert!(
            matches!(n1.put_chunk(id, 0, &[]).await, Err(EngineError::Refused(_))),
            "nothing is put into what is not being made"
        );
    }
}

/// The leader was beyond the log's end, which the engine has lost: it puts a snapshot there.
async fn a_log_goes_on_behind_a_snapshot(rig: &Rig) {
    let n1 = rig.created().await;
    let term = n1.lead("n1").await.unwrap().unwrap();
    n1.append(1, term, b"x").await;
    let snapshot = n1.begin_snapshot(40).await.unwrap();
    assert_eq!((n1.append(41, term, b"x").await, n1.head().await.unwrap().newest), (Append::Gap, 1), "it is not whole");
    n1.seal_snapshot(snapshot, 0).await.unwrap();
    assert_eq!(n1.head().await, Ok(Head { newest: 40, oldest: 1 }));
    assert_eq!(n1.append(42, term, b"x").await, Append::Gap);
    assert_eq!(n1.append(41, term, b"x").await, Append::Appended);
    assert_eq!(n1.head().await, Ok(Head { newest: 41, oldest: 1 }));
}

async fn bells_wake(rig: &Rig) {
    let (n1, n2) = (rig.created().await, rig.node("n2"));
    let session = n2.join("n2", &state(0)).await.unwrap();
    let term = n1.lead("n1").await.unwrap().unwrap();
    let long = 60 * SECOND;
    let began = tokio::time::Instant::now();
    // A new listener hears every bell once or twice before anything has happened.
    let quiet = async |engine: &Arc<dyn Engine>, bell| {
        let mut heard = 0;
        loop {
            match engine.wait(bell, heard, SECOND / 2).await {
                same if same == heard => return heard,
                rung => heard = rung,
            }
        }
    };
    let heard = (quiet(&n2, Bell::Log).await, quiet(&n1, Bell::Inbox).await, quiet(&n2, Bell::Answers).await);
    n1.append(1, term, b"x").await;
    assert_ne!(n2.wait(Bell::Log, heard.0, long).await, heard.0);
    n2.submit("n2", session, &[(submission_id(session, 0), vec![])]).await.unwrap();
    assert_ne!(n1.wait(Bell::Inbox, heard.1, long).await, heard.1);
    n1.answer(&[(submission_id(session, 0), vec![])]).await.unwrap();
    assert_ne!(n2.wait(Bell::Answers, heard.2, long).await, heard.2);
    assert!(began.elapsed() < long, "it waited for {:?}", began.elapsed());
}

async fn one_of_many_appends(rig: &Rig) {
    let n1 = rig.created().await;
    let rivals: Vec<_> = (0..8).map(|n| (format!("n{n}"), rig.node(&format!("n{n}")))).collect();
    let leads = rivals.iter().map(|(name, engine)| engine.lead(name));
    let terms: Vec<u64> = join_all(leads).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(terms.len(), 1, "one leads");
    let bodies: Vec<[u8; 1]> = (0..8).map(|n| [n]).collect();
    for seq in 1..=20 {
        let appends = rivals.iter().zip(&bodies).map(|((_, engine), body)| engine.append(seq, terms[0], body));
        let done = join_all(appends).await;
        let n_appended = done.iter().filter(|done| **done == Append::Appended).count();
        let n_taken = done.iter().filter(|done| **done == Append::Taken).count();
        assert_eq!((n_appended, n_taken), (1, 7), "{done:?}");
        let won = done.iter().position(|done| *done == Append::Appended).unwrap();
        assert_eq!(n1.read(seq - 1, 1).await.unwrap()[0].body, bodies[won], "what was acknowledged is what is there");
    }
}

async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut under_way: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, done) in under_way.iter_mut().filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        if under_way.iter().all(|(_, done)| done.is_some()) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    under_way.into_iter().filter_map(|(_, done)| done).collect()
}

async fn a_reseeded_cluster_begins_anew(rig: &Rig) {
    let n1 = rig.node("n1");
    n1.reseed(CLUSTER).await.unwrap();
    assert_eq!(n1.identity().await.as_deref(), Ok(CLUSTER), "where all was lost it is made");
    let session = n1.join("n1", &state(0)).await.unwrap();
    let term = n1.lead("n1").await.unwrap().unwrap();
    n1.append(1, term, b"x").await;
    n1.submit("n1", session, &[(submission_id(session, 0), vec![])]).await.unwrap();
    let snapshot = n1.begin_snapshot(1).await.unwrap();
    n1.seal_snapshot(snapshot, 0).await.unwrap();

    n1.reseed(CLUSTER).await.unwrap();
    assert_eq!(n1.append(2, term, b"x").await, Append::Fenced);
    assert_eq!(n1.renew("n1", session, &state(0)).await, Ok(None));
    assert_eq!((n1.head().await, n1.snapshot().await, n1.inbox(&[], 9).await), (Ok(Head::default()), Ok(None), Ok(vec![])));
    let new = n1.lead("n1").await.unwrap().unwrap();
    assert!(new > term);
    assert_eq!(n1.append(41, new, b"x").await, Append::Appended, "it goes on anywhere");
    assert_eq!(n1.append(42, new, b"x").await, Append::Appended);
    assert!(n1.join("n1", &state(0)).await.unwrap() > session);
}

#[test]
fn memory_fails_on_demand() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let memory = Memory::new();
        let (n1, n2) = (memory.node("n1"), memory.node("n2"));
        n1.create(CLUSTER).await.unwrap();
        let term = n1.lead("n1").await.unwrap().unwrap();
        memory.cut("n1");
        assert!(matches!(n1.head().await, Err(EngineError::Unreachable(_))));
        assert!(matches!(n1.append(1, term, b"x").await, Append::Unknown(_)));
        assert_eq!(n2.head().await, Ok(Head::default()), "others reach it");
        memory.heal("n1");
        for (seq, fault, newest) in [(1, Fault::LostBefore, 0), (1, Fault::LostAfter, 1)] {
            memory.fail_next("n1", fault);
            assert!(matches!(n1.append(seq, term, b"x").await, Append::Unknown(_)));
            assert_eq!(n1.head().await.unwrap().newest, newest);
        }
        n1.append(2, term, b"x").await;
        assert!(memory.flip(2, 0) && !memory.flip(2, 1));
        assert_eq!(n1.read(1, 9).await.unwrap()[0].body, b"y");
        memory.drop_newest(1);
        assert_eq!(n1.append(3, term, b"x").await, Append::Gap);
    });
}

#[test]
fn a_server_that_goes_and_comes_is_found_again() {
    let Some(mut server) = Server::start() else { return left_out() };
    runtime().block_on(async {
        database(&server, "back").await;
        // The first host of the two takes connections and says nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let unanswered = silent.local_addr().unwrap().port();
        let url = format!("postgres://courant@127.0.0.1:{unanswered},127.0.0.1:{}/back?sslmode=disable", server.port);
        let engine = PostgresEngine::new(&url).unwrap();
        engine.create(CLUSTER).await.unwrap();
        let term = engine.lead("n1").await.unwrap().unwrap();
        assert_eq!(engine.append(1, term, b"before").await, Append::Appended);
        let heard = engine.wait(Bell::Log, 0, SECOND).await;

        server.kill();
        assert!(matches!(engine.append(2, term, b"lost").await, Append::Unknown(_)));
        assert!(matches!(engine.head().await, Err(EngineError::Unreachable(_))));
        server.start_again();
        let began = Instant::now();
        while engine.keep("n1", term).await.is_err() {
            assert!(began.elapsed() < 60 * SECOND);
            tokio::time::sleep(20 * MOMENT).await;
        }
        assert_eq!(engine.append(2, term, b"after").await, Append::Appended);
        assert_eq!(engine.read(0, 99).await.unwrap().len(), 2);
        assert_ne!(engine.wait(Bell::Log, heard, 60 * SECOND).await, heard, "who listens hears again");

        // Cut by the server, as by an administrator.
        run_sql(
            &server.url("back"),
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'courant'",
        )
        .await;
        let done = engine.append(3, term, b"cut").await;
        assert!(matches!(done, Append::Appended | Append::Unknown(_)), "{done:?}");
        assert_eq!(engine.head().await.map(|head| head.oldest), Ok(1));

        // A server that does not answer is given up in time, and what it did is read later.
        let next = engine.head().await.unwrap().newest + 1;
        server.signal_all(Signal::STOP);
        let began = Instant::now();
        let done = engine.append(next, term, b"hung").await;
        let took = began.elapsed();
        let again = engine.append(next, term, b"hung").await;
        server.signal_all(Signal::CONT);
        assert!(matches!(done, Append::Unknown(_)) && matches!(again, Append::Unknown(_)), "{done:?} {again:?}");
        assert!((2 * SECOND..5 * SECOND).contains(&took), "{took:?}");
        let began = Instant::now();
        let found = loop {
            match engine.append(next, term, b"hung").await {
                Append::Unknown(_) => assert!(began.elapsed() < 60 * SECOND),
                known => break known,
            }
        };
        assert!(matches!(found, Append::Appended | Append::Taken), "{found:?}");
        assert_eq!(engine.read(next - 1, 99).await.unwrap().len(), 1, "once, whatever was answered");
    });
}

#[test]
fn a_changed_password_is_read_again() {
    let Some(server) = Server::start() else { return left_out() };
    runtime().block_on(async {
        database(&server, "door").await;
        run_sql(&server.url("door"), "ALTER ROLE courant PASSWORD 'old'").await;
        std::fs::write(server.folder().join("data/pg_hba.conf"), "host all courant 127.0.0.1/32 scram-sha-256\n").unwrap();
        run_sql(&server.url("door"), "SELECT pg_reload_conf()").await;
        let with = |password: &str| server.url("door").replace("courant@", &format!("courant:{password}@"));
        let said = Arc::new(std::sync::Mutex::new(with("old")));
        let read = said.clone();
        let engine = PostgresEngine::at(Box::new(move || Ok(read.lock().unwrap().clone()))).unwrap();
        let began = Instant::now();
        while engine.create(CLUSTER).await.is_err() {
            assert!(began.elapsed() < 10 * SECOND);
        }
        let others =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'courant'";
        run_sql(&with("old"), &format!("ALTER ROLE courant PASSWORD 'new'; {others}")).await;
        let refused = loop {
            match engine.head().await {
                Err(EngineError::Refused(why)) => break why,
                // The connection that was there has ended.
                Err(EngineError::Unreachable(_)) => assert!(began.elapsed() < 20 * SECOND),
                other => panic!("{other:?}"),
            }
        };
        assert!(refused.contains("password authentication failed"), "{refused}");
        *said.lock().unwrap() = "not an address".to_owned();
        assert!(matches!(engine.head().await, Err(EngineError::Refused(_))), "the last one that could be read is used");
        *said.lock().unwrap() = with("new");
        assert_eq!(engine.head().await, Ok(Head::default()));
    });
}

#[test]
fn tls_is_verified() {
    let Some(mut server) = Server::start() else { return left_out() };
    let folder = server.folder().to_owned();
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(&folder)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return eprintln!("left out: openssl makes no certificate");
    }
    for file in ["key.pem", "certificate.pem"] {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        let owner = std::fs::metadata(folder.join("data")).unwrap();
        std::fs::set_permissions(folder.join(file), std::fs::Permissions::from_mode(0o600)).unwrap();
        chown(folder.join(file), Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    runtime().block_on(async {
        database(&server, "tls").await;
        server.configure(&format!(
            "ssl = on\nssl_cert_file = '{0}/certificate.pem'\nssl_key_file = '{0}/key.pem'",
            folder.display()
        ));
        server.kill();
        server.start_again();
        let roots = format!("sslrootcert={}", folder.join("certificate.pem").display());
        let ask = async |host: &str, query: &str| {
            let engine = PostgresEngine::new(&format!("postgres://courant@{host}:{}/tls?{query}", server.port)).unwrap();
            engine.identity().await
        };
        let began = Instant::now();
        while ask("localhost", "sslmode=disable").await != Err(EngineError::NotACluster) {
            assert!(began.elapsed() < 60 * SECOND);
            tokio::time::sleep(20 * MOMENT).await;
        }
        for query in [format!("sslmode=verify-full&{roots}"), format!("{roots}&sslmode=require"), roots.clone()] {
            assert_eq!(ask("localhost", &query).await, Err(EngineError::NotACluster), "{query}");
        }
        let refused = |answer: Result<String, EngineError>| match answer {
            Err(EngineError::Unreachable(why)) => assert!(why.contains("certificate"), "{why}"),
            other => panic!("{other:?}"),
        };
        refused(ask("localhost", "sslmode=require").await);
        refused(ask("localhost", "").await);
        refused(ask("127.0.0.1", &format!("sslmode=require&{roots}")).await);

        // A password's login is bound to the certificate, where that is asked for.
        run_sql(&server.url("tls"), "CREATE ROLE bound LOGIN PASSWORD 'a long one'").await;
        let rules = folder.join("data/pg_hba.conf");
        let before = std::fs::read_to_string(&rules).unwrap();
        std::fs::write(&rules, format!("host all bound all scram-sha-256\n{before}")).unwrap();
        run_sql(&server.url("tls"), "SELECT pg_reload_conf()").await;
        let log_in = async |password: &str, query: &str| {
            let url = format!("postgres://bound:{password}@localhost:{}/tls?{query}", server.port);
            PostgresEngine::new(&url).unwrap().identity().await
        };
        let bound = format!("sslmode=require&channel_binding=require&{roots}");
        let began = Instant::now();
        // The server reads its rules in a moment.
        while log_in("another", &bound).await == Err(EngineError::NotACluster) {
            assert!(began.elapsed() < 60 * SECOND);
            tokio::time::sleep(20 * MOMENT).await;
        }
        assert!(matches!(log_in("another", &bound).await, Err(EngineError::Refused(_))));
        assert_eq!(log_in("a%20long%20one", &bound).await, Err(EngineError::NotACluster));
        assert_eq!(log_in("a%20long%20one", "sslmode=disable").await, Err(EngineError::NotACluster));
    });
}

#[test]
fn addresses_that_cannot_be_used_are_refused_at_once() {
    for url in ["mysql://h/db", "postgres://h/db?sslmode=perhaps", "postgres:///db", "postgres://h:1,g:2,i/db?port=1,2"] {
        assert!(matches!(PostgresEngine::new(url).err(), Some(EngineError::Refused(_))), "{url}");
    }
    let missing = PostgresEngine::new("postgres://u@127.0.0.1:1/db?sslmode=require&sslrootcert=/no/such%20file").unwrap();
    let Err(EngineError::Refused(why)) = runtime().block_on(missing.head()) else { panic!("no roots") };
    assert!(why.contains("/no/such file"), "{why}");
}

#[test]
fn domains_are_shared_evenly_and_few_of_them_move() {
    let domains: Vec<String> = (0..10_000).map(|n| format!("site-{n}.example")).collect();
    for n_nodes in 3..=7 {
        let members: Vec<String> = (1..=n_nodes).map(|n| format!("n{n}")).collect();
        let mut owned: BTreeMap<&str, usize> = BTreeMap::new();
        for domain in &domains {
            *owned.entry(owner(domain, &members).unwrap()).or_default() += 1;
        }
        let share = domains.len() / n_nodes;
        assert!(owned.len() == n_nodes && owned.values().all(|n| n.abs_diff(share) * 10 <= share), "{owned:?}");
        let (gone, rest) = members.split_last().unwrap();
        for domain in &domains {
            let before = owner(domain, &members).unwrap();
            assert!(before == gone || owner(domain, rest).unwrap() == before, "{domain} has moved");
        }
    }
    assert_eq!(owner("site.example", &[]), None);
}

/// Nodes of different versions must agree: a change of these is a change of the cluster's format.
#[test]
fn owners_are_the_same_in_every_version() {
    let members = ["n1", "n2", "n3"].map(str::to_owned);
    let owners = ["a.example", "b.example", "c.example", "d.example", "e.example"].map(|domain| owner(domain, &members).unwrap());
    assert_eq!(owners, ["n3", "n1", "n2", "n1", "n2"]);
}

#[test]
fn what_the_gone_leave_is_told_from_what_the_living_lose() {
    let node = |(name, session): (&str, u64)| ViewedNode { node: name.into(), session, url: String::new() };
    let loan = |(domain, node): (&str, &str)| Loan { domain: domain.into(), node: node.into() };
    let view = |n: u64, nodes: &[(&str, u64)], loans: &[(&str, &str)]| View {
        n,
        nodes: nodes.iter().copied().map(node).collect(),
        loans: loans.iter().copied().map(loan).collect(),
    };
    let before = view(5, &[("a", 1), ("b", 2), ("c", 3)], &[("x.example", "a"), ("y.example", "c")]);
    let without = |after: View| after.is_without_some_of(&before);
    assert!(without(view(6, &[("a", 1), ("b", 2)], &[("x.example", "a")])));
    assert!(without(view(6, &[("b", 2)], &[])));
    assert!(!without(view(7, &[("a", 1), ("b", 2)], &[("x.example", "a")])), "a view between them is not known");
    assert!(
        !without(view(6, &[("a", 1), ("b", 4)], &[("x.example", "a")])),
        "b has come anew: it may have been gone, and others asked"
    );
    assert!(!without(view(6, &[("a", 1), ("d", 4)], &[("x.example", "a")])), "the living lose what d gains");
    assert!(
        !without(view(6, &[("a", 1), ("b", 2)], &[])),
        "x.example goes back to its owner, and a may have something out there"
    );
    assert!(!without(view(6, &[("a", 1), ("b", 2)], &[("x.example", "b")])));
    assert!(!without(view(6, &[("a", 1), ("b", 2), ("c", 3)], &[("x.example", "a"), ("y.example", "c")])), "nobody is gone");
}

proptest! {
    #[test]
    fn nobody_who_stays_loses_a_domain_by_it(domain in "[a-z]{1,12}\\.example", members in prop::collection::btree_set("[a-z0-9-]{1,8}", 2..8), gone in any::<prop::sample::Index>()) {
        let members: Vec<String> = members.into_iter().collect();
        let gone = members[gone.index(members.len())].clone();
        let left: Vec<String> = members.iter().filter(|member| **member != gone).cloned().collect();
        let (before, after) = (owner(&domain, &members), owner(&domain, &left));
        prop_assert!(before == after || before == Some(gone.as_str()));
    }
}

#[test]
fn a_licence_ends_before_the_lease() {
    let second = |n: f64| Duration::from_secs_f64(n);
    for (licence, holds, lease) in
        [(Licence::to_poll(), second(4.0), NODE_LEASE), (Licence::to_lead(), second(2.5), LEADER_LEASE)]
    {
        let mut held = licence;
        assert!(!held.holds(second(0.0)) && held.ends().is_none() && holds < lease);
        held.confirmed(second(100.0));
        assert!(held.holds(second(100.0)) && held.holds(second(100.0) + holds - MOMENT) && !held.holds(second(100.0) + holds));
        held.confirmed(second(99.0));
        assert_eq!(held.ends(), Some(second(100.0) + holds), "a late confirmation shortens nothing");
        held.confirmed(second(101.0));
        assert_eq!(held.ends(), Some(second(101.0) + holds));
        held.ended();
        assert!(!held.holds(second(101.0)));
    }
}

#[test]
fn a_clock_is_wrong_by_most_of_the_others() {
    const HOUR: i64 = 3_600_000;
    let now = 500 * HOUR;
    assert_eq!(wrong_by(now, &[now + 900, now - 119_000]), None);
    assert_eq!(wrong_by(now + HOUR, &[now, now + 900]), Some(HOUR - 900));
    assert_eq!(wrong_by(now - HOUR, &[now, now, now]), Some(-HOUR));
    assert_eq!(wrong_by(now, &[now + HOUR, now]), None, "another's");
    assert_eq!(wrong_by(now + HOUR, &[now, now + HOUR, now]), None, "two and two: nobody can tell");
    assert_eq!(wrong_by(now + HOUR, &[now]), None, "one and one");
    assert_eq!(wrong_by(now + HOUR, &[]), None);
    assert_eq!(wrong_by(i64::MAX, &[i64::MIN, i64::MIN]), Some(i64::MAX));
}

#[test]
fn the_clock_of_licences_goes_forward() {
    let first = courant::cluster::boottime();
    assert!(first > Duration::ZERO && courant::cluster::boottime() >= first);
}

proptest! {
    #[test]
    fn the_order_of_members_does_not_matter(domain in "[a-z]{1,12}\\.example", mut members in prop::collection::vec("[a-z0-9-]{1,8}", 1..8)) {
        let owned = owner(&domain, &members).unwrap().to_owned();
        members.reverse();
        prop_assert_eq!(owner(&domain, &members).unwrap(), owned);
    }
}
