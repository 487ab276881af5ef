//! The users and logins that an arm is measured with.

use std::net::SocketAddr;

use hyper::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, SET_COOKIE};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::arms::{Arm, Carried};

/// Who logs in. The bare bank takes everybody for a user of this name, so that all answers have the same length.
const USERNAME: &str = "benchmark";
const PASSWORD: &str = "one-second-is-a-long-time";

/// Why an arm could not be logged in to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    /// The server could not be reached, or broke off.
    #[error("{0} failed: {1}")]
    Unreachable(&'static str, reqwest::Error),
    /// It answered with something else.
    #[error("{0} was answered with {1}")]
    Refused(&'static str, String),
}

/// What a request carries to prove who sends it.
pub(crate) type Credential = (HeaderName, HeaderValue);

/// Signs up one user, and logs in as often as credentials are wanted; no credentials for an arm that asks for none.
///
/// More than one, because a server that meets one credential again and again answers from the caches of the processor.
pub(crate) async fn credentials(
    address: SocketAddr,
    arm: &Arm,
    wanted: usize,
) -> Result<Vec<Credential>, AccountError> {
    if !arm.has_bank() {
        return Ok(Vec::new());
    }
    let client = Client::builder()
        .no_proxy()
        .build()
        .map_err(|error| AccountError::Unreachable("the client", error))?;
    post(&client, address, "POST /users", "/users").await?;
    if arm.carried == Carried::Nothing {
        return Ok(Vec::new());
    }
    let mut credentials = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        let answer = post(&client, address, "POST /login", "/login").await?;
        let credential = match arm.carried {
            Carried::Cookie => cookie(&answer),
            _ => bearer(answer).await,
        };
        credentials.push(credential.ok_or_else(|| {
            AccountError::Refused("POST /login", "an answer without a credential".to_owned())
        })?);
    }
    Ok(credentials)
}

async fn post(
    client: &Client,
    address: SocketAddr,
    what: &'static str,
    path: &str,
) -> Result<Response, AccountError> {
    let answer = client
        .post(format!("http://{address}{path}"))
        .json(&json!({ "username": USERNAME, "password": PASSWORD }))
        .send()
        .await
        .map_err(|error| AccountError::Unreachable(what, error))?;
    if answer.status().is_success() {
        Ok(answer)
    } else {
        Err(AccountError::Refused(what, answer.status().to_string()))
    }
}

/// The cookie as a browser sends it back: its name and value, without the attributes.
fn cookie(answer: &Response) -> Option<Credential> {
    let line = answer.headers().get(SET_COOKIE)?.to_str().ok()?;
    let pair = line.split(';').next()?;
    Some((COOKIE, HeaderValue::from_str(pair).ok()?))
}

async fn bearer(answer: Response) -> Option<Credential> {
    let body: Value = answer.json().await.ok()?;
    let token = body.get("access_token")?.as_str()?;
    let value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    Some((AUTHORIZATION, value))
}
