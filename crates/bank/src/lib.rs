//! The one application that both servers guard: a little bank with balances, transfers and notes.
//!
//! Nothing here knows whether the caller holds a session or a token. A server supplies an [`Authentication`], and every
//! handler receives a [`Principal`]; so the two servers differ in that one value and in nothing else.
//!
//! ```text
//! request → log and metrics → security headers → Host → CORS → CSRF → credential → Principal → handler
//! ```

mod authentication;
mod config;
mod cookie;
mod credentials;
mod http;
mod problem;
mod routes;
mod seed;
mod server;
mod throttle;

pub use authentication::{Authentication, Credential, EndedBecause, LoggedIn, Login, Principal};
pub use config::{
    ConfigError, CorsPolicy, CsrfDefence, HttpConfig, LoginConfig, Setting, Transport, load_config,
    settings_of,
};
pub use cookie::{CookieConfig, SameSite, without_attribute};
pub use credentials::{CheckedUser, check_password};
pub use http::{CsrfCookie, Extension, Metrics, harden, logged_out, refuse_other_origins};
pub use problem::{ApiError, Challenge, Problem};
pub use routes::{Bank, BankApi, LoginRequest, OpenApiDocument, resource, routes};
pub use seed::{DangerousSeed, SEEDED_DEVICE, SeedError};
pub use server::{Application, Hosting, listen};
pub use throttle::LoginThrottle;
