//! The replicas as a page is shown them.

use serde::Serialize;

use super::mode::{Mode, Store};
use super::process::Process;
use super::{Replicas, stores};
use crate::servers::Server;

/// `GET /lab/replicas`.
#[derive(Debug, Serialize)]
pub(super) struct State {
    mode: Mode,
    /// Whether the engine that they share was killed.
    is_cut: bool,
    version: u64,
    stores: [StoreRow; 4],
    pub(super) replicas: Vec<ReplicaRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct StoreRow {
    store: Store,
    /// Why it cannot be chosen here.
    missing: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ReplicaRow {
    pub(super) name: String,
    server: Server,
    letter: char,
    origin: String,
    /// `None` while it is dead.
    pub(super) pid: Option<u32>,
    command: String,
}

impl Replicas {
    /// How they are now.
    pub(super) fn state(&self) -> State {
        let shown = self.shown();
        let rows = self.made.places.iter().zip(&shown.runs);
        State {
            mode: shown.mode,
            is_cut: shown.is_cut,
            version: shown.version,
            stores: Store::ALL.map(|store| StoreRow {
                store,
                missing: stores::missing(store),
            }),
            replicas: rows
                .map(|(place, run)| ReplicaRow {
                    name: place.name(),
                    server: place.server,
                    letter: place.letter,
                    origin: place.origin.clone(),
                    pid: run.process.as_ref().and_then(Process::pid),
                    command: run.command.clone(),
                })
                .collect(),
        }
    }
}
