//! A client that is no browser.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use token_core::clock::{Clock, SystemClock};

use crate::fleet::PASSWORD;

/// What a client shows to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bearer {
    name: &'static str,
    value: String,
}

impl Bearer {
    pub(crate) fn nobody() -> Self {
        Self {
            name: "X-Nothing",
            value: "none".to_owned(),
        }
    }

    pub(crate) fn token(token: &str) -> Self {
        Self {
            name: "Authorization",
            value: format!("Bearer {token}"),
        }
    }
}

/// What came of a login.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) bearer: Bearer,
    /// Of a token server alone.
    pub(crate) refresh: Option<String>,
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) body: Value,
    /// The body as it came.
    pub(crate) text: String,
    /// How long it took.
    pub(crate) took: Duration,
}

#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    /// Said in place of the address, as behind a load balancer.
    host: Option<&'static str>,
}

impl Default for Client {
    fn default() -> Self {
        // A connection of its own for each request: whoever is asked has to be there now.
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0);
        Self {
            http: http.timeout(Duration::from_secs(10)).build().unwrap(),
            host: None,
        }
    }
}

impl Client {
    pub(crate) fn as_if_to(host: &'static str) -> Self {
        Self {
            host: Some(host),
            ..Self::default()
        }
    }

    /// Sends a request. An error is one of the connection: nobody was there, or whoever was there is gone.
    pub(crate) async fn send(
        &self,
        method: Method,
        address: &str,
        path: &str,
        bearer: &Bearer,
        body: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> reqwest::Result<Answer> {
        let clock = SystemClock::new();
        let begun = clock.monotonic();
        let request = self.http.request(method, format!("http://{address}{path}"));
        let request = match self.host {
            Some(host) => request.header("Host", host),
            None => request,
        };
        let answer = body(request.header(bearer.name, &bearer.value))
            .send()
            .await?;
        let header = |name| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (status, retry_after) = (answer.status().as_u16(), header("retry-after"));
        let cookie = header("set-cookie");
        let text = answer.text().await?;
        Ok(Answer {
            status,
            retry_after,
            cookie,
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
            took: clock.monotonic().saturating_sub(begun),
        })
    }

    pub(crate) async fn get(
        &self,
        address: &str,
        path: &str,
        bearer: &Bearer,
    ) -> reqwest::Result<Answer> {
        self.send(Method::GET, address, path, bearer, |request| request)
            .await
    }

    pub(crate) async fn post(
        &self,
        address: &str,
        path: &str,
        bearer: &Bearer,
        body: &Value,
    ) -> reqwest::Result<Answer> {
        self.send(Method::POST, address, path, bearer, |request| {
            request.json(body)
        })
        .await
    }

    pub(crate) async fn form(
        &self,
        address: &str,
        path: &str,
        form: &[(&str, &str)],
    ) -> reqwest::Result<Answer> {
        let nobody = Bearer::nobody();
        self.send(Method::POST, address, path, &nobody, |request| {
            request.form(form)
        })
        .await
    }

    /// The status of `GET /whoami`.
    pub(crate) async fn who_am_i(&self, address: &str, bearer: &Bearer) -> u16 {
        self.get(address, "/whoami", bearer).await.unwrap().status
    }

    /// Logs in, with the password that everybody has.
    pub(crate) async fn log_in(&self, address: &str, username: &str) -> Login {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = self
            .post(address, "/login", &Bearer::nobody(), &body)
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let bearer = match answer.body["access_token"].as_str() {
            Some(token) => Bearer::token(token),
            None => {
                let line = answer.cookie.unwrap();
                let cookie = line.split(';').next().unwrap().to_owned();
                Bearer {
                    name: "Cookie",
                    value: cookie,
                }
            }
        };
        Login {
            bearer,
            refresh: answer.body["refresh_token"].as_str().map(str::to_owned),
        }
    }

    /// Presents a refresh token.
    pub(crate) async fn refresh(&self, address: &str, token: &str) -> reqwest::Result<Answer> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.form(address, "/token", &form).await
    }
}
