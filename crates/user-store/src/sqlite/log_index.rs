//! Whether anything was committed to the file, by whichever process, asked without a lock.
//!
//! The processes that have a database open share an index of its write-ahead log, the file `-shm`. The header of that index counts the
//! commits and holds the length of the log and a checksum over all of it; a commit can be seen from when the header has been written, and
//! is acknowledged after that (<https://sqlite.org/walformat.html>, "The WAL-Index Header"). So headers that are equal byte by byte stand for
//! the same rows: it is how SQLite itself finds out whether what it has cached is still good. SQLite maps the file; here the header is read by
//! one positioned read, which the kernel answers from the very page that is mapped.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use super::lock;

/// The header as it was at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Header([u8; 48]);

impl Header {
    /// How many pages the log holds.
    pub(super) fn pages_in_log(&self) -> u32 {
        let [.., a, b, c, d] = self.0[..20] else {
            return 0;
        };
        u32::from_ne_bytes([a, b, c, d])
    }

    /// Whether exactly one commit lies between that header and this one: each adds one to a counter.
    pub(super) fn is_one_commit_after(&self, before: &Self) -> bool {
        self.changes() == before.changes().wrapping_add(1)
    }

    /// A header that counts so many commits.
    #[cfg(test)]
    pub(super) fn after(commits: u32) -> Self {
        let mut header = [0; 48];
        header[8..12].copy_from_slice(&commits.to_ne_bytes());
        header[12] = 1;
        Self(header)
    }

    fn changes(&self) -> u32 {
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = self.0;
        u32::from_ne_bytes([a, b, c, d])
    }

    fn is_valid(&self) -> bool {
        // The byte that SQLite sets when the index has been made.
        self.0[12] == 1
    }
}

/// The databases that this process has open, each with how many handles there are and the files that were used to look at its index.
///
/// Closing any descriptor of a file drops all locks that this process holds on it, SQLite's own among them. So such a file is kept here
/// until no handle of this process is left that could hold a lock. Locked when a handle is opened and when it is closed.
static IN_USE: Mutex<BTreeMap<FileId, InUse>> = Mutex::new(BTreeMap::new());

/// Device and number of a file.
type FileId = (u64, u64);

#[derive(Default)]
struct InUse {
    handles: usize,
    retired: Vec<File>,
}

/// A look at the log's index of one database. It outlives every connection of its handle.
pub(super) struct LogIndex {
    /// `None` where this system is not known to answer reads from what is mapped; then no header is ever known.
    database: Option<FileId>,
    file: Option<File>,
}

impl LogIndex {
    /// Announces that this process is about to open the database, which is there already.
    pub(super) fn announce(database: &Path) -> io::Result<Self> {
        let database = id_of(database)?;
        if let Some(id) = database {
            lock(&IN_USE).entry(id).or_default().handles += 1;
        }
        Ok(Self {
            database,
            file: None,
        })
    }

    /// Opens the index, which is there as long as any connection is. Without it headers stay unknown, and nothing else is different.
    pub(super) fn open(&mut self, database: &Path) {
        let mut index = database.as_os_str().to_owned();
        index.push("-shm");
        if self.database.is_some() && self.file.is_none() {
            self.file = File::open(index).ok();
        }
    }

    /// The header as it is, if it is known.
    pub(super) fn header(&self) -> Option<Header> {
        let mut header = Header([0; 48]);
        read_start(self.file.as_ref()?, &mut header.0).ok()?;
        header.is_valid().then_some(header)
    }
}

impl Drop for LogIndex {
    fn drop(&mut self) {
        let Some(id) = self.database else { return };
        let mut in_use = lock(&IN_USE);
        if let Some(entry) = in_use.get_mut(&id) {
            entry.handles -= 1;
            entry.retired.extend(self.file.take());
            if entry.handles == 0 {
                in_use.remove(&id);
            }
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn id_of(path: &Path) -> io::Result<Option<FileId>> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path)?;
    Ok(Some((found.dev(), found.ino())))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn id_of(_: &Path) -> io::Result<Option<FileId>> {
    Ok(None)
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn read_start(file: &File, into: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, 0)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn read_start(_: &File, _: &mut [u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
