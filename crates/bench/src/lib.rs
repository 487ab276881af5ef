//! The benchmark: session and token side by side, over HTTP, paired and with spread.
//!
//! It starts the servers that it measures as processes of their own and links neither; what it knows of them is their API. Every arm
//! is measured once in each round, so that whatever the machine does besides is shared by all arms of the round, and what is reported
//! is the ratio of an arm to the bare one *of the same round*.

pub mod arms;
mod closed_loop;
mod cpu;
mod engine;
mod failure;
pub mod gate;
mod login;
mod open_loop;
pub mod peers;
mod pinning;
mod plan;
mod process;
mod remote;
pub mod report;
mod run;
pub mod scenarios;
mod size;
pub mod statistics;
mod store;
mod target;
mod visitor;
mod watch;
mod wire;

pub use cpu::CpuSource;
pub use plan::{Plan, Step, Unknown};
pub use remote::{Remote, RemoteError};
pub use run::{Observer, RunError, run};
pub use store::StoreAccess;
pub use target::BytesEachWay;
