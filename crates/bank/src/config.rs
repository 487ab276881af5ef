//! Settings: immutable, validated, all errors at once.

use ipnet::IpNet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// How the credential travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// The browser attaches it by itself, and guards it from scripts.
    #[default]
    Cookie,
    /// The client attaches it by hand, in `Authorization: Bearer`.
    Header,
}

/// What both servers ask of every request before they ask who sent it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// The origins whose pages may call the API: `https://bank.example`. CORS answers them, and the CSRF defence passes
    /// them; every other origin is refused. A server that serves its own pages names its own origin here too.
    pub allowed_origins: Vec<String>,
    /// The `Host` values that are answered, with port where it is not the scheme's own; all when empty. Against DNS
    /// rebinding.
    pub allowed_hosts: Vec<String>,
    /// The proxies whose `Forwarded`/`X-Forwarded-For` is believed, as CIDR blocks; none by default.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether browsers reach the server through TLS: answers then carry `Strict-Transport-Security`.
    pub behind_tls_proxy: bool,
    /// Usernames that become administrators when they sign up. Sign them up before opening the door: a name is its
    /// first taker's.
    pub administrators: Vec<String>,
    /// What a new account holds, in minor units.
    pub opening_balance_minor: i64,
}

impl HttpConfig {
    /// What is wrong with it, one sentence each; empty when nothing is.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for origin in &self.allowed_origins {
            if !is_origin(origin) {
                problems.push(format!(
                    "http.allowed_origins: `{origin}` is no origin; write scheme://host[:port], without a path or a trailing slash"
                ));
            }
        }
        for host in &self.allowed_hosts {
            if host.is_empty() || host.contains('/') {
                problems.push(format!(
                    "http.allowed_hosts: `{host}` is no host; write host or host:port"
                ));
            }
        }
        if self.opening_balance_minor < 0 {
            problems.push("http.opening_balance_minor: cannot be negative".to_owned());
        }
        problems
    }
}

/// Whether `text` is an origin as browsers serialise it (RFC 6454 §6.2).
fn is_origin(text: &str) -> bool {
    let Some(host) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return false;
    };
    !host.is_empty()
        && !host.contains(['/', '?', '#', '@', '*', ' '])
        && host
            .chars()
            .all(|c| c.is_ascii() && !c.is_ascii_uppercase())
}

/// Every problem of a configuration, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.join("\n"))]
pub struct ConfigError {
    /// One sentence each, beginning with the name of the setting.
    pub problems: Vec<String>,
}

/// Reads a configuration: the defaults, over them a TOML file, over it `key=value` pairs.
///
/// A value is read as TOML (`true`, `12`, `["a"]`) and as a plain string where it is none, so that `idle_timeout=15m` needs
/// no quotes. A dotted key reaches into a table (`http.behind_tls_proxy=true`). Settings named `dangerously_…` are refused
/// unless `dangerous` says that they were asked for on purpose.
///
/// # Errors
/// All problems at once; an unknown key comes with the keys that are accepted.
pub fn load_config<C>(
    file: Option<&str>,
    sets: &[String],
    dangerous: bool,
) -> Result<C, ConfigError>
where
    C: Default + Serialize + DeserializeOwned,
{
    let mut problems = Vec::new();
    let mut table =
        Table::try_from(C::default()).map_err(|error| one(format!("settings: {error}")))?;
    let known = table.clone();
    match file.map(str::parse::<Table>).transpose() {
        Ok(given) => merge(&mut table, given.unwrap_or_default()),
        Err(error) => problems.push(format!(
            "the configuration file is not TOML: {}",
            one_line(&error.to_string())
        )),
    }
    for set in sets {
        if let Err(problem) = assign(&mut table, set) {
            problems.push(problem);
        }
    }
    check_keys("", &table, &known, &mut problems);
    if !dangerous {
        refuse_dangerous("", &table, &known, &mut problems);
    }
    if !problems.is_empty() {
        return Err(ConfigError { problems });
    }
    table
        .try_into()
        .map_err(|error: toml::de::Error| one(one_line(error.to_string().trim())))
}

fn one(problem: String) -> ConfigError {
    ConfigError {
        problems: vec![problem],
    }
}

