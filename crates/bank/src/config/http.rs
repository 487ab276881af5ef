//! What both servers ask of every request before they ask who sent it, and say with every answer.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::http::Stripped;

/// The directives of `Clear-Site-Data` (W3C Clear Site Data §3.1).
const SITE_DATA: [&str; 5] = ["cache", "cookies", "storage", "executionContexts", "*"];

/// Whose pages may read the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorsPolicy {
    /// Those of the listed origins, cookies included.
    #[default]
    AllowList,
    /// Those of the listed origins, to requests without cookies.
    AllowListWithoutCredentials,
    /// The server's own: no answer carries a CORS header.
    None,
    /// Everyone's, to requests without cookies: `Access-Control-Allow-Origin: *`.
    DangerouslyAny,
    /// Everyone's, cookies included: whatever `Origin` comes is echoed, which is what `*` refuses to be.
    DangerouslyReflect,
}

/// What a request that changes something has to show, where the browser sends the credential by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CsrfDefence {
    /// That a listed origin caused it, or no page at all, and a body in JSON.
    #[default]
    Origin,
    /// A token that only a reader of this server's answers has, in `X-CSRF-Token`; forms are read where JSON is demanded
    /// otherwise. Alone it does not stop a login from being forged, since there is no login yet that it could be bound to.
    Token,
    /// Nothing, and forms are read: any page on the web can spend what an ambient cookie unlocks.
    DangerouslyNone,
}

/// What both servers ask of every request before they ask who sent it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// The origins whose pages may call the API: `https://bank.example`. CORS answers them, and the CSRF defence passes
    /// them; every other origin is refused. A server that serves its own pages names its own origin here too.
    pub allowed_origins: Vec<String>,
    /// Whose pages may read the answers: `allow-list`, `allow-list-without-credentials`, `none`, `dangerously-any` or
    /// `dangerously-reflect`. It decides nothing for the CSRF defence.
    pub cors: CorsPolicy,
    /// The defence against forged requests: `origin`, `token` or `dangerously-none`.
    pub csrf: CsrfDefence,
    /// The `Host` values that are answered, with port where it is not the scheme's own; all when empty. Against DNS
    /// rebinding.
    pub allowed_hosts: Vec<String>,
    /// The proxies whose `X-Forwarded-For` is believed, as CIDR blocks; none by default.
    #[schema(value_type = Vec<String>)]
    pub trusted_proxies: Vec<IpNet>,
    /// Whether browsers reach the server through TLS: answers then carry `Strict-Transport-Security`.
    pub behind_tls_proxy: bool,
    /// Usernames that become administrators when they sign up. Sign them up before opening the door: a name is its
    /// first taker's.
    pub administrators: Vec<String>,
    /// What a new account holds, in minor units.
    pub opening_balance_minor: i64,
    /// What a logout tells the browser to forget of this site: `cache`, `cookies`, `storage`, `executionContexts`, `*`.
    /// Some browsers forget more than this host's: `cookies` are those of the sibling hosts too.
    pub clear_site_data: Vec<String>,
    /// Headers that are taken off every answer just before it leaves (`x-content-type-options`), or attributes off its
    /// cookies (`set-cookie:samesite`), to show what each of them does.
    pub dangerously_strip_headers: Vec<String>,
    /// Leaves out `Cache-Control: no-store`: a browser may then show an answer again after the logout.
    pub dangerously_cacheable: bool,
}

impl HttpConfig {
    /// The `Clear-Site-Data` of a logout, none where nothing shall be cleared. The directives are quoted strings.
    #[must_use]
    pub fn clear_site_data(&self) -> Option<String> {
        let quoted: Vec<String> = self
            .clear_site_data
            .iter()
            .map(|directive| format!("\"{directive}\""))
            .collect();
        (!quoted.is_empty()).then(|| quoted.join(", "))
    }

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
        for directive in &self.clear_site_data {
            if !SITE_DATA.contains(&directive.as_str()) {
                problems.push(format!(
                    "http.clear_site_data: `{directive}` is no directive; accepted are {}",
                    SITE_DATA.join(", ")
                ));
            }
        }
        problems.extend(
            self.dangerously_strip_headers
                .iter()
                .filter_map(|entry| entry.parse::<Stripped>().err())
                .map(|problem| format!("http.dangerously_strip_headers: {problem}")),
        );
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn what_is_cleared_and_what_is_stripped_is_checked_by_name_and_all_at_once() {
        let config = HttpConfig {
            clear_site_data: vec!["cookies".to_owned(), "Cookies".to_owned()],
            dangerously_strip_headers: vec![
                "x-frame-options".to_owned(),
                "Set-Cookie:SameSite".to_owned(),
                "two words".to_owned(),
                "x-frame-options:deny".to_owned(),
                "date".to_owned(),
            ],
            ..HttpConfig::default()
        };
        let problems = config.problems();
        assert_eq!(problems.len(), 4, "{problems:?}");
    }

    #[test]
    fn directives_are_quoted_and_without_any_there_is_no_header() {
        let mut config = HttpConfig::default();
        assert_eq!(config.clear_site_data(), None);
        config.clear_site_data = vec!["cookies".to_owned(), "storage".to_owned()];
        assert_eq!(
            config.clear_site_data().as_deref(),
            Some(r#""cookies", "storage""#)
        );
    }
}
