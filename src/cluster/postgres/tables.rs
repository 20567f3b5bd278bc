//! The tables of a cluster, made once and emptied when it begins anew.

use super::super::engine::EngineError;

/// Of the tables.
pub const FORMAT: u32 = 1;

/// Where there is a cluster already, with which errors its tables are not made: the table, its type, an object of its name.
pub const EXISTS_ALREADY: [&str; 3] = ["42P07", "23505", "42710"];

const CLUSTER_TABLE: &str = "CREATE TABLE courant_cluster (one bigint PRIMARY KEY, id text NOT NULL, format bigint NOT NULL, \
    sessions bigint NOT NULL, snapshots bigint NOT NULL)";

const OTHER_TABLES: &str = "\
    CREATE TABLE IF NOT EXISTS courant_log (seq bigint PRIMARY KEY, term bigint NOT NULL, body bytea NOT NULL);\
    CREATE TABLE IF NOT EXISTS courant_lead (one bigint PRIMARY KEY, term bigint NOT NULL, node text, until timestamptz NOT NULL);\
    CREATE TABLE IF NOT EXISTS courant_nodes (node text PRIMARY KEY, session bigint NOT NULL, state text NOT NULL, \
      until timestamptz NOT NULL, removed boolean NOT NULL);\
    CREATE TABLE IF NOT EXISTS courant_inbox (id bigint PRIMARY KEY, node text NOT NULL, session bigint NOT NULL, body bytea NOT NULL);\
    CREATE TABLE IF NOT EXISTS courant_answers (id bigint PRIMARY KEY, session bigint NOT NULL, body bytea NOT NULL);\
    CREATE TABLE IF NOT EXISTS courant_snapshots (id bigint PRIMARY KEY, seq bigint NOT NULL, n_chunks bigint);\
    CREATE TABLE IF NOT EXISTS courant_chunks (id bigint NOT NULL, n bigint NOT NULL, body bytea NOT NULL, PRIMARY KEY (id, n))";

/// Makes them all; `id` is [`quoted`]. Fails where there is a cluster.
pub fn create(id: &str) -> String {
    format!("{CLUSTER_TABLE};{OTHER_TABLES};{}", first_rows(id))
}

/// Makes those that are missing and empties those that are there, but for which nodes there were. Numbers go on.
pub fn reseed(id: &str) -> String {
    let cluster_table = CLUSTER_TABLE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS");
    format!(
        "{cluster_table};{OTHER_TABLES};{};\
         UPDATE courant_cluster SET id = {id};\
         UPDATE courant_lead SET term = term + 1, node = NULL;\
         UPDATE courant_nodes SET until = least(until, clock_timestamp());\
         DELETE FROM courant_log; DELETE FROM courant_inbox; DELETE FROM courant_answers;\
         DELETE FROM courant_snapshots; DELETE FROM courant_chunks",
        first_rows(id)
    )
}

/// A UUID as a literal: what makes tables takes no parameters.
pub fn quoted(cluster: &str) -> Result<String, EngineError> {
    let id =
        uuid::Uuid::parse_str(cluster).map_err(|error| EngineError::Refused(format!("\"{cluster}\" is not a UUID: {error}")))?;
    Ok(format!("'{id}'"))
}

/// The rows that are there once, where they are not there yet.
fn first_rows(id: &str) -> String {
    format!(
        "INSERT INTO courant_cluster (one, id, format, sessions, snapshots) VALUES (1, {id}, {FORMAT}, 0, 0) ON CONFLICT (one) DO NOTHING;\
         INSERT INTO courant_lead (one, term, node, until) VALUES (1, 0, NULL, clock_timestamp()) ON CONFLICT (one) DO NOTHING"
    )
}
