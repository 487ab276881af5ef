//! What a server takes besides time: memory, and room on disk.

use std::fs;
use std::path::Path;

/// How the names of a server's database begin in the folder of its data.
const DATABASE: &[u8] = b"bank.db";

/// Taken after the last round.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Size {
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) disk_bytes: Option<u64>,
    pub(crate) system_share: Option<f64>,
}

impl Size {
    /// Of a process and the folder of its data.
    pub(crate) fn of(pid: u32, folder: &Path) -> Self {
        Self {
            memory_bytes: resident(pid),
            disk_bytes: on_disk(folder),
            system_share: crate::cpu::system_share(pid),
        }
    }
}

/// `VmRSS`: what the process has in RAM, shared libraries included.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    of_status(pid, "VmRSS:")
}

/// `VmHWM`: the most that it ever had.
pub(crate) fn most_resident(pid: u32) -> Option<u64> {
    of_status(pid, "VmHWM:")
}

fn of_status(pid: u32, name: &str) -> Option<u64> {
    kibibytes(
        &fs::read_to_string(format!("/proc/{pid}/status")).ok()?,
        name,
    )
}

/// A line of `/proc/<pid>/status`, in bytes.
fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The files of the database: its own, the write-ahead log, and the index of that.
fn on_disk(folder: &Path) -> Option<u64> {
    let files = fs::read_dir(folder).ok()?.flatten();
    let database = files.filter(|file| file.file_name().as_encoded_bytes().starts_with(DATABASE));
    let sizes = database.filter_map(|file| file.metadata().ok());
    Some(sizes.map(|file| file.len()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_kibibytes_and_told_in_bytes() {
        let status = "Name:\tsvt\nVmHWM:\t    9000 kB\nVmRSS:\t    8192 kB\n";
        assert_eq!(kibibytes(status, "VmRSS:"), Some(8 << 20));
        assert_eq!(kibibytes(status, "VmSwap:"), None);
    }

    #[test]
    fn the_data_are_as_large_as_their_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bank.db"), [0; 100]).unwrap();
        fs::write(folder.path().join("bank.db-wal"), [0; 20]).unwrap();
        fs::write(folder.path().join("credentials"), [0; 1000]).unwrap();
        assert_eq!(on_disk(folder.path()), Some(120));
        assert_eq!(on_disk(&folder.path().join("none")), None);
    }
}
