//! What a task needs on this machine beyond the Rust toolchain, installed where that can be done without asking.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::process::{answers, cargo, command, on_path, passes, workspace_root};

/// A Chromium that tests can drive, under any of the names it is packaged as.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const DRIVER: &str = "chromedriver";
const FIREFOXES: [&str; 2] = ["firefox-esr", "firefox"];
/// Valkey is Redis by those who went on with it, and speaks the same.
const REDIS: [&str; 2] = ["redis-server", "valkey-server"];

/// Whether something was found or installed, or has to be installed by hand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Yes,
    /// Says which packages to install and how.
    No(String),
}

/// Makes sure that a Chromium and its driver are here, installing them on Debian and Ubuntu where we may.
pub(crate) fn browser() -> Result<Found> {
    let system = System::read();
    let packages = system.browser_packages();
    install(
        "the tests drive a real browser",
        packages.as_ref().map(<[_; 2]>::as_slice),
        browser_is_here,
        || system.by_hand(),
    )
}

/// Makes sure that PostgreSQL, Redis and HAProxy are here, installing them on Debian and Ubuntu where we may. Their packages start services,
/// which nothing here uses: the tests start what they need themselves.
pub(crate) fn engines() -> Result<Found> {
    let system = System::read();
    install(
        "the tests start real engines",
        system.engine_packages(),
        engines_are_here,
        || system.engines_by_hand(),
    )
}

/// Makes sure that Firefox is here, and gives the path of a geckodriver: the installed one, or one built into the target
/// folder, since Debian packages none.
pub(crate) fn firefox() -> Result<(Found, PathBuf)> {
    let system = System::read();
    let found = install(
        "the tests drive a real browser",
        system.firefox_packages(),
        || {
            std::env::var_os("FIREFOX").is_some()
                || FIREFOXES.iter().any(|name| on_path(name).is_some())
        },
        || {
            "there is no Firefox on the PATH: install firefox-esr, or name one: FIREFOX=/path/to/firefox".to_owned()
        },
    )?;
    let driver = match std::env::var_os("GECKODRIVER") {
        Some(given) => given.into(),
        None => tool("geckodriver")?,
    };
    Ok((found, driver))
}

/// Installs packages where something is missing and we may, saying what for.
fn install(
    purpose: &str,
    packages: Option<&[&str]>,
    is_here: impl Fn() -> bool,
    by_hand: impl Fn() -> String,
) -> Result<Found> {
    if is_here() {
        return Ok(Found::Yes);
    }
    let (Some(packages), Some(mut as_root)) = (packages, root_prefix()) else {
        return Ok(Found::No(by_hand()));
    };
    as_root.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"].map(OsString::from));
    eprintln!("xtask: {purpose}; installing {}", packages.join(" and "));
    let updated = passes(command(&as_root[0]).args(&as_root[1..]).arg("update"))?;
    let installed = updated
        && passes(
            command(&as_root[0])
                .args(&as_root[1..])
                .args(["install", "--yes", "--no-install-recommends"])
                .args(packages),
        )?;
    if installed && is_here() {
        Ok(Found::Yes)
    } else {
        Ok(Found::No(by_hand()))
    }
}

fn browser_is_here() -> bool {
    // The two variables are those that the `tests` crate reads, for a browser that is not on the PATH.
    let given = |variable| std::env::var_os(variable).is_some();
    (given("CHROME") || BROWSERS.iter().any(|name| on_path(name).is_some()))
        && (given("CHROMEDRIVER") || on_path(DRIVER).is_some())
}

fn engines_are_here() -> bool {
    // The variables are those that the `engines` crate and the tests read, for what is not where it is looked for.
    let given = |variable| std::env::var_os(variable).is_some();
    let packaged = std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
        versions
            .filter_map(Result::ok)
            .any(|version| version.path().join("bin/initdb").is_file())
    });
    let postgres = given("SVT_POSTGRES_BIN") || on_path("initdb").is_some() || packaged;
    let redis = given("SVT_REDIS_SERVER") || REDIS.iter().any(|name| on_path(name).is_some());
    // Debian keeps it where only root looks.
    let haproxy = given("HAPROXY")
        || on_path("haproxy").is_some()
        || Path::new("/usr/sbin/haproxy").is_file();
    postgres && redis && haproxy
}

/// The words to put before a command so that it runs as root, or `None` where that would need a password.
fn root_prefix() -> Option<Vec<OsString>> {
    let is_root = std::process::Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if is_root {
        Some(Vec::new())
    } else if answers("sudo", &["-n", "true"]) {
        Some(vec!["sudo".into(), "-n".into()])
    } else {
        None
    }
}

/// Which operating system this is, as far as package names depend on it.
struct System {
    /// `ID` and `ID_LIKE` of /etc/os-release, empty elsewhere.
    ids: Vec<String>,
    has_apt: bool,
}

impl System {
    fn read() -> Self {
        let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self {
            ids: ids_of(&release),
            has_apt: on_path("apt-get").is_some(),
        }
    }

    fn is(&self, id: &str) -> bool {
        self.ids.iter().any(|found| found == id)
    }

    /// The packages that apt-get can install here; Ubuntu has its own names for them.
    fn browser_packages(&self) -> Option<[&'static str; 2]> {
        if !self.has_apt {
            None
        } else if self.is("ubuntu") {
            Some(["chromium-browser", "chromium-chromedriver"])
        } else if self.is("debian") {
            Some(["chromium", "chromium-driver"])
        } else {
            None
        }
    }

