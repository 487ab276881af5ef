//! Every setting in words, made from the types that the settings are read into: a reference that cannot lag behind.

use serde::Serialize;
use serde_json::Value as Json;
use toml::{Table, Value};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

const DURATION: &str = "a duration: `90s`, `15m`, `12h`, `30d`";

/// One setting, as `--set key=value` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The whole name: `cookie.same_site`.
    pub key: String,
    /// What it accepts, in words: a list of names, or `a duration: 15m`.
    pub accepts: String,
    /// What it is when nobody sets it, as it would be written on the command line.
    pub default: String,
    /// What it does, from the documentation of its field.
    pub meaning: String,
    /// Whether it exists to be shown, or has values that do: `svt serve` wants to be asked twice.
    pub dangerous: bool,
}

/// All settings of a configuration, in the order of the names within each table.
#[must_use]
pub fn settings_of<C: Default + Serialize + ToSchema>() -> Vec<Setting> {
    let mut named = Vec::new();
    C::schemas(&mut named);
    let types = Types(named);
    let mut settings = Vec::new();
    if let Ok(defaults) = Table::try_from(C::default()) {
        types.describe("", &defaults, &json_of(&C::schema()), &mut settings);
    }
    settings
}

fn json_of(schema: &RefOr<Schema>) -> Json {
    serde_json::to_value(schema).unwrap_or_default()
}

/// The types that fields may refer to by name.
struct Types(Vec<(String, RefOr<Schema>)>);

impl Types {
    fn describe(&self, prefix: &str, defaults: &Table, schema: &Json, settings: &mut Vec<Setting>) {
        for (key, default) in defaults {
            let field = &schema["properties"][key];
            let kind = self.kind_of(field);
            let path = format!("{prefix}{key}");
            if let Value::Table(inner) = default {
                self.describe(&format!("{path}."), inner, &kind, settings);
                continue;
            }
            let accepts = accepts(&kind);
            settings.push(Setting {
                dangerous: key.starts_with("dangerously_") || accepts.contains("`dangerously-"),
                default: if accepts == DURATION {
                    in_one_unit(&written(default))
                } else {
                    written(default)
                },
                meaning: one_paragraph(field["description"].as_str().unwrap_or_default()),
                key: path,
                accepts,
            });
        }
    }

    /// What a field is, where it names another type that one.
    fn kind_of(&self, field: &Json) -> Json {
        let direct = field["$ref"].as_str();
        let within = |list: &str| {
            field[list]
                .as_array()?
                .iter()
                .find_map(|one| one["$ref"].as_str())
        };
        let name = direct
            .or_else(|| within("allOf"))
            .or_else(|| within("oneOf"))
            .and_then(|path| path.rsplit('/').next());
        let found = name.and_then(|name| self.0.iter().find(|(known, _)| known == name));
        found.map_or_else(|| field.clone(), |(_, schema)| json_of(schema))
    }
}

fn accepts(kind: &Json) -> String {
    if let Some(values) = kind["enum"].as_array() {
        let names = values.iter().filter_map(Json::as_str);
        return names
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let name = kind["type"].as_str().or_else(|| kind["type"][0].as_str());
    match (name, kind["format"].as_str()) {
        (_, Some("duration")) => DURATION,
        (Some("boolean"), _) => "`true` or `false`",
        (Some("integer" | "number"), _) => "a whole number",
        (Some("array"), _) => "a list: `['a', 'b']`",
        _ => "text",
    }
    .to_owned()
}

/// A value as it is written behind `--set key=`.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `90d` for what is written as `2months 29days 2h 52m 48s`.
fn in_one_unit(duration: &str) -> String {
    let Ok(duration) = humantime::parse_duration(duration) else {
        return duration.to_owned();
    };
    let seconds = duration.as_secs();
    [(86_400, "d"), (3600, "h"), (60, "m")]
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds % unit == 0)
        .map_or_else(
            || format!("{seconds}s"),
            |(unit, name)| format!("{}{name}", seconds / unit),
        )
}

/// The first paragraph, in one line.
fn one_paragraph(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HttpConfig;

    fn setting(key: &str) -> Setting {
        let mut settings = settings_of::<HttpConfig>().into_iter();
        settings.find(|setting| setting.key == key).unwrap()
    }

    #[test]
    fn a_setting_says_what_it_accepts_what_it_is_and_what_it_does() {
        let cors = setting("cors");
        assert_eq!(cors.default, "allow-list");
        assert!(cors.accepts.contains("`dangerously-reflect`") && cors.dangerous);
        let tls = setting("behind_tls_proxy");
        assert_eq!(
            (tls.accepts.as_str(), tls.default.as_str()),
            ("`true` or `false`", "false")
        );
        assert!(!tls.dangerous && tls.meaning.contains("Strict-Transport-Security"));
        assert!(setting("dangerously_cacheable").dangerous);
    }

    #[test]
    fn no_setting_is_without_words() {
        for setting in settings_of::<HttpConfig>() {
            assert!(
                !setting.meaning.is_empty() && !setting.accepts.is_empty(),
                "{setting:?}"
            );
        }
    }
}
