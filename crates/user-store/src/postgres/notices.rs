//! Notifications between verifiers, which only make them look sooner.

use std::future::poll_fn;
use std::sync::Weak;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, NoTls};

use super::failure::Failure;
use super::revocations::Revocations;
use super::{DEADLINE, Shared};

/// How long after a notification this process sends no other.
const QUIET: Duration = Duration::from_millis(20);

/// How long a lost connection for notifications is not tried again.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) const CHANNEL: &str = "svt_revocations";

/// Keeps a connection for notifications, in both directions, until the last handle is gone.
pub(super) async fn keep_listening(shared: Weak<Shared>) {
    loop {
        let Some(revocations) = shared.upgrade().map(|shared| shared.revocations.clone()) else {
            return;
        };
        if let Err(error) = listen(&revocations, &shared).await {
            tracing::debug!(%error, "no notifications of revocations for now");
        }
        sleep(PATIENCE).await;
    }
}

/// Listens and tells until the connection is lost, or the last handle gone.
async fn listen(revocations: &Revocations, shared: &Weak<Shared>) -> Result<(), Failure> {
    let connecting = timeout(DEADLINE, revocations.config().connect(NoTls));
    let (client, mut connection) = connecting.await.map_err(|_| Failure::Deadline)??;
    let hear = async {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(_))) => revocations.news(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            }
        }
    };
    let tell = async {
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        // What was told while nobody listened here is found by looking.
        revocations.news();
        while shared.strong_count() > 0 {
            if timeout(PATIENCE, revocations.told()).await.is_ok() {
                client.batch_execute(&format!("NOTIFY {CHANNEL}")).await?;
                sleep(QUIET).await;
            }
        }
        Ok(())
    };
    tokio::select! {
        heard = hear => heard,
        told = tell => told,
    }
}
