//! The schema, in numbered steps that the file itself counts.

use rusqlite::{Connection, TransactionBehavior};

/// Marks a file as ours ("SvT" and a 1), so that another program's database is never migrated by accident.
const APPLICATION_ID: i32 = 0x5376_5401;

/// One script for each version of the schema, oldest first. Scripts that have been released are never edited: a change is a new one.
const SCRIPTS: &[&str] = &[
    include_str!("migrations/0001_users_ledger_sessions_families.sql"),
    include_str!("migrations/0002_login_failures.sql"),
    include_str!("migrations/0003_revoked_access_tokens.sql"),
    include_str!("migrations/0005_family_jkt.sql"),
];

/// The newest schema this program knows.
pub(super) const SUPPORTED: i64 = SCRIPTS.len() as i64;

/// What stands in the way of using a file.
pub(super) enum Obstacle {
    /// The schema is newer than [`SUPPORTED`].
    Newer(i64),
    /// There are tables, but not ours.
    AnotherProgram,
    /// SQLite failed.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Obstacle {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Brings the file to the newest schema, or leaves it exactly as it was.
///
/// All steps are one transaction that begins with the write lock, and the version is read again under it: of two processes that
/// open a fresh file at once, one migrates and the other finds it done.
pub(super) fn run(connection: &mut Connection) -> Result<(), Obstacle> {
    // Within a transaction, so that one moment is looked at though another process may be migrating.
    let moment = connection.transaction()?;
    if check(&moment)? == SUPPORTED {
        return Ok(());
    }
    drop(moment);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let current = check(&transaction)?;
    for script in SCRIPTS.iter().skip(usize::try_from(current).unwrap_or(0)) {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SUPPORTED)?;
    Ok(transaction.commit()?)
}

/// The version of the schema in the file, if it is ours and not too new.
fn check(connection: &Connection) -> Result<i64, Obstacle> {
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let fresh = application == 0 && version == 0 && tables == 0;
    if application != APPLICATION_ID && !fresh {
        return Err(Obstacle::AnotherProgram);
    }
    if version > SUPPORTED {
        return Err(Obstacle::Newer(version));
    }
    Ok(version)
}
