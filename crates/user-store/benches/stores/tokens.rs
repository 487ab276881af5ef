//! What the token server asks of its database.

use std::sync::Arc;

use divan::Bencher;
use token_core::refresh::{FamilyId, Presented, RefreshPolicy, TokenFamily};
use tokio::task::JoinSet;
use user_store::sqlite::Database;
use user_store::{NewUser, PasswordHash, RefreshFamilies, Role, Stores, Timeouts};

use crate::{at_once, clock, draw, fill, many, worker};

fn stores() -> Stores {
    let database = Database::open_temporary().unwrap();
    Stores::sqlite(database, clock(), Timeouts::default())
}

/// Durable, by as many callers at once. One has its answer and presents its next token; the others wait meanwhile. So the time is
/// that from one rotation to the next, and not how long a caller waits.
#[divan::bench(args = [1, 32], sample_size = 320, max_time = 3)]
fn rotate(bencher: Bencher<'_, '_>, callers: usize) {
    let (runtime, stores) = (worker(), stores());
    let user = runtime.block_on(stores.users.create(customer())).unwrap();
    let present = |family: TokenFamily| rotated(stores.families.clone(), family);
    let mut waiting = JoinSet::new();
    for family in fill(&runtime, callers, |_| {
        let families = stores.families.clone();
        async move { families.create(user.id, "a bench").await.unwrap() }
    }) {
        waiting.spawn_on(present(family), runtime.handle());
    }
    bencher.bench_local(|| {
        let family = runtime.block_on(waiting.join_next()).unwrap().unwrap();
        waiting.spawn_on(present(family), runtime.handle());
    });
}

fn customer() -> NewUser {
    NewUser {
        username: "alice".to_owned(),
        password: PasswordHash::from_phc("$of$alice".to_owned()),
        role: Role::Customer,
        opening_balance_minor: 0,
    }
}

async fn rotated(families: Arc<dyn RefreshFamilies>, family: TokenFamily) -> TokenFamily {
    let policy = RefreshPolicy::default();
    let presented = families.present(family.id, family.generation, &policy);
    match presented.await.unwrap().unwrap().outcome {
        Presented::Rotated(next) => next,
        other => panic!("not rotated: {other:?}"),
    }
}

/// As many families are listed as not, and both are asked for.
#[divan::bench(sample_count = 1000, sample_size = 64, max_time = 1)]
fn is_denied(bencher: Bencher<'_, '_>) {
    let (runtime, denied) = (worker(), stores().denied);
    let families = fill(&runtime, many(2_000), |index| {
        let (denied, family) = (denied.clone(), FamilyId::random());
        async move {
            if index % 2 == 0 {
                denied.deny(family, 1).await.unwrap();
            }
            family
        }
    });
    bencher
        .with_inputs(draw(&families))
        .bench_local_values(|family| at_once(denied.is_denied(*family, 1)).unwrap());
}
