//! PostgreSQL and Redis of one's own: started in a temporary folder on a free port, and stopped when dropped.
//!
//! For tests, for the benchmark and for the lab. Each engine is the program that is installed on this machine, with its data in a folder
//! that nobody else uses: no service of the system is asked, changed or needed. An engine can be killed, started again on what it
//! had kept, and held still, which is how its users are shown to be right when it is gone.
//!
//! An engine belongs to the process group of whoever started it, so that an interrupt from the terminal ends both. A starter that
//! is itself killed leaves its engine running.

mod error;
mod instance;
mod postgres_engine;
mod process;
mod programs;
mod redis_engine;

pub use error::EngineError;
pub use postgres_engine::Postgres;
pub use redis_engine::Redis;
