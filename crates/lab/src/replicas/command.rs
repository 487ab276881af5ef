//! The command of a replica: what a person would type, and two options that only a lab gives.

use std::path::Path;

use bank::ConfigError;
use jwt_server::JwtConfig;
use serde::Serialize;
use session_server::{SessionConfig, SessionStoreKind};
use toml::{Table, Value};

use super::mode::{Mode, Store};
use crate::origins::{Origins, Place};
use crate::servers::{Server, jwt_at, session_at};

/// What all replicas of a lab have in common.
#[derive(Debug)]
pub(super) struct Common<'a> {
    pub(super) origins: &'a Origins,
    pub(super) folder: &'a Path,
    pub(super) session: &'a SessionConfig,
    pub(super) jwt: &'a JwtConfig,
    pub(super) mode: Mode,
    /// Where the engine of the mode is.
    pub(super) engine: Option<&'a str>,
}

/// The arguments of `svt` for the replica at a place.
pub(super) fn arguments(common: &Common<'_>, place: &Place) -> Result<Vec<String>, ConfigError> {
    let mut arguments = vec![
        "serve".to_owned(),
        place.server.as_str().to_owned(),
        "--listen".to_owned(),
        format!("127.0.0.1:{}", place.port),
        "--data".to_owned(),
        common.folder.display().to_string(),
    ];
    let store = common.mode.store;
    let option = match (store, place.server) {
        (Store::Postgres, _) => Some("--database"),
        (Store::Redis, Server::Session) => Some("--sessions"),
        _ => None,
    };
    if let (Some(option), Some(engine)) = (option, common.engine) {
        arguments.extend([option.to_owned(), engine.to_owned()]);
    }
    let sets = match place.server {
        Server::Session => differences(&SessionConfig {
            store: match store {
                Store::Memory => SessionStoreKind::Memory,
                _ => SessionStoreKind::Database,
            },
            ..session_at(common.origins, &place.origin, common.session)
        })?,
        Server::Jwt => differences(&JwtConfig {
            revocation: common.mode.revocation,
            ..jwt_at(common.origins, &place.origin, common.jwt)
        })?,
    };
    if sets.iter().any(|set| set.contains("dangerously")) {
        arguments.push("--dangerously-allow".to_owned());
    }
    arguments.extend(sets.into_iter().flat_map(|set| ["--set".to_owned(), set]));
    Ok(arguments)
}

/// As it is written on a command line.
pub(super) fn shown(arguments: &[String]) -> String {
    let quoted = arguments.iter().map(|argument| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@".contains(c);
        if argument.chars().all(is_plain) {
            argument.clone()
        } else {
            format!("'{argument}'")
        }
    });
    let words: Vec<String> = std::iter::once("svt".to_owned()).chain(quoted).collect();
    words.join(" ")
}

/// The settings that are not as by default, each as `--set` takes it.
fn differences<C: Default + Serialize>(config: &C) -> Result<Vec<String>, ConfigError> {
    let table = |config: &C| {
        Table::try_from(config).map_err(|error| ConfigError {
            problems: vec![error.to_string()],
        })
    };
    let mut sets = Vec::new();
    collect("", &table(config)?, &table(&C::default())?, &mut sets);
    Ok(sets)
}

fn collect(prefix: &str, table: &Table, default: &Table, sets: &mut Vec<String>) {
    for (key, value) in table {
        match (value, default.get(key)) {
            (Value::Table(inner), Some(Value::Table(default))) => {
                collect(&format!("{prefix}{key}."), inner, default, sets);
            }
            (value, default) if default == Some(value) => {}
            (Value::String(text), _) => sets.push(format!("{prefix}{key}={text}")),
            (value, _) => sets.push(format!("{prefix}{key}={value}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use bank::load_config;

    use super::*;

    #[test]
    fn what_differs_from_the_default_is_what_serve_reads_back() {
        let mut config = SessionConfig {
            store: SessionStoreKind::Memory,
            idle_timeout: std::time::Duration::from_secs(600),
            ..SessionConfig::default()
        };
        config.http.allowed_origins = vec!["http://app.lab.localhost:8001".to_owned()];
        let sets = differences(&config).unwrap();
        assert_eq!(sets.len(), 3, "{sets:?}");
        let read: SessionConfig = load_config(None, &sets, false).unwrap();
        assert_eq!(toml::to_string(&read).ok(), toml::to_string(&config).ok());
        assert_eq!(
            differences(&SessionConfig::default()).unwrap(),
            [""; 0],
            "nothing differs"
        );
    }

    #[test]
    fn a_command_can_be_typed_as_it_is_shown() {
        let arguments = ["serve", "http.allowed_hosts=[\"a:1\"]"].map(str::to_owned);
        assert_eq!(
            shown(&arguments),
            "svt serve 'http.allowed_hosts=[\"a:1\"]'"
        );
    }
}
