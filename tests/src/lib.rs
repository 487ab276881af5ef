//! What the end-to-end tests stand on: a real lab, a real Chromium, and the first page as an object.
//!
//! Each test has a lab of its own on free ports, with an empty data folder, and a browser of its own with a fresh profile, so
//! tests run side by side and none sees what another did.

pub mod benchmark_page;
pub mod browser;
pub mod experiment_page;
pub mod spawned_lab;
pub mod visit;
pub mod walk;
pub mod wire_page;
pub mod workbench_page;

pub use benchmark_page::BenchmarkPage;
pub use browser::{Browser, Engine, Settings, ThirdPartyCookies, Viewport};
pub use experiment_page::ExperimentPage;
pub use spawned_lab::{SpawnedLab, header, path_of};
pub use visit::{Visit, visit, visit_with};
pub use wire_page::{Lane, WirePage};
pub use workbench_page::WorkbenchPage;
