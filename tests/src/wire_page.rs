//! The first page as its visitor uses it: buttons to press, and what is then to be seen.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use thirtyfour::By;
use thirtyfour::components::SelectElement;

use crate::Browser;

/// One of the two lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The session server's.
    Session,
    /// The JWT server's.
    Token,
}

impl Lane {
    /// Both, in the order of the page.
    pub const ALL: [Self; 2] = [Self::Session, Self::Token];

    /// As the page names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
        }
    }

    /// The server that answers, as the record names it.
    #[must_use]
    pub fn server(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "jwt",
        }
    }
}

/// An exchange as it is drawn.
#[derive(Clone, Debug, Deserialize)]
pub struct Drawn {
    /// Its id in the record.
    pub id: u64,
    /// The method of its request.
    pub method: String,
    /// The path of its request.
    pub path: String,
    /// The status of its answer.
    pub status: u16,
    /// How it is named to a screen reader.
    pub label: String,
    /// `elsewhere` when a copied credential was replayed, `other` when another client sent it.
    pub tag: Option<String>,
    /// The line of the request as shown.
    pub request_line: String,
    /// The credential as shown, shortened.
    pub credential: Option<String>,
    /// The steps of the server, in order.
    pub steps: Vec<DrawnStep>,
    /// How many reads to authenticate are claimed, where something was to be authenticated.
    pub reads: Option<u64>,
    /// The line that claims it.
    pub reads_line: Option<String>,
    /// The line of the answer as shown.
    pub response_line: Option<String>,
    /// How long it took, as shown.
    pub total: Option<String>,
}

/// A step as it is drawn.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct DrawnStep {
    /// As the server names it.
    pub name: String,
    /// In microseconds.
    pub us: u64,
    /// `authentication` or `application`.
    pub phase: String,
    /// What came of it, as shown.
    pub result: Option<String>,
}

/// Reads the drawn exchanges of a lane (`argument`) out of the page.
const READ_DIAGRAM: &str = r#"
const text = (within, field) => within.querySelector(`[data-field="${field}"]`)?.textContent.trim() ?? null;
return [...document.querySelectorAll(`.lane[data-lane=${arguments[0]}] g.exchange`)].map((exchange) => ({
  id: Number(exchange.dataset.exchange),
  method: exchange.dataset.method,
  path: exchange.dataset.path,
  status: Number(exchange.dataset.status),
  label: exchange.getAttribute("aria-label"),
  tag: exchange.querySelector("[data-tag]")?.dataset.tag ?? null,
  request_line: text(exchange, "request-line"),
  credential: text(exchange, "request-credential"),
  steps: [...exchange.querySelectorAll("[data-step]")].map((step) => ({
    name: step.dataset.step, us: Number(step.dataset.us), phase: step.dataset.phase, result: text(step, "result"),
  })),
  reads: exchange.querySelector("[data-field=auth-reads]") === null ? null
    : Number(exchange.querySelector("[data-field=auth-reads]").dataset.reads),
  reads_line: text(exchange, "auth-reads"),
  response_line: text(exchange, "response-line"),
  total: text(exchange, "total"),
}));
"#;

const IS_IDLE: &str = "return document.querySelector('main')?.dataset.busy === 'false';";

/// The first page, open in a browser.
#[derive(Clone, Copy, Debug)]
pub struct WirePage<'a> {
    browser: &'a Browser,
}

impl<'a> WirePage<'a> {
    /// Opens the page of a lab and waits until it can be used. `query` is `""`, or begins with a question mark.
    ///
    /// # Errors
    /// When the page does not come up.
    pub async fn open(browser: &'a Browser, app_origin: &str, query: &str) -> Result<Self> {
        browser
            .driver()
            .goto(format!("{app_origin}/{query}"))
            .await?;
        let page = Self { browser };
        page.idle().await?;
        Ok(page)
    }

    /// The page that a browser shows already, in whichever window it is.
    #[must_use]
    pub fn of(browser: &'a Browser) -> Self {
        Self { browser }
    }

