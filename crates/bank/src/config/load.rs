//! Reading settings from a file and from the command line.

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::ConfigError;

/// Reads a configuration: the defaults, over them a TOML file, over it `key=value` pairs.
///
/// A value is read as TOML (`true`, `12`, `["a"]`) and as a plain string where it is none, so that `idle_timeout=15m` needs
/// no quotes. A dotted key reaches into a table (`http.behind_tls_proxy=true`). Settings named `dangerously_…`, and values
/// named `dangerously-…`, are refused unless `dangerous` says that they were asked for on purpose.
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
    if !problems.is_empty() {
        return Err(ConfigError { problems });
    }
    let config: C = table
        .try_into()
        .map_err(|error: toml::de::Error| one(one_line(error.to_string().trim())))?;
    if !dangerous {
        // What was understood is looked at, and not what was written: there is more than one way to write a value.
        let understood =
            Table::try_from(&config).map_err(|error| one(format!("settings: {error}")))?;
        refuse_dangerous("", &understood, &known, &mut problems);
    }
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(ConfigError { problems })
    }
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
        } else if (key.starts_with("dangerously_") || is_dangerous(value))
            && default.is_some_and(|default| default != value)
        {
            problems.push(format!(
                "{prefix}{key}: exists to be shown in the lab; to run a server with it all the same, add --dangerously-allow"
            ));
        }
    }
}

fn is_dangerous(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.starts_with("dangerously-"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::config::{CorsPolicy, HttpConfig};

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
        let error = load(None, &["idle_timout=1m", "nonsense", "http.corse=1"], false).unwrap_err();
        assert_eq!(error.problems.len(), 3, "{error}");
        assert!(
            error
                .to_string()
                .contains("idle_timout: no such setting; accepted are ")
        );
        assert!(error.to_string().contains("http.corse: no such setting"));
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
    fn however_a_dangerous_setting_is_written_it_has_to_be_asked_for_twice() {
        for set in [
            "http.cors={ dangerously-reflect = {} }",
            "http.csrf={ dangerously-none = [] }",
        ] {
            let refused = load(None, &[set], false).unwrap_err().to_string();
            assert!(refused.contains("--dangerously-allow"), "{set}: {refused}");
            assert!(load(None, &[set], true).is_ok(), "{set} is understood");
        }
    }

    #[test]
    fn a_dangerous_value_has_to_be_asked_for_twice_as_well() {
        let set = "http.cors=dangerously-reflect";
        let refused = load(None, &[set], false).unwrap_err().to_string();
        assert!(refused.starts_with("http.cors: exists to be shown"));
        let read = load(None, &[set], true).unwrap();
        assert_eq!(read.http.cors, CorsPolicy::DangerouslyReflect);
        assert!(load(None, &["http.cors=none"], false).is_ok());
    }
}
