//! Why an engine does not run.

use std::io;

/// An engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The program is not installed where it is looked for.
    #[error(
        "there is no {program} here: install it (on Debian and Ubuntu: sudo apt-get install {package}), or name {what}: {variable}=/path/to/it"
    )]
    Missing {
        /// The program that was looked for.
        program: &'static str,
        /// The package of Debian and Ubuntu that has it.
        package: &'static str,
        /// What the variable names: the program, or the folder that holds it.
        what: &'static str,
        /// The variable of the environment that says where it is.
        variable: &'static str,
    },
    /// PostgreSQL refuses to run as root, and there is nobody to run it as.
    #[error(
        "PostgreSQL does not run as root, and this system has no user `postgres` to run it as: its package makes one"
    )]
    NobodyToRunAs,
    /// Something around the program failed: its folder, its port, its start.
    #[error("cannot {what}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// How it failed.
        source: io::Error,
    },
    /// The program ended before it was ready.
    #[error("{program} ended before it was ready; the last that it said:\n{log}")]
    Died {
        /// The program.
        program: &'static str,
        /// The last lines of its log.
        log: String,
    },
    /// The program runs but does not answer.
    #[error("{program} runs but does not answer; the last that it said:\n{log}")]
    Silent {
        /// The program.
        program: &'static str,
        /// The last lines of its log.
        log: String,
    },
}

impl EngineError {
    /// For `map_err`: what was to be done when the system refused.
    pub(crate) fn while_to(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
