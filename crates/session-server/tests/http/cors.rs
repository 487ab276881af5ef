//! Every header by which each CORS policy speaks, to the listed origin and to a stranger.

use ::bank::CorsPolicy;
use reqwest::{Method, Response};

use crate::server::*;

const STRANGER: &str = "https://stranger.example";
const VARY: &str = "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// The CORS headers of an answer and its `Vary`, sorted. Lists are sorted too: actix-cors keeps them in no order.
fn said(answer: &Response) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, value) in answer.headers() {
        let value = value.to_str().unwrap();
        if name.as_str() == "vary" {
            lines.push(format!("vary: {value}"));
        } else if let Some(name) = name.as_str().strip_prefix("access-control-") {
            let mut items: Vec<&str> = value.split(',').map(str::trim).collect();
            items.sort_unstable();
            lines.push(format!("{name}: {}", items.join(", ")));
        }
    }
    lines.sort_unstable();
    lines
}

async fn get(server: &Server, origin: &str) -> Response {
    let request = server.client.get(format!("{}/healthz", server.base));
    request.header("origin", origin).send().await.unwrap()
}

async fn preflight(server: &Server, origin: &str) -> Response {
    let url = format!("{}/transfers", server.base);
    let request = server.client.request(Method::OPTIONS, url);
    let request = request
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    request.send().await.unwrap()
}

fn simple_answer(origin: &str, credentials: bool) -> Vec<String> {
    let mut lines = vec![
        format!("allow-origin: {origin}"),
        "expose-headers: retry-after, www-authenticate".to_owned(),
        VARY.to_owned(),
    ];
    if credentials {
        lines.insert(0, "allow-credentials: true".to_owned());
    }
    lines
}

fn preflight_answer(origin: &str, credentials: bool) -> Vec<String> {
    let mut lines = vec![
        "allow-headers: authorization, content-type, dpop, x-csrf-token".to_owned(),
        "allow-methods: DELETE, GET, POST".to_owned(),
        format!("allow-origin: {origin}"),
        "max-age: 600".to_owned(),
        VARY.to_owned(),
    ];
    if credentials {
        lines.insert(0, "allow-credentials: true".to_owned());
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_is_answered_reads_exactly_these_headers() {
    for (policy, origin, echoed, credentials) in [
        (CorsPolicy::AllowList, ALLOWED, ALLOWED, true),
        (
            CorsPolicy::AllowListWithoutCredentials,
            ALLOWED,
            ALLOWED,
            false,
        ),
        (CorsPolicy::DangerouslyAny, ALLOWED, "*", false),
        (CorsPolicy::DangerouslyAny, STRANGER, "*", false),
        (CorsPolicy::DangerouslyReflect, ALLOWED, ALLOWED, true),
        (CorsPolicy::DangerouslyReflect, STRANGER, STRANGER, true),
        (CorsPolicy::DangerouslyReflect, "null", "null", true),
    ] {
        let server = server_with(|config| config.http.cors = policy).await;
        let simple = get(&server, origin).await;
        assert_eq!(simple.status(), 200);
        assert_eq!(
            said(&simple),
            simple_answer(echoed, credentials),
            "{policy:?}"
        );
        let asked = preflight(&server, origin).await;
        assert_eq!(asked.status(), 200);
        assert_eq!(
            said(&asked),
            preflight_answer(echoed, credentials),
            "{policy:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_served_without_a_word_and_its_preflight_refused() {
    for (policy, vary, refusal) in [
        (CorsPolicy::AllowList, vec![VARY.to_owned()], 400),
        (
            CorsPolicy::AllowListWithoutCredentials,
            vec![VARY.to_owned()],
            400,
        ),
        (CorsPolicy::None, Vec::new(), 405),
    ] {
        let server = server_with(|config| config.http.cors = policy).await;
        let simple = get(&server, STRANGER).await;
        assert_eq!((simple.status().as_u16(), said(&simple)), (200, vary));
        let asked = preflight(&server, STRANGER).await;
        assert_eq!(
            (asked.status().as_u16(), said(&asked)),
            (refusal, Vec::new())
        );
    }
    let server = server_with(|config| config.http.cors = CorsPolicy::None).await;
    assert_eq!(
        said(&get(&server, ALLOWED).await),
        Vec::<String>::new(),
        "without a policy the listed origin is a stranger"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_answered_reads_refusals_as_well() {
    let server = server().await;
    let send = async |origin: &str| {
        let request = server.client.post(format!("{}/notes", server.base));
        let request = request
            .header("origin", origin)
            .header("content-type", "text/plain");
        request.body("a").send().await.unwrap()
    };
    let refused = send(ALLOWED).await;
    assert_eq!(refused.status(), 415);
    assert_eq!(said(&refused), simple_answer(ALLOWED, true));
    let refused = send(STRANGER).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(said(&refused), [VARY]);
}
