//! Where the programs are, and whom PostgreSQL runs as.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::EngineError;

/// Where Debian and Ubuntu keep the programs of PostgreSQL, a folder for each version, none of them on the `PATH`.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The two names that the server has: Valkey is Redis by those who went on with it, and speaks the same.
const REDIS: [&str; 2] = ["redis-server", "valkey-server"];

/// The folder that holds `postgres` and `initdb`: the one that is named, the one on the `PATH`, or that of the newest version.
pub(crate) fn postgres_folder() -> Result<PathBuf, EngineError> {
    let given = std::env::var_os("SVT_POSTGRES_BIN");
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_postgres(given.as_deref(), &path, Path::new(VERSIONS)).ok_or(EngineError::Missing {
        program: "PostgreSQL",
        package: "postgresql",
        what: "the folder of its programs",
        variable: "SVT_POSTGRES_BIN",
    })
}

/// The server of Redis or Valkey: the one that is named, or the first on the `PATH`.
pub(crate) fn redis_server() -> Result<PathBuf, EngineError> {
    let given = std::env::var_os("SVT_REDIS_SERVER");
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_redis(given.as_deref(), &path).ok_or(EngineError::Missing {
        program: "redis-server",
        package: "redis-server",
        what: "it",
        variable: "SVT_REDIS_SERVER",
    })
}

/// A folder that is named is the only one that is looked into, so that a wrong name does not go unnoticed.
fn find_postgres(given: Option<&OsStr>, path: &OsStr, versions: &Path) -> Option<PathBuf> {
    let is_whole = |folder: &PathBuf| {
        ["postgres", "initdb"]
            .iter()
            .all(|name| folder.join(name).is_file())
    };
    if let Some(given) = given {
        return Some(PathBuf::from(given)).filter(is_whole);
    }
    std::env::split_paths(path)
        .find(is_whole)
        .or_else(|| newest(versions, is_whole))
}

fn newest(versions: &Path, is_whole: impl Fn(&PathBuf) -> bool) -> Option<PathBuf> {
    let number = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<f64>().ok();
    let mut found: Vec<(f64, PathBuf)> = std::fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|folder| Some((number(&folder)?, folder.join("bin"))))
        .filter(|(_, bin)| is_whole(bin))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.pop().map(|(_, bin)| bin)
}

fn find_redis(given: Option<&OsStr>, path: &OsStr) -> Option<PathBuf> {
    if let Some(given) = given {
        return Some(PathBuf::from(given)).filter(|program| program.is_file());
    }
    REDIS.iter().find_map(|name| {
        std::env::split_paths(path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    })
}

/// A user of the system, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

impl Account {
    /// Whom PostgreSQL runs as: whoever runs this program, except root, in whose place its package has made a user.
    pub(crate) fn for_postgres() -> Result<Option<Self>, EngineError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = std::fs::read_to_string("/etc/passwd")
            .map_err(EngineError::while_to("read /etc/passwd"))?;
        match Self::named("postgres", &users) {
            Some(account) => Ok(Some(account)),
            None => Err(EngineError::NobodyToRunAs),
        }
    }

    fn named(name: &str, users: &str) -> Option<Self> {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next() != Some(name) {
                return None;
            }
            let user = fields.nth(1)?.parse().ok()?;
            let group = fields.next()?.parse().ok()?;
            Some(Self { user, group })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(folder: &Path, name: &str) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(name), "").unwrap();
    }

    #[test]
    fn the_newest_postgresql_is_taken_unless_one_is_on_the_path_or_named() {
        let root = tempfile::tempdir().unwrap();
        let versions = root.path().join("versions");
        for version in ["9.6", "15", "17", "18"] {
            let bin = versions.join(version).join("bin");
            program(&bin, "postgres");
            // The newest has its server alone, and no way to make a database.
            if version != "18" {
                program(&bin, "initdb");
            }
        }
        let newest = versions.join("17/bin");
        assert_eq!(
            find_postgres(None, OsStr::new(""), &versions),
            Some(newest.clone())
        );
        let older = versions.join("15/bin");
        assert_eq!(
            find_postgres(None, older.as_os_str(), &versions),
            Some(older.clone())
        );
        let named = find_postgres(Some(newest.as_os_str()), older.as_os_str(), &versions);
        assert_eq!(named, Some(newest));
        let wrong = find_postgres(
            Some(root.path().as_os_str()),
            older.as_os_str(),
            versions.as_path(),
        );
        assert_eq!(wrong, None);
    }

    #[test]
    fn redis_is_found_under_both_of_its_names() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().as_os_str();
        assert_eq!(find_redis(None, path), None);
        program(root.path(), "valkey-server");
        let valkey = root.path().join("valkey-server");
        assert_eq!(find_redis(None, path), Some(valkey.clone()));
        program(root.path(), "redis-server");
        let redis = root.path().join("redis-server");
        assert_eq!(find_redis(None, path), Some(redis));
        assert_eq!(find_redis(Some(valkey.as_os_str()), path), Some(valkey));
        assert_eq!(find_redis(Some(OsStr::new("/nowhere")), path), None);
    }

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:1:2::/:\npostgres:x:101:104:,,,:/var/lib:/bin/bash\n";
        let expected = Account {
            user: 101,
            group: 104,
        };
        assert_eq!(Account::named("postgres", users), Some(expected));
        assert_eq!(Account::named("nobody", users), None);
    }
}
