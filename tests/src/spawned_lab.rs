//! A lab in this process, and what it says of itself over HTTP.

use anyhow::{Context, Result, ensure};
use lab::{Lab, LabConfig, Origins};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A lab on free ports with an empty data folder.
#[derive(Debug)]
pub struct SpawnedLab {
    lab: Lab,
    client: Client,
    _data: TempDir,
}

impl SpawnedLab {
    /// Starts a lab.
    ///
    /// # Errors
    /// When the lab does not start.
    pub async fn start() -> Result<Self> {
        Self::start_at(0).await
    }

    /// Starts a lab whose ports count from `port_base`; 0 takes free ones.
    ///
    /// # Errors
    /// When the lab does not start.
    pub async fn start_at(port_base: u16) -> Result<Self> {
        Self::start_with(|config| config.port_base = port_base).await
    }

    /// Starts a lab whose configuration differs from the usual one by `change`; its ports are free ones unless that says otherwise.
    ///
    /// # Errors
    /// When the lab does not start.
    pub async fn start_with(change: impl FnOnce(&mut LabConfig)) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut config = LabConfig {
            port_base: 0,
            ..LabConfig::new(data.path())
        };
        change(&mut config);
        let lab = Lab::start(config).await?;
        // Nothing but a browser resolves names under .localhost, so the client is told.
        let loopback = ([127, 0, 0, 1], 0).into();
        let mut client = Client::builder().no_proxy();
        for origin in [
            &lab.origins().app,
            &lab.origins().session,
            &lab.origins().jwt,
            &lab.origins().blog,
            &lab.origins().evil,
        ] {
            client = client.resolve(host(origin), loopback);
        }
        Ok(Self {
            lab,
            client: client.build()?,
            _data: data,
        })
    }

    /// Where everything is.
    #[must_use]
    pub fn origins(&self) -> &Origins {
        self.lab.origins()
    }

    /// A client that is no browser, and reaches the origins of this lab by name.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The answer to a GET of a path of the app origin.
    ///
    /// # Errors
    /// When the lab does not answer.
    pub async fn get(&self, path: &str) -> Result<Response> {
        Ok(self
            .client
            .get(format!("{}{path}", self.origins().app))
            .send()
            .await?)
    }

    /// Every recorded exchange, oldest first, as `/lab/exchanges` gives them.
    ///
    /// # Errors
    /// When the lab does not answer in this shape.
    pub async fn exchanges(&self) -> Result<Vec<Value>> {
        let answer: Value = self
            .get("/lab/exchanges?after=0")
            .await?
            .error_for_status()?
            .json()
            .await?;
        let exchanges = answer["exchanges"]
            .as_array()
            .context("no exchanges in the answer")?;
        Ok(exchanges.clone())
    }

    /// The exchanges of one server with this method and path, oldest first.
    ///
    /// # Errors
    /// When the lab does not answer in this shape.
    pub async fn exchanges_of(&self, server: &str, method: &str, path: &str) -> Result<Vec<Value>> {
        let all = self.exchanges().await?.into_iter();
        Ok(all
            .filter(|exchange| {
                exchange["server"] == server && exchange["request"]["method"] == method
            })
            .filter(|exchange| path_of(exchange) == path)
            .collect())
    }

    /// `/lab/state`.
    ///
    /// # Errors
    /// When the lab does not answer in this shape.
    pub async fn state(&self) -> Result<Value> {
        Ok(self
            .get("/lab/state")
            .await?
            .error_for_status()?
            .json()
            .await?)
    }

    /// Moves the clock from outside of any page, by `15m`, `1d`, `7d` or `30d`.
    ///
    /// # Errors
    /// When the lab refuses.
    pub async fn advance(&self, step: &str) -> Result<()> {
        let url = format!("{}/lab/clock", self.origins().app);
        let answer = self
            .client
            .post(url)
            .json(&json!({ "advance": step }))
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "the clock does not move: {}",
            answer.status()
        );
        Ok(())
    }

    /// Lays settings over those of the lab, as a page does.
    ///
    /// # Errors
    /// When the lab refuses.
    pub async fn change_settings(&self, settings: Value) -> Result<()> {
        let url = format!("{}/lab/settings", self.origins().app);
        let body = json!({ "settings": settings });
        self.client
            .post(url)
            .json(&body)
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }

    /// Ends every stream and connection, then the lab.
    pub async fn stop(self) {
        self.lab.stop().await;
    }
}

/// The path of a recorded request, without the run that every page adds.
#[must_use]
pub fn path_of(exchange: &Value) -> &str {
    let target = exchange["request"]["target"].as_str().unwrap_or_default();
    target.split('?').next().unwrap_or_default()
}

/// The first header of this name of a recorded message.
#[must_use]
pub fn header<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    message["headers"]
        .as_array()?
        .iter()
        .find(|header| {
            header[0]
                .as_str()
                .is_some_and(|found| found.eq_ignore_ascii_case(name))
        })
        .and_then(|header| header[1].as_str())
}

/// The host of an origin, without its port.
fn host(origin: &str) -> &str {
    let rest = origin.strip_prefix("http://").unwrap_or(origin);
    rest.split(':').next().unwrap_or(rest)
}
