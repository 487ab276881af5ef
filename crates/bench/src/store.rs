//! How often a server went to its database, from its own count.

use std::net::SocketAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a server has counted until some moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counts {
    requests: f64,
    reads: f64,
    writes: f64,
    /// Writes that nobody has committed yet.
    waiting: f64,
}

/// How often a server is asked whether it has done what it put off.
const ASKING: Duration = Duration::from_millis(100);

/// How long it may take for that.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until the server has written what it put off; says whether there was anything.
pub(crate) async fn settle(address: SocketAddr) -> bool {
    let is_busy = async || {
        Counts::of(address)
            .await
            .is_some_and(|now| now.waiting > 0.0)
    };
    if !is_busy().await {
        return false;
    }
    let done = async {
        while is_busy().await {
            tokio::time::sleep(ASKING).await;
        }
    };
    // One that never comes to rest has done much of it, and that counts.
    let _ = tokio::time::timeout(PATIENCE, done).await;
    true
}

/// Database accesses for one request, on average over a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StoreAccess {
    /// Reads.
    pub reads: f64,
    /// Writes that were committed.
    pub writes: f64,
}

impl Counts {
    /// From `/metrics` of the server. None where it has none.
    pub(crate) async fn of(address: SocketAddr) -> Option<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        let client = client.build().ok()?;
        let answer = client.get(format!("http://{address}/metrics")).send();
        let text = answer.await.ok()?.text().await.ok()?;
        Self::in_text(&text)
    }

    /// The format is that of OpenMetrics: a name, labels, a value.
    fn in_text(text: &str) -> Option<Self> {
        let sum = |name: &str| {
            let lines = text.lines().filter(|line| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(['{', ' ']))
            });
            let values = lines.map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
            values.reduce(|sum, value| Some(sum? + value?)).flatten()
        };
        Some(Self {
            requests: sum("http_requests_total").unwrap_or(0.0),
            reads: sum("store_reads_total")?,
            writes: sum("store_writes_total")?,
            waiting: sum("store_writes_waiting").unwrap_or(0.0),
        })
    }

    /// What a request took since `before`. Asking for the counts is a request too, and is lost among thousands.
    pub(crate) fn since(&self, before: &Self) -> Option<StoreAccess> {
        let requests = self.requests - before.requests;
        (requests > 0.0).then(|| StoreAccess {
            reads: (self.reads - before.reads) / requests,
            writes: (self.writes - before.writes) / requests,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_by_their_whole_names_and_labels_are_summed() {
        let text = "# TYPE store_reads counter\nstore_reads_total{server=\"jwt\"} 12\nstore_writes_total{server=\"jwt\"} 4\n\
                    store_writes_waiting{server=\"jwt\"} 9\nhttp_requests_total{route=\"/a\"} 3\nhttp_requests_total{route=\"/b\"} 5\n# EOF\n";
        let counts = Counts::in_text(text).unwrap();
        let begun = Counts {
            requests: 0.0,
            reads: 4.0,
            writes: 4.0,
            waiting: 0.0,
        };
        assert_eq!(
            counts.since(&begun),
            Some(StoreAccess {
                reads: 1.0,
                writes: 0.0
            })
        );
        assert_eq!(counts.since(&counts), None);
        assert_eq!(counts.waiting, 9.0);
        assert_eq!(Counts::in_text("not found"), None);
    }
}
