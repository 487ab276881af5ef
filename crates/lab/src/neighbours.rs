//! The hostile sibling, the attacker and the third party. They answer to their own names; their pages come with the
//! experiments that need them.

use std::io;

use actix_web::dev::ServerHandle;
use actix_web::http::header::HOST;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bank::ApiError;
use tokio::task::JoinHandle;

use crate::origins::Sockets;

/// Serves one neighbour under its `host:port`.
pub(crate) fn serve(
    (host, sockets): (String, Sockets),
) -> io::Result<(ServerHandle, JoinHandle<io::Result<()>>)> {
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(host.clone()))
            .default_service(web::to(answer))
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

async fn answer(host: web::Data<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    if request.headers().get(HOST).map(|value| value.as_bytes()) != Some(host.as_bytes()) {
        return Err(ApiError::Misdirected(format!("This is {}.", host.as_str())));
    }
    Err(ApiError::NotFound("This neighbour has no page yet."))
}
