//! Logins: what a request carries to prove who sends it, and how one comes by it.

use std::path::Path;

use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::json;

use crate::arms::{Arm, Carried};
use crate::target::Place;

/// Who logs in. The bare bank takes everybody for a user of this name, so that all answers have the same length.
pub(crate) const USERNAME: &str = "benchmark";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "one-second-is-a-long-time";

/// How long a server may take for a login, or for an account.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Why an arm could not be logged in to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// The server could not be reached, or broke off.
    #[error("{0} failed: {1}")]
    Unreachable(&'static str, reqwest::Error),
    /// It answered with something else.
    #[error("{0} was answered with {1}")]
    Refused(&'static str, String),
    /// The credentials that a seeding wrote cannot be read.
    #[error("the seeded credentials are unusable: {0}")]
    Unreadable(String),
}

/// What one login has given to its client.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// The header that each request carries; none where nobody asks.
    pub(crate) credential: Option<(HeaderName, HeaderValue)>,
    /// By which the next pair of tokens is had.
    pub(crate) refresh_token: Option<Bytes>,
}

/// The parts of an answer to a login or a refresh that are of use here (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Tokens {
    access_token: Option<String>,
    refresh_token: Option<String>,
}

impl Login {
    /// What an answer gives; nothing where the credential that this arm carries is not in it.
    pub(crate) fn in_answer(carried: Carried, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let tokens: Tokens = serde_json::from_slice(body).ok()?;
        let credential = match carried {
            Carried::Nothing => None,
            Carried::Cookie => Some((COOKIE, cookie(headers)?)),
            Carried::Header => Some((AUTHORIZATION, bearer(&tokens.access_token?)?)),
        };
        Some(Self {
            credential,
            refresh_token: tokens.refresh_token.map(Bytes::from),
        })
    }

    /// A line that `svt serve --dangerously-seed` wrote: a header, and behind a tab the refresh token of the same login. The line is shared and not copied, since there
    /// may be a million of them.
    fn in_line(line: &Bytes) -> Option<Self> {
        let tab = line.iter().position(|byte| *byte == b'\t');
        let header = line.slice(..tab.unwrap_or(line.len()));
        let colon = header.windows(2).position(|pair| pair == b": ")?;
        let name = HeaderName::from_bytes(header.get(..colon)?).ok()?;
        let value = HeaderValue::from_maybe_shared(header.slice(colon + 2..)).ok()?;
        Some(Self {
            credential: Some((name, value)),
            refresh_token: tab.map(|tab| line.slice(tab + 1..)),
        })
    }
}

/// The cookie as a browser sends it back: its name and value, without the attributes.
fn cookie(headers: &HeaderMap) -> Option<HeaderValue> {
    let line = headers.get(SET_COOKIE)?.to_str().ok()?;
    HeaderValue::from_str(line.split(';').next()?).ok()
}

fn bearer(token: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("Bearer {token}")).ok()
}

/// Signs up one user, and logs in as often as logins are wanted; none for an arm that asks for none.
///
/// More than one, because a server that meets one credential again and again answers from the caches of the processor.
pub(crate) async fn some(
    place: &Place,
    arm: &Arm,
    wanted: usize,
) -> Result<Vec<Login>, LoginError> {
    if !arm.has_bank() {
        return Ok(Vec::new());
    }
    let client = client()?;
    sign_up(&client, place, USERNAME).await?;
    if arm.carried == Carried::Nothing {
        return Ok(Vec::new());
    }
    let mut logins = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        logins.push(log_in(&client, place, arm).await?);
    }
    Ok(logins)
}

/// A client that goes to the address and to no proxy.
pub(crate) fn client() -> Result<Client, LoginError> {
    let client = Client::builder().no_proxy().timeout(PATIENCE).build();
    client.map_err(|error| LoginError::Unreachable("the client", error))
}

/// Makes a user with [`PASSWORD`].
pub(crate) async fn sign_up(
    client: &Client,
    place: &Place,
    username: &str,
) -> Result<(), LoginError> {
    post(client, place, "POST /users", "/users", username)
        .await
        .map(drop)
}

