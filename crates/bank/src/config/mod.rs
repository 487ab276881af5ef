//! Settings: immutable, validated, all errors at once.

mod http;
mod load;
mod login;
mod reference;

use serde::{Deserialize, Serialize};

pub use http::{CorsPolicy, CsrfDefence, HttpConfig};
pub use load::load_config;
pub use login::LoginConfig;
pub use reference::{Setting, settings_of};

/// How the credential travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// The browser attaches it by itself, and guards it from scripts.
    #[default]
    Cookie,
    /// The client attaches it by hand, in `Authorization: Bearer`.
    Header,
}

/// Every problem of a configuration, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.join("\n"))]
pub struct ConfigError {
    /// One sentence each, beginning with the name of the setting.
    pub problems: Vec<String>,
}
