//! The event stream: every exchange as it ends, and every change of the lab.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderName;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use wiretap::{Event, Exchange, Record};

use crate::Inner;

/// How often a silent stream says that it is alive, so that nothing in between closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    pub(crate) after: u64,
}

/// `text/event-stream` (WHATWG HTML §9.2), from `?after=` or, when a browser reconnects, from `Last-Event-ID`.
pub(crate) async fn stream(
    lab: web::Data<Inner>,
    request: HttpRequest,
    query: web::Query<After>,
) -> HttpResponse {
    let resumed = request
        .headers()
        .get(HeaderName::from_static("last-event-id"))
        .and_then(|id| id.to_str().ok())
        .and_then(|id| id.parse().ok());
    let after = resumed.unwrap_or(query.after);
    let (past, live) = lab.record.follow(after);
    let follower = Follower {
        record: Arc::clone(&lab.record),
        live,
        last: after,
        ready: VecDeque::from([Bytes::from_static(b": the wire\n\n")]),
        stopping: lab.stopping.subscribe(),
    };
    let follower = past.iter().fold(follower, |mut follower, exchange| {
        follower.queue(exchange);
        follower
    });
    let body = stream::unfold(follower, |mut follower| async move {
        let next = follower.next().await?;
        Some((Ok::<_, std::convert::Infallible>(next), follower))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(body)
}

/// One listener's place in the record.
struct Follower {
    record: Arc<Record>,
    live: Receiver<Event>,
    last: u64,
    ready: VecDeque<Bytes>,
    stopping: watch::Receiver<bool>,
}

impl Follower {
    fn queue(&mut self, exchange: &Exchange) {
        if exchange.id > self.last {
            self.last = exchange.id;
            self.ready.push_back(Bytes::from(format!(
                "event: exchange\nid: {}\ndata: {}\n\n",
                exchange.id,
                json!(exchange)
            )));
        }
    }

    /// The next piece of the stream; `None` when the lab stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(piece);
            }
            if *self.stopping.borrow() {
                return None;
            }
            tokio::select! {
                _ = self.stopping.changed() => return None,
                () = tokio::time::sleep(KEEP_ALIVE) => return Some(Bytes::from_static(b": alive\n\n")),
                event = self.live.recv() => match event {
                    Ok(Event::Exchange(exchange)) => self.queue(&exchange),
                    Ok(Event::Changed(reason)) => {
                        let data = json!({ "reason": reason });
                        return Some(Bytes::from(format!("event: changed\ndata: {data}\n\n")));
                    }
                    // Fell behind: what was missed is in the record.
                    Err(RecvError::Lagged(_)) => {
                        for exchange in self.record.after(self.last) {
                            self.queue(&exchange);
                        }
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}
