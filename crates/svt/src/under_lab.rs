//! `svt serve` as a replica of a lab, which tells it the time and is told what crosses its wire.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lab::{FromReplica, ToReplica};
use token_core::clock::ShiftableClock;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use wiretap::{Event, Record, Wiretap};

/// The lab's end of the pipes.
pub(crate) struct UnderLab {
    /// As far ahead as the lab's.
    pub(crate) clock: Arc<ShiftableClock>,
    record: Arc<Record>,
    gone: oneshot::Receiver<()>,
}

impl UnderLab {
    /// Reads the lab's first line, and goes on listening to it.
    pub(crate) fn meet() -> anyhow::Result<Self> {
        let clock = Arc::new(ShiftableClock::new());
        let mut first = String::new();
        std::io::stdin().read_line(&mut first)?;
        follow(&clock, &first).context("--under-lab is for a lab, which says the first word")?;
        let (tell, gone) = oneshot::channel();
        let follower = Arc::clone(&clock);
        // A thread of its own, because a read of standard input cannot be given up.
        std::thread::Builder::new()
            .name("lab".to_owned())
            .spawn(move || {
                for line in std::io::stdin().lines().map_while(Result::ok) {
                    if let Err(error) = follow(&follower, &line) {
                        tracing::warn!(%error, "a line that is not the lab's");
                    }
                }
                // The server may have ended before.
                let _ = tell.send(());
            })?;
        Ok(Self {
            clock,
            record: Arc::default(),
            gone,
        })
    }

    /// Records what the server of this name does. The lab gives it the name of the replica.
    pub(crate) fn tap(&self, server: &'static str) -> Wiretap {
        Wiretap::new(Arc::clone(&self.record), self.clock.clone(), server)
    }

    /// Says that the server answers, hands over what is recorded from now on, and returns when the lab is gone.
    pub(crate) async fn report(self) {
        let (_, mut events) = self.record.follow(0);
        let mut last = 0;
        let reporting = async {
            let mut said = say(&FromReplica::Listening);
            while said.is_ok() {
                said = match events.recv().await {
                    Ok(Event::Exchange(exchange)) if exchange.id > last => {
                        last = exchange.id;
                        say(&FromReplica::Exchange(Box::new((*exchange).clone())))
                    }
                    Ok(_) => Ok(()),
                    Err(RecvError::Lagged(_)) => {
                        self.record.after(last).iter().try_for_each(|exchange| {
                            last = exchange.id;
                            say(&FromReplica::Exchange(Box::new((**exchange).clone())))
                        })
                    }
                    Err(RecvError::Closed) => return,
                };
            }
        };
        tokio::select! {
            () = reporting => {}
            // Both that it was told and that nobody can tell any more mean the same.
            _ = self.gone => {}
        }
    }
}

fn follow(clock: &ShiftableClock, line: &str) -> anyhow::Result<()> {
    let ToReplica::ClockAhead { seconds } = serde_json::from_str(line)?;
    clock.set_offset(Duration::from_secs(seconds));
    Ok(())
}

/// One line on standard output, which fails once nobody reads it.
fn say(line: &FromReplica) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&text)?;
    out.flush()
}
