//! How pages of several origins keep step: each waits until what another does has come into the record.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, HttpResponseBuilder, http::StatusCode};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;
use wiretap::{Event, Exchange, Record};

/// How long one request is held; whoever still waits asks again.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
pub(crate) struct Tie {
    /// The run whose exchanges are looked at.
    run: String,
}

/// Answers 204 as soon as the run has a request of this label, in the past or while it is waited for, and 202 after
/// [`PATIENCE`]. It says nothing of the request but that it came.
pub(crate) async fn wait(
    record: Data<Record>,
    label: Path<String>,
    tie: Query<Tie>,
) -> HttpResponse {
    let came = timeout(PATIENCE, comes(&record, &label, &tie.run)).await;
    let status = match came {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::ACCEPTED,
    };
    HttpResponseBuilder::new(status).finish()
}

async fn comes(record: &Record, label: &str, run: &str) {
    let mut seen = 0;
    loop {
        let (past, mut live) = record.follow(seen);
        if past.iter().any(|exchange| is_it(exchange, label, run)) {
            return;
        }
        seen = past.last().map_or(seen, |exchange| exchange.id);
        loop {
            match live.recv().await {
                Ok(Event::Exchange(exchange)) if is_it(&exchange, label, run) => return,
                Ok(_) => {}
                // Fell behind: what was missed is in the record.
                Err(RecvError::Lagged(_)) => break,
                // The record has gone, and with it whatever was waited for; the request ends by its patience.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

/// A report under the label, or a request that has it in its query: `/transfers?label=forged`.
fn is_it(exchange: &Arc<Exchange>, label: &str, run: &str) -> bool {
    let (path, query) = exchange
        .request
        .target
        .split_once('?')
        .unwrap_or((&exchange.request.target, ""));
    exchange.run.as_deref() == Some(run)
        && exchange.request.method != "OPTIONS"
        && (path.strip_prefix("/stage/report/") == Some(label)
            || query
                .split('&')
                .any(|pair| pair.strip_prefix("label=") == Some(label)))
}