    /// The browser that shows it.
    #[must_use]
    pub fn browser(self) -> &'a Browser {
        self.browser
    }

    /// Waits until no action is under way.
    ///
    /// # Errors
    /// When one does not end.
    pub async fn idle(self) -> Result<()> {
        self.browser
            .wait_for("the page to be idle", IS_IDLE, json!(null))
            .await?;
        Ok(())
    }

    /// Presses a button, waits until what it does is done, and returns the line that says what happened.
    ///
    /// # Errors
    /// When there is no such button, or the action does not end.
    pub async fn press(self, selector: &str) -> Result<String> {
        let button = self.browser.driver().find(By::Css(selector)).await;
        button
            .with_context(|| format!("no {selector} on the page"))?
            .click()
            .await?;
        self.idle().await?;
        self.announced().await
    }

    /// Moves the clock by pressing its button: `15m`, `1d`, `7d` or `30d`.
    ///
    /// # Errors
    /// As [`WirePage::press`].
    pub async fn advance(self, step: &str) -> Result<String> {
        self.press(&format!("button[data-advance=\"{step}\"]"))
            .await
    }

    /// Chooses `best-practice` or `as-in-the-notes`.
    ///
    /// # Errors
    /// When the page does not take it.
    pub async fn choose_preset(self, preset: &str) -> Result<String> {
        let select = self.browser.driver().find(By::Id("preset")).await?;
        SelectElement::new(&select)
            .await?
            .select_by_value(preset)
            .await?;
        self.idle().await?;
        self.announced().await
    }

    /// Chooses who logs in.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn choose_user(self, username: &str) -> Result<()> {
        let select = self.browser.driver().find(By::Id("user")).await?;
        SelectElement::new(&select)
            .await?
            .select_by_value(username)
            .await?;
        Ok(())
    }

    /// Chooses `both` lanes, `session` or `token`.
    ///
    /// # Errors
    /// When there is no such choice.
    pub async fn choose_lanes(self, lanes: &str) -> Result<()> {
        // The radio itself is drawn as its label.
        let script = "document.querySelector(`input[name=lanes][value=${arguments[0]}]`).closest('label').click();";
        self.browser
            .run::<serde_json::Value>(script, json!(lanes))
            .await?;
        Ok(())
    }

    /// The line that says what just happened.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn announced(self) -> Result<String> {
        Ok(self
            .browser
            .driver()
            .find(By::Id("announce"))
            .await?
            .text()
            .await?)
    }

    /// Everything that a lane draws, oldest first.
    ///
    /// # Errors
    /// When a part of the drawing is missing.
    pub async fn drawn(self, lane: Lane) -> Result<Vec<Drawn>> {
        self.browser.run(READ_DIAGRAM, json!(lane.name())).await
    }

    /// What a lane draws that was no preflight and came after this exchange.
    ///
    /// # Errors
    /// When a part of the drawing is missing.
    pub async fn drawn_after(self, lane: Lane, id: u64) -> Result<Vec<Drawn>> {
        let drawn = self.drawn(lane).await?.into_iter();
        Ok(drawn
            .filter(|exchange| exchange.id > id && exchange.method != "OPTIONS")
            .collect())
    }

    /// The newest exchange of a lane.
    ///
    /// # Errors
    /// When the lane is empty.
    pub async fn newest(self, lane: Lane) -> Result<Drawn> {
        let drawn = self.drawn_after(lane, 0).await?;
        drawn
            .into_iter()
            .next_back()
            .with_context(|| format!("nothing is drawn on the {} lane", lane.name()))
    }

    /// Waits until a lane draws the exchange with this id.
    ///
    /// # Errors
    /// When it does not.
    pub async fn draws(self, lane: Lane, id: u64) -> Result<()> {
        let condition = "return document.querySelector(`.lane[data-lane=${argument[0]}] g.exchange[data-exchange=\"${argument[1]}\"]`) !== null;";
        let condition = condition.replace("argument", "arguments[0]");
        self.browser
            .wait_for(
                &format!("exchange {id} to be drawn"),
                &condition,
                json!([lane.name(), id]),
            )
            .await?;
        Ok(())
    }

    /// What the browser keeps, by the panel of a lane.
    ///
    /// # Errors
    /// When the panel is not there.
    pub async fn browser_keeps(self, lane: Lane) -> Result<String> {
        self.panel(lane, "browser").await
    }

    /// What the server keeps, by the panel of a lane.
    ///
    /// # Errors
    /// When the panel is not there.
    pub async fn server_keeps(self, lane: Lane) -> Result<String> {
        self.panel(lane, "server").await
    }

    /// Waits until a panel (`browser` or `server`) holds this text; the page looks again shortly after each exchange.
    ///
    /// # Errors
    /// When it never does.
    pub async fn keeps(self, lane: Lane, panel: &str, text: &str) -> Result<()> {
        let condition = "return document.querySelector(`.lane[data-lane=${arguments[0][0]}] [data-keeps=${arguments[0][1]}]`)\
                         .textContent.includes(arguments[0][2]);";
        let what = format!(
            "the {panel} panel of the {} lane to say {text:?}",
            lane.name()
        );
        self.browser
            .wait_for(&what, condition, json!([lane.name(), panel, text]))
            .await?;
        Ok(())
    }

    async fn panel(self, lane: Lane, panel: &str) -> Result<String> {
        let selector = format!(".lane[data-lane={}] [data-keeps={panel}]", lane.name());
        let panel = self.browser.driver().find(By::Css(selector)).await?;
        Ok(panel.text().await?)
    }
}
