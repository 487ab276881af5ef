//! The middleware that opens an exchange, and files it when the answer is complete.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{HeaderMap, UPGRADE, USER_AGENT};
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse};
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt, stream};
use token_core::clock::{Clock, SystemClock};
use tracing::Instrument;

use crate::layer::{OpenExchange, OpenExchangeGuard};
use crate::{Effect, Exchange, REPLAY_USER_AGENT, Record, Request, Response};

/// Bodies above this many bytes pass through unrecorded.
const BODY_LIMIT: usize = 64 * 1024;

/// Records every exchange of one server. Register it last, so that it is outermost and sees what the others add.
#[derive(Clone, Debug)]
pub struct Wiretap {
    record: Arc<Record>,
    clock: Arc<dyn Clock>,
    server: &'static str,
}

impl Wiretap {
    /// A tap on `server` that files into `record` and stamps exchanges by `clock`.
    #[must_use]
    pub fn new(record: Arc<Record>, clock: Arc<dyn Clock>, server: &'static str) -> Self {
        Self {
            record,
            clock,
            server,
        }
    }

    /// A tap that nobody reads, to stand in a type where none is wanted (`Condition` needs a value of it).
    #[must_use]
    pub fn disconnected() -> Self {
        Self::new(Arc::default(), Arc::new(SystemClock::new()), "")
    }
}

impl<S, B> Transform<S, ServiceRequest> for Wiretap
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Tapped<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Tapped {
            service: Rc::new(service),
            tap: self.clone(),
        }))
    }
}

/// The service behind a [`Wiretap`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Tapped<S> {
    service: Rc<S>,
    tap: Wiretap,
}

impl<S, B> Service<ServiceRequest> for Tapped<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, mut req: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        let tap = self.tap.clone();
        Box::pin(async move {
            let open = OpenExchange::begin(Arc::clone(&tap.clock));
            let _seal_on_drop = OpenExchangeGuard(Arc::clone(&open));
            let at = tap.clock.now().to_rfc3339();
            let request = read_request(&mut req).await;
            let answered = service.call(req).instrument(open.span()).await;
            let (result, response) = match answered {
                Ok(response) => {
                    let (response, seen) = read_response(response).await;
                    (Ok(response), seen)
                }
                Err(error) => {
                    let seen = describe(&error.error_response(), None);
                    (Err(error), seen)
                }
            };
            tap.file(&open, at, request, response);
            result
        })
    }
}

impl Wiretap {
    fn file(&self, open: &OpenExchange, at: String, request: Request, response: Response) {
        let duration_us = open.elapsed_us();
        let steps = open.seal();
        let client = value_of(&request.headers, USER_AGENT.as_str())
            .unwrap_or_default()
            .to_owned();
        self.record.file(Exchange {
            id: 0, // The record gives it.
            server: self.server.to_owned(),
            run: run_of(&request.target).map(str::to_owned),
            at,
            elsewhere: client == REPLAY_USER_AGENT,
            client,
            authentication_reads: Exchange::count_authentication(&steps, Effect::Read),
            authentication_writes: Exchange::count_authentication(&steps, Effect::Write),
            request,
            steps,
            response,
            duration_us,
        });
    }
}

/// Reads the request, and puts its body back for the handler, whole, however large it was.
async fn read_request(req: &mut ServiceRequest) -> Request {
    if req.headers().contains_key(UPGRADE) {
        // What follows a handshake (RFC 6455 §4.1) is no body and has no end before the connection has.
        return describe_request(req, None);
    }
    let mut payload = req.take_payload();
    let mut chunks: Vec<Result<Bytes, _>> = Vec::new();
    let mut size = 0;
    let mut complete = true;
    while let Some(chunk) = payload.next().await {
        size += chunk.as_ref().map_or(0, Bytes::len);
        let failed = chunk.is_err();
        chunks.push(chunk);
        if failed || size > BODY_LIMIT {
            complete = false;
            break;
        }
    }
    let body = complete.then(|| {
        let bytes: Vec<u8> = chunks.iter().flatten().flatten().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let replayed = stream::iter(chunks).chain(payload);
    req.set_payload(Payload::Stream {
        payload: Box::pin(replayed),
    });
    describe_request(req, body)
}

fn describe_request(req: &ServiceRequest, body: Option<String>) -> Request {
    Request {
        method: req.method().to_string(),
        target: req.uri().to_string(),
        version: format!("{:?}", req.version()),
        headers: headers(req.headers()),
        body,
    }
}

async fn read_response<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> (ServiceResponse<BoxBody>, Response) {
    let streams = !matches!(
        response.response().body().size(),
        BodySize::None | BodySize::Sized(_)
    );
    if streams {
        let seen = describe(response.response(), None);
        return (response.map_into_boxed_body(), seen);
    }
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    match to_bytes(body).await {
        Ok(bytes) => {
            let text =
                (bytes.len() <= BODY_LIMIT).then(|| String::from_utf8_lossy(&bytes).into_owned());
            let seen = describe(&head, text);
            (
                ServiceResponse::new(request, head.set_body(BoxBody::new(bytes))),
                seen,
            )
        }
        Err(_) => {
            let failed = HttpResponse::InternalServerError().finish();
            let seen = describe(&failed, None);
            (ServiceResponse::new(request, failed), seen)
        }
    }
}

fn describe<B>(response: &HttpResponse<B>, body: Option<String>) -> Response {
    Response {
        status: response.status().as_u16(),
        reason: response
            .status()
            .canonical_reason()
            .unwrap_or_default()
            .to_owned(),
        headers: headers(response.headers()),
        body,
    }
}

fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    map.iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}

fn value_of<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(other, _)| other == name)
        .map(|(_, value)| value.as_str())
}

fn run_of(target: &str) -> Option<&str> {
    let (_, query) = target.split_once('?')?;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("run="))
        .filter(|run| !run.is_empty())
}
