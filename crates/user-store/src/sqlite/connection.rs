//! Opening the file, and the settings every connection gets.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::log_index::LogIndex;
use super::migrations::{self, Obstacle};

/// How long a statement waits for another process. Our own writes queue instead, so only processes that share the file meet here.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// At how many pages the log is folded into the file. At the measured rates that is a few times a minute.
pub(super) const LONG_LOG: u32 = 10_000;

/// How many bytes of the file a reader maps. What lies beyond is copied, page by page.
const MAPPED: i64 = 1 << 30;

/// How often opening is tried while another process sets the file up, and how long each time is waited.
const SETUP_TRIES: u32 = 500;
const SETUP_PAUSE: Duration = Duration::from_millis(20);

/// Why a database was not opened. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or the file cannot be written.
    #[error("cannot write to {}: give this user the right to, or choose another folder with --data", path.display())]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file was written by a newer version of this program.
    #[error("{} has schema {found}, and this version knows schemas up to {supported}: use the newer version that wrote it, or choose another folder with --data", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema of the file.
        found: i64,
        /// The newest schema known here.
        supported: i64,
    },
    /// The file is no database, or another program's.
    #[error("{} is not a database of this program: move it away, or choose another folder with --data", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// Another process held the file all the time.
    #[error("{} is locked by another program: end that program, or choose another folder with --data", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The system has no thread for the writer.
    #[error(
        "cannot start the thread that writes the database: raise the limit on threads or end other programs"
    )]
    NoThread(#[source] io::Error),
    /// Anything else that SQLite says.
    #[error("cannot open {}: {source}: mend that, or choose another folder with --data", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

/// Opens the connection of the writer on a file that is there, ours and up to date afterwards, and the index of its log.
pub(super) fn open_writer(path: &Path) -> Result<(Connection, LogIndex), OpenError> {
    make_private(path)?;
    let mut log = LogIndex::announce(path).map_err(|source| OpenError::Unwritable {
        path: path.to_owned(),
        source: source.into(),
    })?;
    let mut tries = 0;
    loop {
        match set_up(path) {
            Ok(connection) => {
                log.open(path);
                return Ok((connection, log));
            }
            // Switching to the write-ahead log needs the file for itself and, unlike everything else, does not wait for it.
            Err(Obstacle::Sqlite(error)) if is_busy(&error) && tries < SETUP_TRIES => {
                tries += 1;
                std::thread::sleep(SETUP_PAUSE);
            }
            Err(obstacle) => return Err(explain(path, obstacle)),
        }
    }
}

fn set_up(path: &Path) -> Result<Connection, Obstacle> {
    let mut connection = connect(path)?;
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    }
    connection.pragma_update(None, "wal_autocheckpoint", LONG_LOG)?;
    migrations::run(&mut connection)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    // Not SQLITE_OPEN_READ_ONLY: a reader that comes first after a crash has to recover the log.
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    // A page is then read where the kernel has it, and needs no copy that the next commit makes worthless.
    connection.pragma_update(None, "mmap_size", MAPPED)?;
    Ok(connection)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Each connection is used by one thread at a time, so SQLite's own mutexes are left out.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // The query planner's stability guarantee: without it, the bundled build re-prepares cached statements at each bind.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // With NORMAL a power loss could take back a commit: a spent refresh token would live again.
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Makes the folder and an empty file that only its owner may read, if they are missing.
///
/// The file is made beside and linked into place, never opened: closing any descriptor of a database file drops all locks
/// that this process holds on it, also those of another handle.
fn make_private(path: &Path) -> Result<(), OpenError> {
    let unwritable = |path: &Path, source: io::Error| OpenError::Unwritable {
        path: path.to_owned(),
        source: source.into(),
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|source| unwritable(folder, source))?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(
        ".{:016x}",
        u64::from_ne_bytes(token_core::secret::random_bytes())
    ));
    let draft = PathBuf::from(draft);
    private_file(&draft).map_err(|source| unwritable(folder, source))?;
    let linked = fs::hard_link(&draft, path);
    let removed = fs::remove_file(&draft);
    match linked {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
            Err(unwritable(folder, source))
        }
        _ => removed.map_err(|source| unwritable(folder, source)),
    }
}

fn private_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn explain(path: &Path, obstacle: Obstacle) -> OpenError {
    let path = path.to_owned();
    match obstacle {
        Obstacle::Newer(found) => OpenError::NewerSchema {
            path,
            found,
            supported: migrations::SUPPORTED,
        },
        Obstacle::AnotherProgram => OpenError::NotOurs { path },
        Obstacle::Sqlite(source) => match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotOurs { path },
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                OpenError::Unwritable {
                    path,
                    source: source.into(),
                }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked { path },
            _ => OpenError::Sqlite { path, source },
        },
    }
}
