//! The hostile sibling, the attacker, the third party, and the other service on the session server's host: each an origin of
//! its own with a stage, whose exchanges are recorded like those of the two servers.

use std::io;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::header::HOST;
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    App, Error, HttpResponse, HttpServer, body::MessageBody, dev::ServiceRequest,
    dev::ServiceResponse, web,
};
use bank::ApiError;
use tokio::task::JoinHandle;
use wiretap::Wiretap;

use crate::origins::Sockets;
use crate::stage::Stage;

/// Serves one neighbour under its `host:port`, with the routes that are its `own`.
pub(crate) fn serve(
    (host, sockets): (String, Sockets),
    stage: Stage,
    tap: Wiretap,
    own: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<(ServerHandle, JoinHandle<io::Result<()>>)> {
    let host: Arc<str> = host.into();
    let mut server = HttpServer::new(move || {
        let host = Arc::clone(&host);
        App::new()
            .app_data(web::Data::new(stage.clone()))
            .configure(|config| stage.routes(config))
            .configure(|config| own(config))
            .default_service(web::to(|| async {
                Err::<HttpResponse, _>(ApiError::NotFound(
                    "There is nothing at this address; the stage is at /stage.",
                ))
            }))
            .wrap(from_fn(move |request, next| {
                refuse_foreign(Arc::clone(&host), request, next)
            }))
            .wrap(tap.clone())
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(2);
    for socket in sockets {
        server = server.listen(socket)?;
    }
    let server = server.run();
    let handle = server.handle();
    Ok((handle, tokio::spawn(server)))
}

async fn refuse_foreign(
    host: Arc<str>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.headers().get(HOST).map(|value| value.as_bytes()) != Some(host.as_bytes()) {
        return Err(ApiError::Misdirected(format!("This is {host}.")).into());
    }
    next.call(request).await
}
