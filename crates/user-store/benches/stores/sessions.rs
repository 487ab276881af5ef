//! Sessions in every backend of [`ALL`], so that a new one is measured beside the others.

use std::fmt;
use std::sync::Arc;

use divan::{Bencher, black_box_drop};
use tokio::runtime::Runtime;
use user_store::sessions::{ALL, Backend};
use user_store::sqlite::Database;
use user_store::{NewSession, Role, SessionId, Sessions, Timeouts, UserId};

use crate::{at_once, clock, draw, fill, many, worker};

/// A backend and how many live sessions it holds.
#[derive(Clone, Copy)]
struct Case(&'static Backend, usize);

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.name, self.1)
    }
}

fn cases<const N: usize>(live: [usize; N]) -> impl Iterator<Item = Case> {
    ALL.iter()
        .flat_map(move |backend| live.map(|live| Case(backend, live)))
}

fn new(index: usize) -> NewSession {
    NewSession {
        user_id: UserId(index as i64),
        username: format!("customer-{index}"),
        role: Role::Customer,
        device: "Firefox on Linux".to_owned(),
    }
}

fn filled(runtime: &Runtime, case: Case) -> (Arc<dyn Sessions>, Vec<SessionId>) {
    let database = Database::open_temporary().unwrap();
    let sessions = (case.0.open)(database, clock(), Timeouts::default());
    let ids = fill(runtime, many(case.1), |index| {
        let sessions = sessions.clone();
        async move { sessions.create(new(index)).await.unwrap() }
    });
    (sessions, ids)
}

#[divan::bench(args = cases([1_000, 100_000]), sample_count = 1000, sample_size = 64, max_time = 1)]
fn load(bencher: Bencher<'_, '_>, case: Case) {
    let (sessions, ids) = filled(&worker(), case);
    bencher
        .with_inputs(draw(&ids))
        .bench_local_values(|id| black_box_drop(at_once(sessions.load(id)).unwrap().unwrap()));
}

/// By one caller alone, so that in a database each is a commit of its own.
#[divan::bench(args = cases([1_000]), sample_size = 16, max_time = 2)]
fn create(bencher: Bencher<'_, '_>, case: Case) {
    let runtime = worker();
    let (sessions, _) = filled(&runtime, case);
    bencher
        .with_inputs(|| new(0))
        .bench_local_values(|new| black_box_drop(runtime.block_on(sessions.create(new)).unwrap()));
}
