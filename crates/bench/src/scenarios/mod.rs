//! What is asked of every arm.

use hyper::Method;

use crate::arms::{Arm, Side};

/// One request, and what its answer must be.
#[derive(Debug)]
pub struct Scenario {
    /// By which it is chosen: `--scenario NAME`.
    pub name: &'static str,
    /// As a heading.
    pub title: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// JSON; empty where there is none.
    pub(crate) body: &'static str,
    /// The status of a right answer.
    pub(crate) status: u16,
    /// What the body of a right answer has in it.
    pub(crate) expected: fn(&Arm) -> &'static str,
    /// Whether the request carries a credential.
    pub(crate) is_authenticated: bool,
    /// Whether latencies are measured at the run's rate: not where no server could keep up with it.
    pub(crate) is_paced: bool,
    /// Whether the handler with nothing around it has an answer.
    pub(crate) suits_naked: bool,
}

impl Scenario {
    /// Whether this can be asked of the arm.
    pub(crate) fn suits(&self, arm: &Arm) -> bool {
        self.suits_naked || arm.has_bank()
    }
}

/// Every scenario. A new one is a row here.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "read",
        title: "an authenticated read, GET /whoami",
        method: Method::GET,
        path: "/whoami",
        body: "",
        status: 200,
        expected: |_| r#""username":"benchmark""#,
        is_authenticated: true,
        is_paced: true,
        suits_naked: true,
    },
    Scenario {
        name: "write",
        title: "an authenticated write, POST /notes, durable before it is answered",
        method: Method::POST,
        path: "/notes",
        body: r#"{"text":"benchmark"}"#,
        status: 201,
        expected: |_| r#""text":"benchmark""#,
        is_authenticated: true,
        is_paced: true,
        suits_naked: false,
    },
    Scenario {
        name: "login",
        title: "a login, POST /login, which is Argon2id before anything else",
        method: Method::POST,
        path: "/login",
        body: r#"{"username":"benchmark","password":"one-second-is-a-long-time"}"#,
        status: 200,
        expected: |arm| match arm.side {
            Side::Floor => "{}",
            Side::Session => r#""username":"benchmark""#,
            Side::Token => r#""refresh_token":"#,
        },
        is_authenticated: false,
        is_paced: false,
        suits_naked: false,
    },
];

/// The scenario of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}
