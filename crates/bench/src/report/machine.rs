//! On what was measured.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pinning::{self, Cores};

/// The machine and how the run used it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The operating system.
    pub os: String,
    /// The instruction set.
    pub architecture: String,
    /// What the processor calls itself, where the system says.
    pub processor: Option<String>,
    /// The version of the kernel, where the system says.
    pub kernel: Option<String>,
    /// The kind of file system that the servers' data are on, where the system says.
    #[serde(default)]
    pub data_on: Option<String>,
    /// How many cores the run may use.
    pub cores: usize,
    /// The core that all servers were on, where they could be pinned.
    pub server_core: Option<usize>,
    /// The core that the client was on.
    pub client_core: Option<usize>,
    /// How many programs wanted a core in the minute before the run, on average.
    pub load_before: Option<f64>,
    /// Whether this is a build without optimisation, whose figures say nothing.
    pub is_debug_build: bool,
}

impl Machine {
    /// What can be found out about this one.
    pub(crate) fn this(cores: Option<Cores>) -> Self {
        let usable = pinning::usable_cores().len();
        let parallel = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            os: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            processor: field_of("/proc/cpuinfo", "model name"),
            kernel: first_line("/proc/sys/kernel/osrelease"),
            data_on: file_system_of(&std::env::temp_dir()),
            cores: parallel()
                .max(usable)
                .max(if cores.is_some() { 2 } else { 1 }),
            server_core: cores.map(|cores| cores.server),
            client_core: cores.map(|cores| cores.client),
            load_before: first_line("/proc/loadavg")
                .and_then(|line| line.split(' ').next()?.parse().ok()),
            is_debug_build: cfg!(debug_assertions),
        }
    }
}

fn first_line(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

fn field_of(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The type of the mount that a folder is below.
fn file_system_of(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    nearest_mount(&std::fs::read_to_string("/proc/mounts").ok()?, &folder)
}

/// A line of `/proc/mounts` is a device, a folder, a type and more.
fn nearest_mount(mounts: &str, folder: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = mounts.filter(|(mount, _)| folder.starts_with(mount));
    // Of two mounts on one folder the later one is what is seen.
    let nearest = above.max_by_key(|(mount, _)| mount.len());
    nearest.map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_on_the_file_system_that_is_mounted_nearest() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\ntmpfs /run tmpfs rw 0 0\n";
        let kind = |folder| nearest_mount(mounts, Path::new(folder));
        assert_eq!(kind("/tmp/svt").as_deref(), Some("tmpfs"));
        assert_eq!(kind("/tmpx").as_deref(), Some("ext4"));
        assert_eq!(nearest_mount("", Path::new("/")), None);
    }
}
