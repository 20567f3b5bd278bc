//! The engine on PostgreSQL 14 or newer: seven tables, one statement a call, nothing that a compatible distributed database
//! does not know. `LISTEN` and `NOTIFY` only wake; where they are missing (a pooler, another database) nothing but time is
//! lost.
//!
//! What a call does is one statement, so that it is atomic without a transaction that spans round trips. `NOTIFY` is a
//! statement of its own behind it, in the same packet: within one transaction it would have all who notify wait for each
//! other's synchronous standby.

mod link;
mod listen;
mod tables;
mod tls;

use super::bells::{Bell, Bells};
use super::engine::{
    Append, Engine, EngineError, Head, LEADER_LEASE, Leader, Logged, MAX_CHUNK_BYTES, Member, MemberState, NODE_LEASE, Reply,
    Seen, Seq, Session, Snapshot, Submission, Term,
};
use link::{Dialer, Lane, Source, explain};
use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql, Type};

/// A call that has no answer in this time is given up, and its connection with it.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);

/// The same for a chunk of a snapshot: a megabyte over a slow line.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(20);

/// Records of one reading, whatever their size.
const MAX_READ: i64 = 1000;

/// What sessions that are over left is cleared away no more often than this.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// Seconds until a node's lease ends, or since it has.
const LEFT: &str = "CAST(extract(epoch FROM until - clock_timestamp()) AS double precision)";

/// A parameter with its type: nothing has to be asked before a statement is sent.
type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Several connections, so that a renewal never waits behind an append or a snapshot.
pub struct PostgresEngine {
    dialer: Arc<Dialer>,
    log: Lane,
    leases: Lane,
    mail: Lane,
    bulk: Lane,
    bells: Arc<Bells>,
    listener: OnceLock<AbortHandle>,
    /// Answers that were given out and are not deleted yet.
    given: Mutex<HashSet<u64>>,
    swept: Mutex<Option<Instant>>,
}

impl Drop for PostgresEngine {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get() {
            listener.abort();
        }
    }
}

impl PostgresEngine {
    /// At an address (see docs/cluster.md); nothing is dialled before the first call.
    pub fn new(url: &str) -> Result<PostgresEngine, EngineError> {
        let url = url.to_owned();
        PostgresEngine::at(Box::new(move || Ok(url.clone())))
    }

    /// At an address that is read again whenever the database is dialled.
    pub fn at(source: Source) -> Result<PostgresEngine, EngineError> {
        Ok(PostgresEngine {
            dialer: Arc::new(Dialer::new(source)?),
            log: Lane::default(),
            leases: Lane::default(),
            mail: Lane::default(),
            bulk: Lane::default(),
            bells: Arc::new(Bells::new()),
            listener: OnceLock::new(),
            given: Mutex::default(),
            swept: Mutex::default(),
        })
    }

