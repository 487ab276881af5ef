//! A replica that alone has lost its way to the database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use token_core::clock::{Clock, SystemClock};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::client::{Bearer, Client};
use crate::fleet::{Fleet, Way};

/// A way to somewhere that can be cut: then it accepts and says nothing, as a network does that loses everything.
struct Wire {
    address: SocketAddr,
    is_whole: Arc<watch::Sender<bool>>,
}

impl Wire {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let is_whole = Arc::new(watch::Sender::new(true));
        let cut = is_whole.subscribe();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, cut.clone()));
            }
        });
        Self { address, is_whole }
    }
}

/// Carries what both sides say while the wire is whole. When it is cut both are left as they are, and hear nothing of each other any more.
async fn carry(mut near: TcpStream, port: u16, mut is_whole: watch::Receiver<bool>) {
    let _ = is_whole.wait_for(|is_whole| *is_whole).await;
    let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => return,
        _ = is_whole.wait_for(|is_whole| !*is_whole) => {}
    }
    let _ = is_whole.wait_for(|is_whole| *is_whole).await;
}

/// A figure of `/metrics`.
async fn figure(client: &Client, address: &str, name: &str) -> f64 {
    let metrics = client.get(address, "/metrics", &Bearer::nobody()).await;
    let text = metrics.unwrap().text;
    let mut lines = text.lines();
    let line = lines.find(|line| line.starts_with(&format!("{name}{{")));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_hears_of_no_revocations_accepts_nothing_beyond_its_bound_and_recovers() {
    let bound = Duration::from_secs(2);
    for mode in ["revocation=denylist", "revocation=not-before"] {
        let fleet = Fleet::start();
        let wire = Wire::to(fleet.postgres.port()).await;
        let settings = [mode, "revocation_staleness=2s"];
        let here = fleet.replica("jwt", &settings);
        let there = fleet.replica_by(Way::Through(&wire.address.to_string()), "jwt", &settings);
        fleet.sign_up(&here, "alice").await;
        let client = Client::default();
        let ended = client.log_in(&here.address, "alice").await;
        let stays = client.log_in(&here.address, "alice").await;
        assert_eq!(client.who_am_i(&there.address, &ended.bearer).await, 200);
        assert_eq!(client.who_am_i(&there.address, &stays.bearer).await, 200);

        wire.is_whole.send_replace(false);
        let clock = SystemClock::new();
        let cut_at = clock.monotonic();
        let body = json!({ "refresh_token": ended.refresh });
        let logout = client
            .post(&here.address, "/logout", &ended.bearer, &body)
            .await;
        assert_eq!(logout.unwrap().status, 204);
        let mut last_accepted = Duration::ZERO;
        let mut refused = 0;
        while refused < 5 {
            let asked_at = clock.monotonic().saturating_sub(cut_at);
            let answer = client
                .get(&there.address, "/whoami", &ended.bearer)
                .await
                .unwrap();
            match answer.status {
                200 => last_accepted = asked_at,
                503 => {
                    refused += 1;
                    assert!(answer.retry_after.is_some());
                    assert!(answer.took < Duration::from_secs(1), "{answer:?}");
                }
                other => panic!("{other} while nobody can know"),
            }
            assert!(
                asked_at < 4 * bound,
                "{mode}: accepted for {last_accepted:?}"
            );
        }
        println!("{mode}: accepted until {last_accepted:?} after the cut");
        assert!(
            last_accepted <= bound,
            "{mode}: accepted {last_accepted:?} after the cut"
        );

        let behind = figure(&client, &there.address, "revocations_behind_seconds").await;
        let most = figure(&client, &there.address, "revocations_behind_most_seconds").await;
        assert!(behind > most, "{behind} s behind, and {most} are allowed");
        assert_eq!(most, bound.as_secs_f64());

        wire.is_whole.send_replace(true);
        let mut asked = 0;
        while client.who_am_i(&there.address, &ended.bearer).await != 401 {
            asked += 1;
            assert!(asked < 200, "{mode}: it does not recover");
        }
        let expected = if mode == "revocation=denylist" {
            200
        } else {
            401
        };
        assert_eq!(
            client.who_am_i(&there.address, &stays.bearer).await,
            expected
        );
    }
}
