//! The schema, in numbered steps that the database itself counts.

use tokio_postgres::Client;

use super::{Failure, OpenError};

/// One script for each version of the schema, oldest first. Scripts that have been released are never edited: a change is a new one.
const SCRIPTS: &[&str] = &[include_str!(
    "migrations/0001_users_ledger_sessions_families.sql"
)];

/// The newest schema this program knows.
const SUPPORTED: i64 = SCRIPTS.len() as i64;

/// Held while migrating, by its number ("SvT" and a 1), so that of replicas that start at once one migrates and the others find it done.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1400263681)";

/// Making the tables, and waiting for a replica that makes them, takes longer than any request may.
const PATIENCE: &str = "SET LOCAL statement_timeout = '5s'";

/// Brings the database to the newest schema, or leaves it exactly as it was: in PostgreSQL tables are made within a transaction, too.
pub(super) async fn run(client: &mut Client) -> Result<(), Failure> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(PATIENCE).await?;
    transaction.batch_execute(LOCK).await?;
    let ours: bool = transaction
        .query_one("SELECT to_regclass('svt_schema') IS NOT NULL", &[])
        .await?
        .try_get(0)?;
    let version = if ours {
        transaction
            .query_one("SELECT version FROM svt_schema", &[])
            .await?
            .try_get(0)?
    } else {
        let foreign: bool = transaction
            .query_one("SELECT to_regclass('users') IS NOT NULL", &[])
            .await?
            .try_get(0)?;
        if foreign {
            return Err(Failure::Open(OpenError::AnotherProgram));
        }
        transaction
            .batch_execute(
                "CREATE TABLE svt_schema (version bigint NOT NULL); INSERT INTO svt_schema VALUES (0)",
            )
            .await?;
        0
    };
    if version > SUPPORTED {
        return Err(Failure::Open(OpenError::Newer { version }));
    }
    let done = usize::try_from(version).unwrap_or_default();
    for script in SCRIPTS.iter().skip(done) {
        transaction.batch_execute(script).await?;
    }
    transaction
        .execute("UPDATE svt_schema SET version = $1", &[&SUPPORTED])
        .await?;
    Ok(transaction.commit().await?)
}
