//! The cookie that carries a credential, in the words of RFC 6265bis.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// From which sites' pages a browser sends the cookie along (RFC 6265bis §4.1.2.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SameSite {
    /// From this site, and when the visitor follows a link to it from another.
    #[default]
    Lax,
    /// From this site alone: who follows a link to it arrives logged out.
    Strict,
    /// From every site, as far as the browser has third-party cookies at all.
    None,
}

impl SameSite {
    /// The value of the attribute.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
            Self::None => "None",
        }
    }
}

/// How the cookie of a credential is set. The default is the narrowest that works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CookieConfig {
    /// The `SameSite` attribute: `lax`, `strict` or `none`.
    pub same_site: SameSite,
    /// Sends no `SameSite` attribute, whatever `same_site` says: some browsers then take it for `Lax` once it is two
    /// minutes old, and others for `None`.
    pub dangerously_unset_same_site: bool,
    /// Drops `HttpOnly`: a script in the page, injected or not, reads the credential and may carry it away.
    pub dangerously_script_readable: bool,
    /// Drops `Secure` and the prefix of the name, for a browser that refuses Secure cookies on `http://localhost`. The
    /// cookie is then sent in the clear and can be overwritten by a sibling host.
    pub dangerously_plain: bool,
    /// The `Domain` attribute, none when empty: every host below it gets the credential and can plant another.
    pub dangerously_domain: String,
    /// The `Path` attribute. It keeps nothing from another path's scripts.
    pub path: String,
    /// Keeps a jar of its own for each site that embeds this one (CHIPS).
    pub partitioned: bool,
    /// How long the browser keeps the cookie, in whole seconds; `0s`: until it closes. Browsers cap it at 400 days, and what
    /// the server holds may end earlier.
    #[serde(with = "zero_is_none")]
    #[schema(value_type = String, format = "duration")]
    pub max_age: Option<Duration>,
}

impl Default for CookieConfig {
    fn default() -> Self {
        Self {
            same_site: SameSite::default(),
            dangerously_unset_same_site: false,
            dangerously_script_readable: false,
            dangerously_plain: false,
            dangerously_domain: String::new(),
            path: "/".to_owned(),
            partitioned: false,
            max_age: None,
        }
    }
}

impl CookieConfig {
    // ANCHOR: prefix-of-name
    /// `base` with the strictest prefix that its attributes allow (RFC 6265bis §4.1.3).
    ///
    /// `__Host-` makes the browser insist on Secure, `Path=/` and no Domain, so that no other host can set the cookie;
    /// `__Secure-` on Secure alone.
    #[must_use]
    pub fn name(&self, base: &str) -> String {
        let prefix = if self.dangerously_plain {
            ""
        } else if self.dangerously_domain.is_empty() && self.path == "/" {
            "__Host-"
        } else {
            "__Secure-"
        };
        format!("{prefix}{base}")
    }
    // ANCHOR_END: prefix-of-name

    /// The `Set-Cookie` line that gives the cookie its value.
    #[must_use]
    pub fn header_value(&self, name: &str, value: &str) -> String {
        let mut line = format!("{name}={value}{}", self.attributes());
        if let Some(max_age) = self.max_age {
            line.push_str(&format!("; Max-Age={}", max_age.as_secs()));
        }
        line
    }

    /// The `Set-Cookie` line that removes the cookie: with the attributes it was set with, or the browser refuses the line
    /// or takes it for another cookie.
    #[must_use]
    pub fn removal(&self, name: &str) -> String {
        let attributes = self.attributes();
        format!("{name}={attributes}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    }

    fn attributes(&self) -> String {
        let mut attributes = String::new();
        if !self.dangerously_script_readable {
            attributes.push_str("; HttpOnly");
        }
        if !self.dangerously_unset_same_site {
            attributes.push_str("; SameSite=");
            attributes.push_str(self.same_site.as_str());
        }
        if self.partitioned {
            attributes.push_str("; Partitioned");
        }
        if !self.dangerously_plain {
            attributes.push_str("; Secure");
        }
        attributes.push_str("; Path=");
        attributes.push_str(&self.path);
        if !self.dangerously_domain.is_empty() {
            attributes.push_str("; Domain=");
            attributes.push_str(&self.dangerously_domain);
        }
        attributes
    }

    /// What is wrong with it, one sentence each; empty when nothing is.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let none = self.same_site == SameSite::None && !self.dangerously_unset_same_site;
        for (wanted, key, attribute) in [
            (none, "same_site", "SameSite=None"),
            (self.partitioned, "partitioned", "Partitioned"),
        ] {
            if wanted && self.dangerously_plain {
                problems.push(format!(
                    "cookie.{key}: browsers refuse {attribute} without Secure, which cookie.dangerously_plain drops"
                ));
            }
        }
        if !self.path.starts_with('/') || !is_attribute_value(&self.path) {
            problems.push(format!(
                "cookie.path: `{}` is no path; write / or /below, in visible ASCII without `;`",
                self.path
            ));
        }
        if !is_domain(&self.dangerously_domain) {
            problems.push(format!(
                "cookie.dangerously_domain: `{}` is no host name; write example.org, without scheme, port or leading dot",
                self.dangerously_domain
            ));
        }
        if self.max_age.is_some_and(|age| age.subsec_nanos() != 0) {
            problems.push("cookie.max_age: Max-Age counts whole seconds".to_owned());
        }
        problems
    }
}

fn is_attribute_value(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b';')
}

