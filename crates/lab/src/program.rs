//! A program that logs in and reads, as a mobile application or another server would: no browser, no page, no jar but its own.

use std::process::{Command, Output};

use bank::ApiError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::DEMO_USERS;
use crate::Inner;
use crate::origins::host_of;
use crate::servers::Server;

/// How the second request carries what the first one brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Carry {
    Nothing,
    Cookie,
    Header,
}

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tool {
    /// The HTTP client of this process.
    Client,
    /// `curl`, where the machine has it.
    Curl,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Program {
    server: Server,
    tool: Tool,
    carry: Carry,
    /// One of the demo users; alice when absent.
    #[serde(default)]
    username: Option<String>,
    /// Ties the exchanges to the run of an experiment.
    run: String,
}

/// What the program got for its second request; no status where the machine has no such program.
#[derive(Serialize)]
pub(crate) struct Ran {
    status: Option<u16>,
    /// The second request as somebody would type it, with the credential left out.
    command: String,
}

/// Whether a run's name can stand in an address as it is.
pub(crate) fn is_plain(run: &str) -> bool {
    run.len() <= 40 && run.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Logs a demo user in and reads the balance: two requests to one of the lab's own servers, and nothing else.
pub(crate) async fn run(lab: &Inner, program: Program) -> Result<Ran, ApiError> {
    if !is_plain(&program.run) {
        return Err(ApiError::Invalid(
            "run is up to 40 letters and digits.".to_owned(),
        ));
    }
    let origin = match program.server {
        Server::Session => &lab.origins.session,
        Server::Jwt => &lab.origins.jwt,
    };
    let wanted = program.username.as_deref().unwrap_or("alice");
    let (username, password) = DEMO_USERS
        .into_iter()
        .find(|(username, _)| *username == wanted)
        .ok_or_else(|| ApiError::Invalid("There is no such demo user.".to_owned()))?;
    let login = json!({ "username": username, "password": password }).to_string();
    let place = Place {
        host: host_of(origin).to_owned(),
        run: program.run,
    };
    let (status, carried) = match program.tool {
        Tool::Client => by_client(lab, &place, &login, program.carry).await?,
        Tool::Curl => {
            let place = place.clone();
            let work = move || by_curl(&place, &login, program.carry);
            tokio::task::spawn_blocking(work)
                .await
                .map_err(ApiError::internal)?
        }
    };
    Ok(Ran {
        status,
        command: carried.command(&place),
    })
}

#[derive(Clone, Debug)]
struct Place {
    host: String,
    run: String,
}

impl Place {
    fn port(&self) -> &str {
        self.host.rsplit(':').next().unwrap_or_default()
    }
}

/// The header that the second request carries.
#[derive(Debug)]
struct Carried(Option<(&'static str, String)>);

impl Carried {
    /// From the headers and the body of the answer to the login.
    fn of(carry: Carry, set_cookie: Option<&str>, body: &Value) -> Self {
        Self(match carry {
            Carry::Nothing => None,
            Carry::Cookie => set_cookie
                .and_then(|line| line.split(';').next())
                .map(|pair| ("cookie", pair.to_owned())),
            Carry::Header => body["access_token"]
                .as_str()
                .map(|token| ("authorization", format!("Bearer {token}"))),
        })
    }

    fn command(&self, place: &Place) -> String {
        let credential = match &self.0 {
            None => "",
            Some(("cookie", _)) => " -b \"$COOKIE\"",
            Some(_) => " -H \"Authorization: Bearer $TOKEN\"",
        };
        format!("curl{credential} http://{}/me", place.host)
    }
}

type Result3 = (Option<u16>, Carried);

async fn by_client(
    lab: &Inner,
    place: &Place,
    login: &str,
    carry: Carry,
) -> Result<Result3, ApiError> {
    let failed = |error: reqwest::Error| ApiError::Invalid(format!("The program failed: {error}."));
    let address = |path: &str| format!("http://127.0.0.1:{}{path}?run={}", place.port(), place.run);
    let answer = lab
        .program
        .post(address("/login"))
        .header("host", &place.host)
        .header("content-type", "application/json")
        .body(login.to_owned())
        .send()
        .await
        .map_err(failed)?;
    let set_cookie = answer
        .headers()
        .get("set-cookie")
        .and_then(|line| line.to_str().ok())
        .map(str::to_owned);
    let body: Value = answer.json().await.unwrap_or_default();
    let carried = Carried::of(carry, set_cookie.as_deref(), &body);
    let mut request = lab.program.get(address("/me")).header("host", &place.host);
    if let Some((name, value)) = &carried.0 {
        request = request.header(*name, value);
    }
    let status = request.send().await.map_err(failed)?.status().as_u16();
    Ok((Some(status), carried))
}

fn by_curl(place: &Place, login: &str, carry: Carry) -> Result3 {
    let logged_in = curl(
        place,
        "/login",
        &["-i", "-H", "Content-Type: application/json", "-d", login],
    );
    let Some(answer) = logged_in else {
        return (None, Carried(None));
    };
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let set_cookie = head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let carried = Carried::of(carry, set_cookie, &body);
    let header = carried
        .0
        .as_ref()
        .map(|(name, value)| format!("{name}: {value}"));
    let mut arguments = vec!["-o", "-", "-w", "\n%{http_code}"];
    if let Some(header) = &header {
        arguments.extend(["-H", header]);
    }
    let status = curl(place, "/me", &arguments)
        .map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned())
        .and_then(|text| text.lines().next_back()?.parse().ok());
    (status, carried)
}

/// `None` where the machine has no curl.
fn curl(place: &Place, path: &str, arguments: &[&str]) -> Option<Output> {
    Command::new("curl")
        // Without the .curlrc of whoever started the lab, which could change what is sent.
        .args(["--disable", "--silent", "--max-time", "5"])
        .args(["--noproxy", "*", "--resolve"])
        .arg(format!("{}:127.0.0.1", place.host))
        .args(arguments)
        .arg(format!("http://{}{path}?run={}", place.host, place.run))
        .output()
        .ok()
}