fn one_line(text: &str) -> String {
    text.split('\n')
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn assign(table: &mut Table, set: &str) -> Result<(), String> {
    let Some((path, text)) = set.split_once('=') else {
        return Err(format!("`{set}`: write key=value"));
    };
    let value = format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()));
    let mut keys = path.trim().split('.').peekable();
    let mut table = table;
    while let Some(key) = keys.next() {
        if keys.peek().is_none() {
            table.insert(key.to_owned(), value);
            return Ok(());
        }
        table = match table
            .entry(key)
            .or_insert_with(|| Value::Table(Table::new()))
        {
            Value::Table(inner) => inner,
            _ => {
                return Err(format!(
                    "{path}: `{key}` is a value and has no settings below it"
                ));
            }
        };
    }
    Ok(())
}

fn check_keys(prefix: &str, table: &Table, known: &Table, problems: &mut Vec<String>) {
    for (key, value) in table {
        match (known.get(key), value) {
            (None, _) => {
                let accepted: Vec<&str> = known.keys().map(String::as_str).collect();
                problems.push(format!(
                    "{prefix}{key}: no such setting; accepted are {}",
                    accepted.join(", ")
                ));
            }
            (Some(Value::Table(known)), Value::Table(inner)) => {
                check_keys(&format!("{prefix}{key}."), inner, known, problems);
            }
            _ => {}
        }
    }
}

fn refuse_dangerous(prefix: &str, table: &Table, known: &Table, problems: &mut Vec<String>) {
    for (key, value) in table {
        let default = known.get(key);
        if let (Value::Table(inner), Some(Value::Table(known))) = (value, default) {
            refuse_dangerous(&format!("{prefix}{key}."), inner, known, problems);
        } else if key.starts_with("dangerously_") && default.is_some_and(|default| default != value)
        {
            problems.push(format!(
                "{prefix}{key}: exists to be shown in the lab; to run a server with it all the same, add --dangerously-allow"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Sample {
        #[serde(with = "humantime_serde")]
        idle_timeout: std::time::Duration,
        dangerously_plain: bool,
        http: HttpConfig,
    }

    impl Default for Sample {
        fn default() -> Self {
            Self {
                idle_timeout: std::time::Duration::from_secs(60),
                dangerously_plain: false,
                http: HttpConfig::default(),
            }
        }
    }

    fn load(file: Option<&str>, sets: &[&str], dangerous: bool) -> Result<Sample, ConfigError> {
        let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
        load_config(file, &sets, dangerous)
    }

    #[test]
    fn a_pair_on_the_command_line_overrides_the_file_which_overrides_the_default() {
        let file = "idle_timeout = '5m'\n[http]\nbehind_tls_proxy = true";
        let config = load(
            Some(file),
            &[
                "idle_timeout=15m",
                "http.allowed_origins=['https://a.example']",
            ],
            false,
        )
        .unwrap();
        assert_eq!(config.idle_timeout.as_secs(), 900);
        assert!(config.http.behind_tls_proxy);
        assert_eq!(config.http.allowed_origins, ["https://a.example"]);
    }

    #[test]
    fn every_problem_is_reported_at_once_with_what_is_accepted() {
        let error = load(None, &["idle_timout=1m", "nonsense", "http.cors=1"], false).unwrap_err();
        assert_eq!(error.problems.len(), 3, "{error}");
        assert!(
            error
                .to_string()
                .contains("idle_timout: no such setting; accepted are ")
        );
        assert!(error.to_string().contains("http.cors: no such setting"));
    }

    #[test]
    fn a_dangerous_setting_has_to_be_asked_for_twice() {
        assert!(
            load(None, &["dangerously_plain=true"], false)
                .unwrap_err()
                .to_string()
                .contains("--dangerously-allow")
        );
        assert!(
            load(None, &["dangerously_plain=true"], true)
                .unwrap()
                .dangerously_plain
        );
        assert!(
            !load(None, &["dangerously_plain=false"], false)
                .unwrap()
                .dangerously_plain
        );
    }

    #[test]
    fn an_origin_is_written_as_a_browser_sends_it() {
        for wrong in [
            "bank.example",
            "https://bank.example/",
            "https://Bank.example",
            "*",
            "https://*",
            "null",
        ] {
            let config = HttpConfig {
                allowed_origins: vec![wrong.to_owned()],
                ..HttpConfig::default()
            };
            assert_eq!(config.problems().len(), 1, "{wrong}");
        }
        let config = HttpConfig {
            allowed_origins: vec!["http://app.lab.localhost:8001".to_owned()],
            ..HttpConfig::default()
        };
        assert!(config.problems().is_empty());
    }
}