    async fn ask(&self, lane: &Lane, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, EngineError> {
        self.ask_within(STATEMENT_TIMEOUT, lane, sql, parameters, None).await
    }

    async fn ask_within(
        &self,
        limit: Duration,
        lane: &Lane,
        sql: &str,
        parameters: &[Parameter<'_>],
        ring: Option<Bell>,
    ) -> Result<Vec<Row>, EngineError> {
        let link = lane.link(&self.dialer).await?;
        let answer = async {
            let asked = link.client.query_typed(sql, parameters);
            let Some(bell) = ring else { return asked.await };
            // Whether it rang does not matter: who waits looks by itself after a while.
            let (rows, _rung) = tokio::join!(asked, link.client.batch_execute(listen::notify(bell)));
            rows
        };
        let error = match timeout(limit, answer).await {
            Ok(Ok(rows)) => return Ok(rows),
            Ok(Err(error)) => explain(&error),
            Err(_) => EngineError::Unreachable(format!("no answer within {} s", limit.as_secs())),
        };
        if matches!(error, EngineError::Unreachable(_)) {
            lane.drop_link(&link).await;
        }
        Err(error)
    }

    /// Several statements without parameters, all or none of them.
    async fn run_all(&self, sql: &str) -> Result<(), EngineError> {
        let link = self.leases.link(&self.dialer).await?;
        match timeout(CHUNK_TIMEOUT, link.client.batch_execute(sql)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if error.code().is_some_and(|code| tables::EXISTS_ALREADY.contains(&code.code())) => {
                Err(EngineError::Exists)
            }
            Ok(Err(error)) => Err(explain(&error)),
            Err(_) => {
                self.leases.drop_link(&link).await;
                Err(EngineError::Unreachable(format!("no answer within {} s", CHUNK_TIMEOUT.as_secs())))
            }
        }
    }

    /// What sessions that are over left behind.
    async fn sweep(&self) -> Result<(), EngineError> {
        let due = |swept: &Option<Instant>| swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY);
        if !due(&self.swept.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        for table in ["courant_inbox", "courant_answers"] {
            let sql = format!(
                "DELETE FROM {table} WHERE session NOT IN (SELECT session FROM courant_nodes WHERE until > clock_timestamp())"
            );
            self.ask(&self.mail, &sql, &[]).await?;
        }
        *self.swept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(())
    }

    async fn try_append(&self, seq: Seq, term: Term, body: &[u8]) -> Result<Append, EngineError> {
        // The leader's row is locked until the record is committed, so that no other term begins in between.
        let sql = "WITH lead AS (SELECT term FROM courant_lead WHERE term = $2 AND node IS NOT NULL FOR SHARE), \
             fits AS (SELECT EXISTS (SELECT 1 FROM courant_log WHERE seq = $1 - 1) OR NOT EXISTS (SELECT 1 FROM courant_log) \
               OR EXISTS (SELECT 1 FROM courant_snapshots WHERE seq = $1 - 1 AND n_chunks IS NOT NULL) AS it), \
             put AS (INSERT INTO courant_log (seq, term, body) SELECT $1, lead.term, $3 FROM lead, fits WHERE fits.it \
               ON CONFLICT (seq) DO NOTHING RETURNING seq) \
             SELECT EXISTS (SELECT 1 FROM lead), EXISTS (SELECT 1 FROM put), \
               (SELECT it FROM fits) OR EXISTS (SELECT 1 FROM courant_log WHERE seq = $1)";
        let parameters: [Parameter; 3] = [(&big(seq), Type::INT8), (&big(term), Type::INT8), (&body, Type::BYTEA)];
        let rows = self.ask_within(STATEMENT_TIMEOUT, &self.log, sql, &parameters, Some(Bell::Log)).await?;
        let row = only(&rows)?;
        Ok(match (field(row, 0)?, field(row, 1)?, field(row, 2)?) {
            (false, _, _) => Append::Fenced,
            (true, true, _) => Append::Appended,
            (true, false, true) => Append::Taken,
            (true, false, false) => Append::Gap,
        })
    }

    fn listen(&self) {
        self.listener.get_or_init(|| tokio::spawn(listen::listen(self.dialer.clone(), self.bells.clone())).abort_handle());
    }
}

impl Engine for PostgresEngine {
    fn create<'a>(&'a self, cluster: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            let id = tables::quoted(cluster)?;
            self.run_all(&tables::create(&id)).await
        })
    }

    fn reseed<'a>(&'a self, cluster: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            let id = tables::quoted(cluster)?;
            self.run_all(&tables::reseed(&id)).await
        })
    }

    fn identity(&self) -> Reply<'_, String> {
        Box::pin(async move {
            let rows = self.ask(&self.leases, "SELECT id, format FROM courant_cluster", &[]).await?;
            let row = rows.first().ok_or(EngineError::NotACluster)?;
            let format: i64 = field(row, 1)?;
            if format > i64::from(tables::FORMAT) {
                return Err(EngineError::NewerFormat(u32::try_from(format).unwrap_or(u32::MAX)));
            }
            field(row, 0)
        })
    }

    fn clock(&self) -> Reply<'_, i64> {
        Box::pin(async move {
            let sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";
            field(only(&self.ask(&self.leases, sql, &[]).await?)?, 0)
        })
    }

    fn head(&self) -> Reply<'_, Head> {
        Box::pin(async move {
            let sql = "SELECT greatest(coalesce(max(seq), 0), \
                 (SELECT coalesce(max(seq), 0) FROM courant_snapshots WHERE n_chunks IS NOT NULL)), coalesce(min(seq), 0) FROM courant_log";
            let rows = self.ask(&self.log, sql, &[]).await?;
            let row = only(&rows)?;
            Ok(Head { newest: natural(row, 0)?, oldest: natural(row, 1)? })
        })
    }

    fn append<'a>(&'a self, seq: Seq, term: Term, body: &'a [u8]) -> Pin<Box<dyn Future<Output = Append> + Send + 'a>> {
        Box::pin(async move { self.try_append(seq, term, body).await.unwrap_or_else(|error| Append::Unknown(error.to_string())) })
    }

    fn read(&self, after: Seq, max_bytes: usize) -> Reply<'_, Vec<Logged>> {
        Box::pin(async move {
            let sql = "SELECT seq, term, body FROM \
                 (SELECT seq, term, body, sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS before FROM \
                   (SELECT seq, term, body FROM courant_log WHERE seq > $1 ORDER BY seq LIMIT $3) AS next) AS summed \
                 WHERE before = 0 OR before < $2 ORDER BY seq";
            let max_bytes = i64::try_from(max_bytes).unwrap_or(i64::MAX);
            let parameters: [Parameter; 3] = [(&big(after), Type::INT8), (&max_bytes, Type::INT8), (&MAX_READ, Type::INT8)];
            let rows = self.ask(&self.log, sql, &parameters).await?;
            rows.iter().map(|row| Ok(Logged { seq: natural(row, 0)?, term: natural(row, 1)?, body: field(row, 2)? })).collect()
        })
    }

    fn lead<'a>(&'a self, node: &'a str) -> Reply<'a, Option<Term>> {
        Box::pin(async move {
            let sql = "UPDATE courant_lead SET term = term + 1, node = $1, until = clock_timestamp() + $2 * interval '1 second' \
                 WHERE node IS NULL OR until <= clock_timestamp() RETURNING term";
            let parameters: [Parameter; 2] = [(&node, Type::TEXT), (&LEADER_LEASE.as_secs_f64(), Type::FLOAT8)];
            let rows = self.ask(&self.leases, sql, &parameters).await?;
            rows.first().map(|row| natural(row, 0)).transpose()
        })
    }

    fn keep<'a>(&'a self, node: &'a str, term: Term) -> Reply<'a, bool> {
        Box::pin(async move {
            let sql = "UPDATE courant_lead SET until = clock_timestamp() + $3 * interval '1 second' \
                 WHERE node = $1 AND term = $2 RETURNING term";
            let parameters: [Parameter; 3] =
                [(&node, Type::TEXT), (&big(term), Type::INT8), (&LEADER_LEASE.as_secs_f64(), Type::FLOAT8)];
            let kept = !self.ask(&self.leases, sql, &parameters).await?.is_empty();
            if let Err(error) = self.sweep().await {
                tracing::debug!(%error, "what sessions that are over have left stays for now");
            }
            Ok(kept)
        })
    }

    fn yield_lead<'a>(&'a self, node: &'a str, term: Term) -> Reply<'a, ()> {
        Box::pin(async move {
            let sql = "UPDATE courant_lead SET node = NULL WHERE node = $1 AND term = $2";
            self.ask(&self.leases, sql, &[(&node, Type::TEXT), (&big(term), Type::INT8)]).await.map(drop)
        })
    }

    fn leader(&self) -> Reply<'_, Option<Leader>> {
        Box::pin(async move {
            let sql = "SELECT node, term FROM courant_lead WHERE node IS NOT NULL AND until > clock_timestamp()";
            let rows = self.ask(&self.leases, sql, &[]).await?;
            rows.first().map(|row| Ok(Leader { node: field(row, 0)?, term: natural(row, 1)? })).transpose()
        })
    }

    fn join<'a>(&'a self, node: &'a str, state: &'a MemberState) -> Reply<'a, Session> {
        Box::pin(async move {
            let sql = "WITH minted AS (UPDATE courant_cluster SET sessions = sessions + 1 RETURNING sessions) \
                 INSERT INTO courant_nodes (node, session, state, until, removed) \
                   SELECT $1, sessions, $2, clock_timestamp() + $3 * interval '1 second', false FROM minted \
                 ON CONFLICT (node) DO UPDATE SET session = excluded.session, state = excluded.state, until = excluded.until \
                   WHERE NOT courant_nodes.removed RETURNING session";
            let state = to_json(state)?;
            let parameters: [Parameter; 3] =
                [(&node, Type::TEXT), (&state, Type::TEXT), (&NODE_LEASE.as_secs_f64(), Type::FLOAT8)];
            let rows = self.ask(&self.leases, sql, &parameters).await?;
            natural(rows.first().ok_or_else(|| EngineError::Removed(node.to_owned()))?, 0)
        })
    }

    fn renew<'a>(&'a self, node: &'a str, session: Session, state: &'a MemberState) -> Reply<'a, Option<Vec<Member>>> {
        Box::pin(async move {
            // The selection sees the row as it was before the update: what this node says of itself is put in below.
            let sql = format!(
                "WITH mine AS (UPDATE courant_nodes SET state = $3, until = clock_timestamp() + $4 * interval '1 second' \
                   WHERE node = $1 AND session = $2 AND until > clock_timestamp() AND NOT removed RETURNING node) \
                 SELECT courant_nodes.node, session, state, {LEFT} FROM courant_nodes, mine \
                   WHERE courant_nodes.node = mine.node OR until > clock_timestamp()"
            );
            let text = to_json(state)?;
            let parameters: [Parameter; 4] = [
                (&node, Type::TEXT),
                (&big(session), Type::INT8),
                (&text, Type::TEXT),
                (&NODE_LEASE.as_secs_f64(), Type::FLOAT8),
            ];
            let rows = self.ask(&self.leases, &sql, &parameters).await?;
            if rows.is_empty() {
                return Ok(None);
            }
            let mut members = rows.iter().map(member).collect::<Result<Vec<Member>, _>>()?;
            for own in members.iter_mut().filter(|member| member.node == node) {
                own.state = state.clone();
                own.holds_for = NODE_LEASE;
            }
            members.sort_by(|one, other| one.node.cmp(&other.node));
            Ok(Some(members))
        })
    }

    fn leave<'a>(&'a self, node: &'a str, session: Session) -> Reply<'a, ()> {
        Box::pin(async move {
            let sql = "UPDATE courant_nodes SET until = least(until, clock_timestamp()) WHERE node = $1 AND session = $2";
            self.ask(&self.leases, sql, &[(&node, Type::TEXT), (&big(session), Type::INT8)]).await.map(drop)
        })
    }

    fn remove<'a>(&'a self, node: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            // Its lease ends by itself: until then it may have something out.
            let sql = "UPDATE courant_nodes SET removed = true WHERE node = $1 RETURNING node";
            let rows = self.ask(&self.leases, sql, &[(&node, Type::TEXT)]).await?;
            rows.first().map(drop).ok_or_else(|| EngineError::NoSuchNode(node.to_owned()))
        })
    }

    fn admit<'a>(&'a self, node: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            let sql = "UPDATE courant_nodes SET removed = false WHERE node = $1 RETURNING node";
            let rows = self.ask(&self.leases, sql, &[(&node, Type::TEXT)]).await?;
            rows.first().map(drop).ok_or_else(|| EngineError::NoSuchNode(node.to_owned()))
        })
    }

    fn members(&self) -> Reply<'_, Vec<Seen>> {
        Box::pin(async move {
            let sql = format!("SELECT node, session, state, {LEFT}, removed FROM courant_nodes");
            let rows = self.ask(&self.leases, &sql, &[]).await?;
            let seen = rows.iter().map(|row| {
                let lapsed = Duration::try_from_secs_f64(-field::<f64>(row, 3)?).ok();
                Ok(Seen { member: member(row)?, lapsed, removed: field(row, 4)? })
            });
            let mut seen = seen.collect::<Result<Vec<Seen>, EngineError>>()?;
            seen.sort_by(|one, other| one.member.node.cmp(&other.member.node));
            Ok(seen)
        })
    }

    fn submit<'a>(&'a self, node: &'a str, session: Session, submissions: &'a [(u64, Vec<u8>)]) -> Reply<'a, bool> {
        Box::pin(async move {
            let sql = "WITH live AS (SELECT node, session FROM courant_nodes \
                   WHERE node = $1 AND session = $2 AND until > clock_timestamp() AND NOT removed), \
                 put AS (INSERT INTO courant_inbox (id, node, session, body) SELECT given.id, live.node, live.session, given.body \
                   FROM live, unnest($3, $4) AS given(id, body) ON CONFLICT (id) DO NOTHING) \
                 SELECT EXISTS (SELECT 1 FROM live)";
            let (ids, bodies) = columns(submissions);
            let parameters: [Parameter; 4] =
                [(&node, Type::TEXT), (&big(session), Type::INT8), (&ids, Type::INT8_ARRAY), (&bodies, Type::BYTEA_ARRAY)];
            let rows = self.ask_within(STATEMENT_TIMEOUT, &self.mail, sql, &parameters, Some(Bell::Inbox)).await?;
            field(only(&rows)?, 0)
        })
    }

    fn inbox<'a>(&'a self, in_hand: &'a [u64], max: u32) -> Reply<'a, Vec<Submission>> {
        Box::pin(async move {
            let sql = "SELECT id, node, session, body FROM courant_inbox WHERE id <> ALL ($1) ORDER BY id LIMIT $2";
            let in_hand: Vec<i64> = in_hand.iter().map(|id| big(*id)).collect();
            let parameters: [Parameter; 2] = [(&in_hand, Type::INT8_ARRAY), (&i64::from(max), Type::INT8)];
            let rows = self.ask(&self.mail, sql, &parameters).await?;
            let submission = |row: &Row| {
                Ok(Submission { id: natural(row, 0)?, node: field(row, 1)?, session: natural(row, 2)?, body: field(row, 3)? })
            };
            rows.iter().map(submission).collect()
        })
    }

    fn answer<'a>(&'a self, answers: &'a [(u64, Vec<u8>)]) -> Reply<'a, ()> {
        Box::pin(async move {
            let sql = "WITH gone AS (DELETE FROM courant_inbox WHERE id = ANY ($1) RETURNING id, session) \
                 INSERT INTO courant_answers (id, session, body) SELECT gone.id, gone.session, given.body \
                   FROM gone JOIN unnest($1, $2) AS given(id, body) ON given.id = gone.id ON CONFLICT (id) DO NOTHING";
            let (ids, bodies) = columns(answers);
            let parameters: [Parameter; 2] = [(&ids, Type::INT8_ARRAY), (&bodies, Type::BYTEA_ARRAY)];
            self.ask_within(STATEMENT_TIMEOUT, &self.mail, sql, &parameters, Some(Bell::Answers)).await.map(drop)
        })
    }

    fn answers(&self, session: Session) -> Reply<'_, Vec<(u64, Vec<u8>)>> {
        Box::pin(async move {
            let sql = "WITH gone AS (DELETE FROM courant_answers WHERE id = ANY ($2)) \
                 SELECT id, body FROM courant_answers WHERE session = $1 AND id <> ALL ($2) ORDER BY id";
            let given: Vec<i64> = {
                let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
                given.iter().map(|id| big(*id)).collect()
            };
            let parameters: [Parameter; 2] = [(&big(session), Type::INT8), (&given, Type::INT8_ARRAY)];
            let rows = self.ask(&self.mail, sql, &parameters).await?;
            let answers = rows.iter().map(|row| Ok((natural(row, 0)?, field(row, 1)?)));
            let answers = answers.collect::<Result<Vec<(u64, Vec<u8>)>, EngineError>>()?;
            *self.given.lock().unwrap_or_else(PoisonError::into_inner) = answers.iter().map(|(id, _)| *id).collect();
            Ok(answers)
        })
    }

    fn begin_snapshot(&self, seq: Seq) -> Reply<'_, u64> {
        Box::pin(async move {
            let sql = "WITH minted AS (UPDATE courant_cluster SET snapshots = snapshots + 1 RETURNING snapshots) \
                 INSERT INTO courant_snapshots (id, seq) SELECT snapshots, $1 FROM minted RETURNING id";
            natural(only(&self.ask(&self.bulk, sql, &[(&big(seq), Type::INT8)]).await?)?, 0)
        })
    }

    fn put_chunk<'a>(&'a self, id: u64, n: u32, body: &'a [u8]) -> Reply<'a, ()> {
        Box::pin(async move {
            if body.len() > MAX_CHUNK_BYTES {
                return Err(EngineError::Refused(format!("a chunk of {} bytes is too long", body.len())));
            }
            let sql = "INSERT INTO courant_chunks (id, n, body) SELECT id, $2, $3 FROM courant_snapshots \
                   WHERE id = $1 AND n_chunks IS NULL \
                 ON CONFLICT (id, n) DO UPDATE SET body = excluded.body RETURNING n";
            let parameters: [Parameter; 3] = [(&big(id), Type::INT8), (&i64::from(n), Type::INT8), (&body, Type::BYTEA)];
            let rows = self.ask_within(CHUNK_TIMEOUT, &self.bulk, sql, &parameters, None).await?;
            rows.first().map(drop).ok_or_else(|| EngineError::Refused(format!("snapshot {id} is not being made")))
        })
    }

    fn seal_snapshot(&self, id: u64, n_chunks: u32) -> Reply<'_, ()> {
        Box::pin(async move {
            let sql = "UPDATE courant_snapshots SET n_chunks = $2 WHERE id = $1 AND $2 = \
                   (SELECT count(*) FROM courant_chunks WHERE id = $1 AND n < $2) RETURNING id";
            let parameters: [Parameter; 2] = [(&big(id), Type::INT8), (&i64::from(n_chunks), Type::INT8)];
            let sealed = self.ask_within(CHUNK_TIMEOUT, &self.bulk, sql, &parameters, None).await?;
            if sealed.is_empty() {
                return Err(EngineError::Refused(format!("snapshot {id} has not all its chunks")));
            }
            for table in ["courant_snapshots", "courant_chunks"] {
                let sql = format!("DELETE FROM {table} WHERE id < $1");
                self.ask_within(CHUNK_TIMEOUT, &self.bulk, &sql, &[(&big(id), Type::INT8)], None).await?;
            }
            Ok(())
        })
    }

    fn snapshot(&self) -> Reply<'_, Option<Snapshot>> {
        Box::pin(async move {
            let sql = "SELECT id, seq, n_chunks FROM courant_snapshots WHERE n_chunks IS NOT NULL ORDER BY id DESC LIMIT 1";
            let rows = self.ask(&self.bulk, sql, &[]).await?;
            let snapshot = |row: &Row| {
                let n_chunks = u32::try_from(natural(row, 2)?).unwrap_or(u32::MAX);
                Ok(Snapshot { id: natural(row, 0)?, seq: natural(row, 1)?, n_chunks })
            };
            rows.first().map(snapshot).transpose()
        })
    }

    fn chunk(&self, id: u64, n: u32) -> Reply<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let sql = "SELECT body FROM courant_chunks WHERE id = $1 AND n = $2";
            let parameters: [Parameter; 2] = [(&big(id), Type::INT8), (&i64::from(n), Type::INT8)];
            let rows = self.ask_within(CHUNK_TIMEOUT, &self.bulk, sql, &parameters, None).await?;
            rows.first().map(|row| field(row, 0)).transpose()
        })
    }

    fn trim(&self, below: Seq) -> Reply<'_, ()> {
        Box::pin(async move {
            let sql = "DELETE FROM courant_log WHERE seq < least($1, (SELECT max(seq) FROM courant_log))";
            self.ask_within(CHUNK_TIMEOUT, &self.bulk, sql, &[(&big(below), Type::INT8)], None).await.map(drop)
        })
    }

    fn log_bytes(&self) -> Reply<'_, u64> {
        Box::pin(async move {
            let sql = "SELECT CAST(coalesce(sum(octet_length(body)), 0) AS bigint) FROM courant_log";
            natural(only(&self.ask_within(CHUNK_TIMEOUT, &self.bulk, sql, &[], None).await?)?, 0)
        })
    }

    fn wait(&self, bell: Bell, heard: u64, timeout: Duration) -> Pin<Box<dyn Future<Output = u64> + Send + '_>> {
        Box::pin(async move {
            self.listen();
            self.bells.wait(bell, heard, timeout).await
        })
    }
}

