//! Settings of the two servers that a page lays over those the lab was started with.

use std::collections::BTreeMap;

use bank::{ConfigError, load_config};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A setting by its whole name, `session.cookie.same_site`, and its value as TOML or plain text, as on the command line.
pub(crate) type Settings = BTreeMap<String, String>;

/// The prefixes of the two servers.
pub(crate) const SESSION: &str = "session.";
pub(crate) const JWT: &str = "jwt.";

/// Refuses names that belong to neither server.
pub(crate) fn check_names(settings: &Settings) -> Result<(), ConfigError> {
    let strangers = settings
        .keys()
        .filter(|key| !key.starts_with(SESSION) && !key.starts_with(JWT));
    let problems: Vec<String> = strangers
        .map(|key| {
            format!("{key}: a setting begins with the name of its server, `session.` or `jwt.`")
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ConfigError { problems })
    }
}

/// The base with the settings of one server laid over it. Dangerous ones are accepted: the lab exists to show them.
pub(crate) fn lay_over<C>(base: &C, prefix: &str, settings: &Settings) -> Result<C, ConfigError>
where
    C: Default + Serialize + DeserializeOwned,
{
    let base = toml::to_string(base).map_err(|error| ConfigError {
        problems: vec![error.to_string()],
    })?;
    let sets: Vec<String> = settings
        .iter()
        .filter_map(|(key, value)| Some(format!("{}={value}", key.strip_prefix(prefix)?)))
        .collect();
    load_config(Some(&base), &sets, true)
}

/// Whether two configurations are the same, as far as they can be written down.
pub(crate) fn same<C: Serialize>(one: &C, other: &C) -> bool {
    matches!((toml::to_string(one), toml::to_string(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jwt_server::JwtConfig;
    use session_server::SessionConfig;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let pairs = pairs.iter();
        pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_setting_lies_over_what_the_lab_was_started_with_and_leaves_the_rest() {
        let base = SessionConfig {
            absolute_timeout: std::time::Duration::from_secs(7200),
            ..SessionConfig::default()
        };
        let over = settings(&[
            ("session.idle_timeout", "10m"),
            ("jwt.access_lifetime", "5m"),
        ]);
        let config = lay_over(&base, SESSION, &over).unwrap();
        assert_eq!(config.idle_timeout.as_secs(), 600);
        assert_eq!(config.absolute_timeout.as_secs(), 7200);
        let jwt = lay_over(&JwtConfig::default(), JWT, &over).unwrap();
        assert_eq!(jwt.access_lifetime.as_secs(), 300);
        assert!(!same(&base, &config) && same(&base, &base.clone()));
    }

    #[test]
    fn a_name_of_neither_server_is_refused_and_so_is_an_unknown_setting() {
        let error = check_names(&settings(&[("idle_timeout", "1m")])).unwrap_err();
        assert!(error.to_string().contains("`session.` or `jwt.`"));
        let unknown = settings(&[("session.idle_timout", "1m")]);
        let error = lay_over(&SessionConfig::default(), SESSION, &unknown).unwrap_err();
        assert!(error.to_string().contains("accepted are"), "{error}");
    }
}