    fn firefox_packages(&self) -> Option<&'static [&'static str]> {
        (self.has_apt && self.is("debian") && !self.is("ubuntu")).then_some(&["firefox-esr"])
    }

    fn engine_packages(&self) -> Option<&'static [&'static str]> {
        let is_known = self.is("debian") || self.is("ubuntu");
        (self.has_apt && is_known).then_some(&["postgresql", "redis-server", "haproxy"])
    }

    fn engines_by_hand(&self) -> String {
        let how = if self.is("debian") || self.is("ubuntu") {
            "sudo apt-get install postgresql redis-server haproxy"
        } else if self.is("fedora") {
            "sudo dnf install postgresql-server valkey haproxy"
        } else if self.is("arch") {
            "sudo pacman -S postgresql valkey haproxy"
        } else if cfg!(target_os = "macos") {
            "brew install postgresql@17 redis haproxy"
        } else {
            "install PostgreSQL (its server and initdb), Redis or Valkey, and HAProxy"
        };
        format!(
            "the tests start a PostgreSQL, a Redis and an HAProxy of their own, and the programs are not all here.\n  \
             Install them:   {how}\n  \
             or name them:   SVT_POSTGRES_BIN=/path/to/its/bin SVT_REDIS_SERVER=/path/to/redis-server HAPROXY=/path/to/haproxy cargo xtask test"
        )
    }

    fn by_hand(&self) -> String {
        let how = if self.is("ubuntu") {
            "sudo apt-get install chromium-browser chromium-chromedriver"
        } else if self.is("debian") {
            "sudo apt-get install chromium chromium-driver"
        } else if self.is("fedora") {
            "sudo dnf install chromium chromedriver"
        } else if self.is("arch") {
            "sudo pacman -S chromium"
        } else if cfg!(target_os = "macos") {
            "brew install --cask google-chrome chromedriver"
        } else {
            "install Chromium (or Chrome) and the ChromeDriver of the same version"
        };
        format!(
            "the tests drive a real browser, and there is none with its driver on the PATH.\n  \
             Install them:   {how}\n  \
             or name them:   CHROME=/path/to/chromium CHROMEDRIVER=/path/to/chromedriver cargo xtask test"
        )
    }
}

fn ids_of(release: &str) -> Vec<String> {
    release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .map(str::to_owned)
        .collect()
}

/// Adds a component of the toolchain when rustup has left it out (its minimal profile does).
pub(crate) fn toolchain_component(component: &str, subcommand: &str) -> Result<()> {
    let here = cargo()
        .args([subcommand, "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !here {
        eprintln!("xtask: this toolchain has no {component}; adding it");
        ensure!(
            passes(command("rustup").args(["component", "add", component]))?,
            "cannot add {component}: install it with your Rust toolchain"
        );
    }
    Ok(())
}

/// The path of a cargo-deny.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    tool("cargo-deny")
}

/// The path of a program that crates.io has: the installed one, or one built into the target folder, which touches nothing
/// of the user's.
fn tool(name: &str) -> Result<PathBuf> {
    if let Some(installed) = on_path(name) {
        return Ok(installed);
    }
    let root = workspace_root().join("target/tools");
    let ours = root.join(format!("bin/{name}{}", std::env::consts::EXE_SUFFIX));
    if !ours.is_file() {
        eprintln!("xtask: no {name} here; building one into target/tools (a few minutes, once)");
        // A debug build is made in less than half the time of a release build, and answers as fast for what it does here.
        let mut install = cargo();
        install.args(["install", name, "--locked", "--debug", "--root"]);
        ensure!(
            passes(install.arg(&root))?,
            "cannot build {name}: see above"
        );
    }
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(release: &str, has_apt: bool) -> System {
        System {
            ids: ids_of(release),
            has_apt,
        }
    }

    #[test]
    fn debian_and_ubuntu_each_get_their_own_package_names() {
        let debian = system("PRETTY_NAME=\"Debian\"\nID=debian\n", true);
        assert_eq!(
            debian.browser_packages(),
            Some(["chromium", "chromium-driver"])
        );
        let ubuntu = system("ID=ubuntu\nID_LIKE=debian\n", true);
        assert_eq!(
            ubuntu.browser_packages(),
            Some(["chromium-browser", "chromium-chromedriver"])
        );
        let mint = system("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", true);
        assert_eq!(mint.browser_packages(), ubuntu.browser_packages());
    }

    #[test]
    fn the_engines_have_the_same_package_names_on_debian_and_ubuntu() {
        let packages: Option<&[&str]> = Some(&["postgresql", "redis-server", "haproxy"]);
        for release in [
            "ID=debian\n",
            "ID=ubuntu\n",
            "ID=linuxmint\nID_LIKE=ubuntu\n",
        ] {
            assert_eq!(system(release, true).engine_packages(), packages);
        }
        assert_eq!(system("ID=debian\n", false).engine_packages(), None);
    }

    #[test]
    fn elsewhere_nothing_is_installed_and_the_packages_are_named() {
        let fedora = system("ID=fedora\n", false);
        assert_eq!(fedora.browser_packages(), None);
        assert!(
            fedora
                .by_hand()
                .contains("dnf install chromium chromedriver")
        );
        assert_eq!(system("ID=debian\n", false).browser_packages(), None);
        assert_eq!(fedora.engine_packages(), None);
        let advice = fedora.engines_by_hand();
        assert!(advice.contains("dnf install postgresql-server valkey haproxy"));
        assert!(advice.contains("SVT_POSTGRES_BIN") && advice.contains("SVT_REDIS_SERVER"));
    }
}
