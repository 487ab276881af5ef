//! The bank's administrator, at another desk: logs in on one of the two servers and acts on a user, over the wire like anybody.

use bank::{ApiError, Transport};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::origins::host_of;
use crate::servers::Server;
use crate::{ADMINISTRATOR, Inner};

/// What is done to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Ban,
    Readmit,
    Promote,
    Demote,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    server: Server,
    act: Act,
    username: String,
    /// Ties the exchanges to the run of an experiment.
    run: String,
}

#[derive(Serialize)]
pub(crate) struct Carried {
    /// Of the answer to the act itself.
    status: u16,
}

/// Carries an order out: two requests to one of the lab's own servers, and nothing else.
pub(crate) async fn carry_out(lab: &Inner, order: Order) -> Result<Carried, ApiError> {
    let user = lab
        .servers
        .stores()
        .users
        .credentials(&order.username)
        .await?
        .ok_or_else(|| ApiError::Invalid("There is no such demo user.".to_owned()))?
        .user;
    let current = lab.servers.current();
    let (origin, transport) = match order.server {
        Server::Session => (&lab.origins.session, current.session.transport),
        Server::Jwt => (&lab.origins.jwt, current.jwt.transport),
    };
    let (username, password) = ADMINISTRATOR;
    let desk = Desk {
        lab,
        host: host_of(origin),
        run: &order.run,
    };
    let login = json!({ "username": username, "password": password });
    let answer = desk.post("/login", None, &login).await?;
    let set_cookie = answer.headers().get("set-cookie").cloned();
    let body: Value = answer.json().await.unwrap_or_default();
    let credential = match transport {
        Transport::Cookie => set_cookie
            .and_then(|line| Some(line.to_str().ok()?.split(';').next()?.to_owned()))
            .map(|pair| ("cookie", pair)),
        Transport::Header => body["access_token"]
            .as_str()
            .map(|token| ("authorization", format!("Bearer {token}"))),
    };
    let (path, json) = match order.act {
        Act::Ban => ("ban", json!({ "banned": true })),
        Act::Readmit => ("ban", json!({ "banned": false })),
        Act::Promote => ("role", json!({ "role": "admin" })),
        Act::Demote => ("role", json!({ "role": "customer" })),
    };
    let path = format!("/admin/users/{}/{path}", user.id);
    let status = desk.post(&path, credential, &json).await?.status().as_u16();
    Ok(Carried { status })
}

/// From where the administrator works: no browser, and no page whose origin a server could ask for.
struct Desk<'a> {
    lab: &'a Inner,
    host: &'a str,
    run: &'a str,
}

impl Desk<'_> {
    async fn post(
        &self,
        path: &str,
        credential: Option<(&str, String)>,
        json: &Value,
    ) -> Result<reqwest::Response, ApiError> {
        let port = self.host.rsplit(':').next().unwrap_or_default();
        // By address, with the name in Host: nothing on this machine needs to resolve *.localhost.
        let mut request = self
            .lab
            .program
            .post(format!("http://127.0.0.1:{port}{path}"))
            .query(&[("run", self.run)])
            .header("host", self.host)
            .json(json);
        if let Some((name, value)) = credential {
            request = request.header(name, value);
        }
        let failed = |error| ApiError::Invalid(format!("The administrator got nowhere: {error}."));
        request.send().await.map_err(failed)
    }
}
