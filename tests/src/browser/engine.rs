//! Which browser, and how each is told the same.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::{Capabilities, ChromiumLikeCapabilities, DesiredCapabilities};

use super::Viewport;

/// Flags that work as root, in a container, and without a network.
const CHROMIUM_FLAGS: [&str; 11] = [
    "--headless",
    // The pages are ours, and root, as in a container, has no other way.
    "--no-sandbox",
    "--disable-gpu",
    // A container's /dev/shm is too small for more than one browser.
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
];

/// A browser that the tests can drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, by chromedriver.
    Chromium,
    /// Firefox, by geckodriver.
    Firefox,
}

/// Whether a browser sends cookies across sites on request by a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThirdPartyCookies {
    /// It does, where `SameSite` lets it.
    Allowed,
    /// It never does, or keeps them apart for each site.
    Blocked,
}

impl ThirdPartyCookies {
    /// Both, in the order of the evidence.
    pub const ALL: [Self; 2] = [Self::Blocked, Self::Allowed];

    /// As the evidence names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
        }
    }
}

impl Engine {
    /// As people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
        }
    }

    /// The command that installs what this browser needs.
    pub(super) fn installer(self) -> &'static str {
        match self {
            Self::Chromium => "cargo xtask test",
            Self::Firefox => "cargo xtask test --firefox",
        }
    }

    pub(super) fn driver(self) -> Option<PathBuf> {
        match self {
            Self::Chromium => program("CHROMEDRIVER", &["chromedriver"]),
            Self::Firefox => program("GECKODRIVER", &["geckodriver"]),
        }
    }

    pub(super) fn capabilities(
        self,
        profile: &Path,
        cookies: Option<ThirdPartyCookies>,
    ) -> Result<Capabilities> {
        match self {
            Self::Chromium => chromium(profile, cookies),
            Self::Firefox => firefox(profile, cookies),
        }
    }
}

fn chromium(profile: &Path, cookies: Option<ThirdPartyCookies>) -> Result<Capabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    if let Some(binary) = program("CHROME", &names) {
        capabilities.set_binary(&binary.to_string_lossy())?;
    }
    for flag in CHROMIUM_FLAGS {
        capabilities.add_arg(flag)?;
    }
    let Viewport { width, height } = Viewport::DESKTOP;
    capabilities.add_arg(&format!("--window-size={width},{height}"))?;
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    if let Some(cookies) = cookies {
        let mode = match cookies {
            ThirdPartyCookies::Allowed => 0,
            ThirdPartyCookies::Blocked => 1,
        };
        let preferences = json!({ "profile.cookie_controls_mode": mode });
        capabilities.add_experimental_option("prefs", preferences)?;
    }
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(capabilities.into())
}

fn firefox(profile: &Path, cookies: Option<ThirdPartyCookies>) -> Result<Capabilities> {
    let mut capabilities = DesiredCapabilities::firefox();
    if let Some(binary) = program("FIREFOX", &["firefox-esr", "firefox"]) {
        capabilities.set_firefox_binary(&binary.to_string_lossy())?;
    }
    for argument in ["-headless", "-profile"] {
        capabilities.add_arg(argument)?;
    }
    capabilities.add_arg(&profile.to_string_lossy())?;
    let mut preferences = FirefoxPreferences::new();
    match cookies {
        // 0 accepts all; 5, the default, keeps a jar for each site that embeds.
        Some(ThirdPartyCookies::Allowed) => preferences.set("network.cookie.cookieBehavior", 0)?,
        Some(ThirdPartyCookies::Blocked) => preferences.set("network.cookie.cookieBehavior", 5)?,
        None => {}
    }
    // A driver's click opens a tab like a visitor's; and a test's machine has no network to call home by.
    preferences.set("dom.disable_open_during_load", true)?;
    preferences.set("network.captive-portal-service.enabled", false)?;
    preferences.set("network.connectivity-service.enabled", false)?;
    preferences.set("app.update.auto", false)?;
    preferences.set("browser.sessionstore.resume_from_crash", false)?;
    capabilities.set_preferences(preferences)?;
    Ok(capabilities.into())
}

/// The program named by a variable, or the first of these on the PATH.
fn program(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(given) = std::env::var_os(variable) {
        return Some(given.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| {
            folders
                .iter()
                .map(move |folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        })
        .find(|candidate| candidate.is_file())
}
