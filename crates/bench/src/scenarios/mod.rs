//! What is asked of every arm.

use crate::account::USERNAME;

/// One request, and what its answer must be.
#[derive(Debug)]
pub struct Scenario {
    /// By which it is chosen: `--scenario NAME`.
    pub name: &'static str,
    /// As a heading.
    pub title: &'static str,
    pub(crate) path: &'static str,
    /// What the body of a right answer has in it.
    pub(crate) member: &'static str,
}

impl Scenario {
    /// The bytes that a right answer has in it: the name of the user, as JSON.
    pub(crate) fn expected(&self) -> String {
        format!("\"{}\":\"{USERNAME}\"", self.member)
    }
}

/// Every scenario. A new one is a row here.
pub const ALL: &[Scenario] = &[Scenario {
    name: "read",
    title: "an authenticated read, GET /whoami",
    path: "/whoami",
    member: "username",
}];

/// The scenario of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}
