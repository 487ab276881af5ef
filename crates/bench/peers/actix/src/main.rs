//! `GET /whoami` on actix-web with actix-session's own store: `peer-actix session --listen ADDR --sessions redis://HOST:PORT`.

use std::error::Error;

use actix_session::storage::RedisSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::error::ErrorUnauthorized;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct LogIn {
    username: String,
}

#[derive(Serialize)]
struct WhoAmI {
    id: u64,
    username: String,
    role: &'static str,
    authenticated_by: &'static str,
    expires_at: &'static str,
}

fn who(username: String) -> HttpResponse {
    HttpResponse::Ok().json(WhoAmI {
        id: 1,
        username,
        role: "customer",
        authenticated_by: "session",
        expires_at: "2100-01-01T00:00:00Z",
    })
}

async fn log_in(session: Session, login: web::Json<LogIn>) -> actix_web::Result<HttpResponse> {
    session.insert("username", &login.username)?;
    Ok(who(login.into_inner().username))
}

async fn who_am_i(session: Session) -> actix_web::Result<HttpResponse> {
    let username: Option<String> = session.get("username")?;
    Ok(who(username.ok_or_else(|| ErrorUnauthorized("no session"))?))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, listen, address, sessions, url] = arguments.as_slice() else {
        return Err("peer-actix session --listen ADDR --sessions redis://HOST:PORT".into());
    };
    if [kind, listen, sessions].map(String::as_str) != ["session", "--listen", "--sessions"] {
        return Err("peer-actix session --listen ADDR --sessions redis://HOST:PORT".into());
    }
    let store = RedisSessionStore::new(url).await?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let sessions = SessionMiddleware::builder(store.clone(), key.clone());
        App::new()
            .wrap(sessions.cookie_secure(false).build())
            // There is nobody to sign up.
            .route("/users", web::post().to(HttpResponse::Created))
            .route("/login", web::post().to(log_in))
            .route("/whoami", web::get().to(who_am_i))
    });
    // One thread, as every server of a run has.
    let server = server.workers(1).bind(address)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    server.run().await?;
    Ok(())
}