/// Numbers of the cluster count from 1 and never reach 2⁶³.
fn big(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn natural(row: &Row, n: usize) -> Result<u64, EngineError> {
    Ok(u64::try_from(field::<i64>(row, n)?).unwrap_or(0))
}

fn field<'r, T: FromSql<'r>>(row: &'r Row, n: usize) -> Result<T, EngineError> {
    row.try_get(n).map_err(|error| explain(&error))
}

fn only(rows: &[Row]) -> Result<&Row, EngineError> {
    rows.first().ok_or(EngineError::NotACluster)
}

/// Of the columns node, session, state and [`LEFT`].
fn member(row: &Row) -> Result<Member, EngineError> {
    let state: &str = field(row, 2)?;
    let state =
        serde_json::from_str(state).map_err(|error| EngineError::Refused(format!("a node's state cannot be read: {error}")))?;
    let holds_for = Duration::try_from_secs_f64(field(row, 3)?).unwrap_or_default();
    Ok(Member { node: field(row, 0)?, session: natural(row, 1)?, state, holds_for })
}

fn to_json(state: &MemberState) -> Result<String, EngineError> {
    serde_json::to_string(state).map_err(|error| EngineError::Refused(format!("a node's state cannot be written: {error}")))
}

fn columns(pairs: &[(u64, Vec<u8>)]) -> (Vec<i64>, Vec<&[u8]>) {
    pairs.iter().map(|(id, body)| (big(*id), body.as_slice())).unzip()
}