/// Whether `text` is a host name or empty. A leading dot means nothing any more (RFC 6265bis §5.7.3) and is refused, so that
/// one cookie is written in one way.
fn is_domain(text: &str) -> bool {
    text.is_empty()
        || text.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

/// A `Set-Cookie` line without one of its attributes, whose name is compared as browsers do, without regard to case.
#[must_use]
pub fn without_attribute(line: &str, attribute: &str) -> String {
    let mut parts = line.split(';');
    let pair = parts.next().unwrap_or_default();
    let mut rest = pair.to_owned();
    for part in parts {
        let name = part.split('=').next().unwrap_or_default().trim();
        if !name.eq_ignore_ascii_case(attribute) {
            rest.push(';');
            rest.push_str(part);
        }
    }
    rest
}

/// TOML has no null, and a key that the written default lacks would be an unknown one: no age is written as `0s`.
mod zero_is_none {
    use std::time::Duration;

    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        age: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        humantime_serde::serialize(&age.unwrap_or_default(), serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let age: Duration = humantime_serde::deserialize(deserializer)?;
        Ok((!age.is_zero()).then_some(age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut CookieConfig)) -> CookieConfig {
        let mut config = CookieConfig::default();
        change(&mut config);
        config
    }

    #[test]
    fn the_default_is_bound_to_its_host_and_out_of_reach_of_scripts() {
        let config = CookieConfig::default();
        assert_eq!(config.name("session"), "__Host-session");
        assert_eq!(
            config.header_value("__Host-session", "abc"),
            "__Host-session=abc; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
        assert_eq!(
            config.removal("__Host-session"),
            "__Host-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
        );
        assert!(config.problems().is_empty());
    }

    #[test]
    fn the_prefix_promises_no_more_than_the_attributes_hold() {
        let domain = with(|c| c.dangerously_domain = "lab.localhost".to_owned());
        assert_eq!(domain.name("token"), "__Secure-token");
        let path = with(|c| c.path = "/transfers".to_owned());
        assert_eq!(path.name("token"), "__Secure-token");
        let plain = with(|c| c.dangerously_plain = true);
        assert_eq!(plain.name("token"), "token");
    }

    #[test]
    fn every_setting_changes_its_own_attribute_and_no_other() {
        for (config, line) in [
            (
                with(|c| c.same_site = SameSite::Strict),
                "a=b; HttpOnly; SameSite=Strict; Secure; Path=/",
            ),
            (
                with(|c| c.dangerously_unset_same_site = true),
                "a=b; HttpOnly; Secure; Path=/",
            ),
            (
                with(|c| c.dangerously_script_readable = true),
                "a=b; SameSite=Lax; Secure; Path=/",
            ),
            (
                with(|c| c.dangerously_plain = true),
                "a=b; HttpOnly; SameSite=Lax; Path=/",
            ),
            (
                with(|c| c.dangerously_domain = "lab.localhost".to_owned()),
                "a=b; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=lab.localhost",
            ),
            (
                with(|c| c.path = "/me".to_owned()),
                "a=b; HttpOnly; SameSite=Lax; Secure; Path=/me",
            ),
            (
                with(|c| c.partitioned = true),
                "a=b; HttpOnly; SameSite=Lax; Partitioned; Secure; Path=/",
            ),
            (
                with(|c| c.max_age = Some(Duration::from_secs(60))),
                "a=b; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60",
            ),
        ] {
            assert_eq!(config.header_value("a", "b"), line);
            assert!(config.problems().is_empty(), "{line}");
        }
    }

    #[test]
    fn what_a_browser_would_refuse_is_a_problem_and_all_problems_come_at_once() {
        let config = CookieConfig {
            same_site: SameSite::None,
            partitioned: true,
            dangerously_plain: true,
            dangerously_domain: "https://lab.localhost".to_owned(),
            path: "me; Secure".to_owned(),
            max_age: Some(Duration::from_millis(1500)),
            ..CookieConfig::default()
        };
        let problems = config.problems();
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(
            problems
                .iter()
                .all(|problem| problem.starts_with("cookie."))
        );
        let unset = CookieConfig {
            dangerously_unset_same_site: true,
            ..with(|c| (c.same_site, c.dangerously_plain) = (SameSite::None, true))
        };
        assert!(unset.problems().is_empty(), "no SameSite=None is sent");
    }

    #[test]
    fn no_age_is_written_as_zero_and_read_as_none() {
        let written = toml::Table::try_from(CookieConfig::default()).unwrap();
        assert_eq!(written["max_age"].as_str(), Some("0s"));
        let read: CookieConfig = written.try_into().unwrap();
        assert_eq!(read, CookieConfig::default());
        let read: CookieConfig = toml::from_str("max_age = '1h'").unwrap();
        assert_eq!(read.max_age, Some(Duration::from_secs(3600)));
    }

    #[test]
    fn an_attribute_is_removed_whatever_its_case_and_the_value_is_left_alone() {
        let line = "samesite=SameSite; Secure; samesite=Lax; Path=/";
        assert_eq!(
            without_attribute(line, "SameSite"),
            "samesite=SameSite; Secure; Path=/"
        );
        assert_eq!(
            without_attribute(line, "secure"),
            "samesite=SameSite; samesite=Lax; Path=/"
        );
    }
}
