//! Servers as other people would build them, from a folder of their own. They are no part of this program, and built when they are asked for.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::arms::{Arm, PEERS, Program};

/// Older versions lack what Fastify needs.
const NODE: u32 = 20;

/// Why there are no peers.
#[derive(Debug, thiserror::Error)]
pub enum PeersError {
    /// The sources of the peers are not there.
    #[error("{} has no peers: run it in the source tree, or name the folder with --peers DIR", .0.display())]
    Missing(PathBuf),
    /// A program that builds them failed or is missing.
    #[error("`{0}` failed, which builds the peers")]
    Build(&'static str),
}

/// Builds the peers of a folder. Says which of them can be measured here, and why the others cannot.
///
/// # Errors
/// [`PeersError`]
pub fn build(folder: &Path) -> Result<(Vec<&'static Arm>, Option<String>), PeersError> {
    if !folder.join("axum/Cargo.toml").is_file() {
        return Err(PeersError::Missing(folder.to_owned()));
    }
    run(
        "cargo build --release --locked",
        Command::new("cargo")
            .args(["build", "--release", "--locked"])
            .current_dir(folder.join("axum")),
    )?;
    run(
        "cargo build --release --locked",
        Command::new("cargo")
            .args(["build", "--release", "--locked"])
            .current_dir(folder.join("actix")),
    )?;
    let of = |program: Program| PEERS.iter().filter(move |peer| peer.program == program);
    let mut peers: Vec<&Arm> = of(Program::Axum).chain(of(Program::Actix)).collect();
    let lacking = match node_version() {
        Some(version) if version >= NODE => None,
        Some(version) => Some(format!("Node {version} is older than {NODE}")),
        None => Some(format!("there is no Node; {NODE} or later is needed")),
    };
    if lacking.is_none() {
        if !folder.join("fastify/node_modules").is_dir() {
            run(
                "npm ci",
                Command::new("npm")
                    .args(["ci", "--no-audit", "--no-fund"])
                    .current_dir(folder.join("fastify")),
            )?;
        }
        peers.extend(of(Program::Fastify));
    }
    let said = lacking.map(|why| format!("The peers on Fastify are left out: {why}."));
    Ok((peers, said))
}

fn run(what: &'static str, command: &mut Command) -> Result<(), PeersError> {
    // What it says belongs to the progress of this program, and not to its result.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(PeersError::Build(what)),
    }
}

/// The first number of `node --version`.
fn node_version() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    major(&String::from_utf8(output.stdout).ok()?)
}

fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// The program of the peer in Rust.
pub(crate) fn axum(folder: &Path) -> PathBuf {
    folder.join("axum/target/release/peer-axum")
}

/// The program of the peer with actix-session's own store.
pub(crate) fn actix(folder: &Path) -> PathBuf {
    folder.join("actix/target/release/peer-actix")
}

/// What Node runs.
pub(crate) fn fastify(folder: &Path) -> PathBuf {
    folder.join("fastify/server.js")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_its_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("node: not found"), None);
    }

    #[test]
    fn a_folder_without_peers_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = build(folder.path()).unwrap_err().to_string();
        assert!(error.contains("--peers DIR") && error.contains(folder.path().to_str().unwrap()));
    }
}
