//! Clients that go on asking while something happens to whom they ask.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::client::{Answer, Bearer, Client, Login};

/// So long is waited for something to be seen, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a load has seen so far, by status.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    good: AtomicUsize,
    refused: AtomicUsize,
}

/// Clients that ask until they are told to stop.
pub(crate) struct Load<T> {
    clients: JoinSet<T>,
    stop: Arc<AtomicBool>,
    pub(crate) seen: Arc<Seen>,
}

/// What a client of [`ask_who`] was told: how often which status, and what was wrong with an answer.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) statuses: BTreeMap<u16, usize>,
    pub(crate) wrong: Vec<String>,
}

impl Seen {
    pub(crate) fn count(&self, status: u16) {
        let counter = if status == 200 {
            &self.good
        } else {
            &self.refused
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until so many more were answered with 200.
    pub(crate) async fn more_good(&self, count: usize) {
        more(&self.good, count).await;
    }

    /// Waits until so many more were answered otherwise.
    pub(crate) async fn more_refused(&self, count: usize) {
        more(&self.refused, count).await;
    }
}

async fn more(counter: &AtomicUsize, count: usize) {
    let goal = counter.load(Ordering::Relaxed) + count;
    let reached = async {
        while counter.load(Ordering::Relaxed) < goal {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.unwrap();
}

impl<T: Send + 'static> Load<T> {
    /// Begins with one client for each of these logins.
    pub(crate) fn begin<F>(
        logins: Vec<Login>,
        client: impl Fn(usize, Login, Arc<AtomicBool>, Arc<Seen>) -> F,
    ) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::<Seen>::default());
        let mut clients = JoinSet::new();
        for (number, login) in logins.into_iter().enumerate() {
            clients.spawn(client(number, login, Arc::clone(&stop), Arc::clone(&seen)));
        }
        Self {
            clients,
            stop,
            seen,
        }
    }

    /// What came of each client.
    pub(crate) async fn end(self) -> Vec<T> {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.join_all().await
    }
}

/// Asks one replica after the other who the bearer is, each once and none again.
pub(crate) async fn ask_who(
    addresses: Vec<String>,
    first: usize,
    bearer: Bearer,
    stop: Arc<AtomicBool>,
    seen: Arc<Seen>,
) -> Told {
    let (client, mut told) = (Client::default(), Told::default());
    for turn in first.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let answer = client
            .get(&addresses[turn % addresses.len()], "/whoami", &bearer)
            .await;
        let answer = answer.unwrap();
        seen.count(answer.status);
        *told.statuses.entry(answer.status).or_default() += 1;
        let is_right = match answer.status {
            200 => true,
            503 => answer.retry_after.is_some() && answer.took < Duration::from_secs(1),
            _ => false,
        };
        if !is_right {
            told.wrong.push(format!("{answer:?}"));
        }
    }
    told
}

/// What a client of [`live`] has been through.
#[derive(Debug, Default)]
pub(crate) struct Life {
    pub(crate) asked: usize,
    /// How often it had to ask another replica, since one was not there or went away.
    pub(crate) asked_again: usize,
    /// Which refresh tokens came of which.
    pub(crate) successors: BTreeMap<String, Vec<String>>,
    /// The refresh token that it holds at the end.
    pub(crate) last: Option<String>,
    pub(crate) bearer: Option<Bearer>,
}

/// Asks who it is and, where it has a refresh token, rotates that, again and again; whoever is not there is left for the next.
pub(crate) async fn live(
    addresses: Vec<String>,
    number: usize,
    login: Login,
    stop: Arc<AtomicBool>,
    seen: Arc<Seen>,
) -> Life {
    let client = Client::default();
    let mut life = Life {
        last: login.refresh,
        bearer: Some(login.bearer),
        ..Life::default()
    };
    let mut turn = number;
    while !stop.load(Ordering::Relaxed) {
        let bearer = life.bearer.clone().unwrap();
        let wish = Wish::WhoAmI(&bearer);
        let answer = somewhere(&client, &addresses, &mut turn, &mut life, wish).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        seen.count(answer.status);
        if let Some(token) = life.last.clone() {
            let wish = Wish::Refresh(&token);
            let answer = somewhere(&client, &addresses, &mut turn, &mut life, wish).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let next = answer.body["refresh_token"].as_str().unwrap().to_owned();
            life.bearer = answer.body["access_token"].as_str().map(Bearer::token);
            life.successors.entry(token).or_default().push(next.clone());
            life.last = Some(next);
        }
    }
    life
}

/// What is asked of any replica.
enum Wish<'a> {
    WhoAmI(&'a Bearer),
    Refresh(&'a str),
}

/// The answer of the first replica that gives one, beginning at `turn`.
async fn somewhere(
    client: &Client,
    addresses: &[String],
    turn: &mut usize,
    life: &mut Life,
    wish: Wish<'_>,
) -> Answer {
    for _ in 0..1_000 {
        *turn += 1;
        life.asked += 1;
        let address = &addresses[*turn % addresses.len()];
        let answer = match wish {
            Wish::WhoAmI(bearer) => client.get(address, "/whoami", bearer).await,
            Wish::Refresh(token) => client.refresh(address, token).await,
        };
        if let Ok(answer) = answer {
            return answer;
        }
        life.asked_again += 1;
    }
    panic!("nobody answers at {addresses:?}")
}
