//! Every setting of the cookie, on the line that leaves the server.

use std::time::Duration;

use ::bank::{CookieConfig, SameSite};
use reqwest::StatusCode;
use serde_json::json;

use crate::server::*;

/// The name, and the attributes sorted, of the cookie that a login sets and of the one that a logout removes.
async fn lines(cookie: CookieConfig) -> [(String, Vec<String>); 2] {
    let server = server_with(|config| config.cookie = cookie).await;
    let login = json!({ "username": "alice", "password": PASSWORD });
    let set = server.post("/login", None, login).await;
    let carried = cookie_of(&set).unwrap();
    assert_eq!(
        server.get("/me", Some(&carried)).await.status(),
        StatusCode::OK
    );
    let removed = server.post("/logout", Some(&carried), json!({})).await;
    [set, removed].map(|answer| {
        let mut lines = answer.headers().get_all("set-cookie").iter();
        let line = lines.next().unwrap().to_str().unwrap();
        assert!(lines.next().is_none(), "one cookie, one line");
        let (pair, attributes) = line.split_once("; ").unwrap();
        let mut attributes: Vec<String> = attributes.split("; ").map(str::to_owned).collect();
        attributes.sort_unstable();
        (pair.split('=').next().unwrap().to_owned(), attributes)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_actix_session_says_what_the_settings_say() {
    let default = CookieConfig::default;
    for config in [
        default(),
        CookieConfig {
            same_site: SameSite::Strict,
            max_age: Some(Duration::from_secs(3600)),
            ..default()
        },
        CookieConfig {
            same_site: SameSite::None,
            partitioned: true,
            ..default()
        },
        CookieConfig {
            dangerously_unset_same_site: true,
            ..default()
        },
        CookieConfig {
            dangerously_script_readable: true,
            ..default()
        },
        CookieConfig {
            dangerously_plain: true,
            dangerously_unset_same_site: true,
            ..default()
        },
        CookieConfig {
            dangerously_domain: "lab.localhost".to_owned(),
            ..default()
        },
    ] {
        let name = config.name("session");
        let line = config.header_value(&name, "");
        let mut said: Vec<&str> = line.split("; ").skip(1).collect();
        said.sort_unstable();
        let [(set_name, set), (removed_name, removed)] = lines(config.clone()).await;
        assert_eq!((&set_name, &removed_name), (&name, &name));
        assert_eq!(set, said, "{config:?}");
        let removed: Vec<_> = removed
            .iter()
            .filter(|part| !part.starts_with("Expires=") && !part.starts_with("Max-Age="))
            .collect();
        said.retain(|part| !part.starts_with("Max-Age="));
        assert_eq!(
            removed, said,
            "a removal has the attributes of what it removes"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_a_browser_would_refuse_are_refused_before_it() {
    let mut config = config();
    config.cookie.same_site = SameSite::None;
    config.cookie.partitioned = true;
    config.cookie.dangerously_plain = true;
    let error = config.validate().unwrap_err();
    assert_eq!(error.problems.len(), 2, "{error}");
}