/// Logs the benchmark's user in once more.
pub(crate) async fn log_in(client: &Client, place: &Place, arm: &Arm) -> Result<Login, LoginError> {
    let (headers, body) = answer_to_login(client, place).await?;
    Login::in_answer(arm.carried, &headers, &body).ok_or_else(no_credential)
}

/// What a server answers to a login.
pub(crate) async fn answer_to_login(
    client: &Client,
    place: &Place,
) -> Result<(HeaderMap, Bytes), LoginError> {
    let answer = post(client, place, "POST /login", "/login", USERNAME).await?;
    let headers = answer.headers().clone();
    let body = answer.bytes().await;
    let body = body.map_err(|error| LoginError::Unreachable("POST /login", error))?;
    Ok((headers, body))
}

pub(crate) fn no_credential() -> LoginError {
    LoginError::Refused("POST /login", "an answer without a credential".to_owned())
}

async fn post(
    client: &Client,
    place: &Place,
    what: &'static str,
    path: &str,
    username: &str,
) -> Result<Response, LoginError> {
    let answer = client
        .post(place.url(path))
        .header(HOST, place.host.clone())
        .json(&json!({ "username": username, "password": PASSWORD }))
        .send()
        .await
        .map_err(|error| LoginError::Unreachable(what, error))?;
    if answer.status().is_success() {
        Ok(answer)
    } else {
        Err(LoginError::Refused(what, answer.status().to_string()))
    }
}

/// The logins of a file that `svt serve --dangerously-seed` wrote.
pub(crate) fn seeded(file: &Path) -> Result<Vec<Login>, LoginError> {
    let text = std::fs::read(file).map_err(|error| LoginError::Unreadable(error.to_string()))?;
    let text = Bytes::from(text);
    let mut logins = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = rest.split_to(end.unwrap_or(rest.len()));
        let _newline = rest.split_to(rest.len().min(1));
        let login = Login::in_line(&line).ok_or_else(|| {
            LoginError::Unreadable(format!("line {} is no header", logins.len() + 1))
        })?;
        logins.push(login);
    }
    Ok(logins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_logins_are_read_line_by_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "Cookie: __Host-session=abc\nAuthorization: Bearer a.b.c\tr1\n",
        )
        .unwrap();
        let logins = seeded(file.path()).unwrap();
        let [cookie, bearer] = logins.as_slice() else {
            panic!("{logins:?}")
        };
        let value = HeaderValue::from_static("__Host-session=abc");
        assert_eq!(cookie.credential, Some((COOKIE, value)));
        assert_eq!(cookie.refresh_token, None);
        let value = HeaderValue::from_static("Bearer a.b.c");
        assert_eq!(bearer.credential, Some((AUTHORIZATION, value)));
        assert_eq!(bearer.refresh_token.as_deref(), Some(&b"r1"[..]));

        std::fs::write(file.path(), "Cookie: a=b\nnonsense\n").unwrap();
        let error = seeded(file.path()).unwrap_err();
        assert!(error.to_string().ends_with("line 2 is no header"));
    }

    #[test]
    fn an_answer_without_the_credential_of_the_arm_is_no_login() {
        let mut headers = HeaderMap::new();
        let body = br#"{"access_token":"a","refresh_token":"r"}"#;
        assert!(Login::in_answer(Carried::Cookie, &headers, body).is_none());
        let login = Login::in_answer(Carried::Header, &headers, body).unwrap();
        assert_eq!(login.refresh_token.as_deref(), Some(&b"r"[..]));
        assert!(Login::in_answer(Carried::Header, &headers, b"{}").is_none());
        headers.insert(SET_COOKIE, HeaderValue::from_static("s=1; Path=/"));
        let login = Login::in_answer(Carried::Cookie, &headers, b"{}").unwrap();
        assert_eq!(login.credential.unwrap().1, "s=1");
    }
}
