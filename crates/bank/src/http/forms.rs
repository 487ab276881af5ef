//! Reads what a plain form sends where the bank reads JSON.
//!
//! By default a form is refused, for what no form can send needs a preflight from any other origin (Fetch §2.2.2). Where the
//! defence is another one, or none, the forms are read, so that nothing but that defence stands between them and the money.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Query};
use futures_util::{future, stream};
use serde_json::{Map, Value};

use super::csrf::{is_safe, media_type};
use super::extension::Exempt;
use crate::problem::ApiError;

/// Refuses nothing, and gives every handler of a JSON route the JSON that it reads.
pub(super) async fn read_forms(
    exempt: Exempt,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if !is_safe(request.method()) && !exempt.contains(request.path()) {
        let sent = media_type(request.headers()).unwrap_or_default();
        if sent.eq_ignore_ascii_case("text/plain") {
            declare_json(&mut request);
        } else if sent.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let form = request.extract::<Bytes>().await.map_err(|_| unreadable())?;
            let json = Bytes::from(json_of(&form)?.to_string());
            request.set_payload(Payload::Stream {
                payload: Box::pin(stream::once(future::ready(Ok(json)))),
            });
            declare_json(&mut request);
        }
    }
    next.call(request).await
}

fn declare_json(request: &mut ServiceRequest) {
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.remove(CONTENT_LENGTH);
}

fn json_of(form: &[u8]) -> Result<Value, ApiError> {
    let text = std::str::from_utf8(form).map_err(|_| unreadable())?;
    let pairs = Query::<Vec<(String, String)>>::from_query(text).map_err(|_| unreadable())?;
    let fields: Map<String, Value> = pairs
        .into_inner()
        .into_iter()
        .map(|(name, text)| {
            let value = value_of(&name, text);
            (name, value)
        })
        .collect();
    Ok(fields.into())
}

/// A form has text alone, and these two fields of the bank are none. What does not read as theirs stays text, which the
/// handler refuses in its own words.
fn value_of(name: &str, text: String) -> Value {
    let read = match name {
        "amount_minor" => text.parse::<i64>().ok().map(Value::from),
        "banned" => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    read.unwrap_or(Value::String(text))
}

fn unreadable() -> ApiError {
    ApiError::Invalid("The form could not be read.".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::json_of;

    #[test]
    fn a_form_becomes_the_json_that_the_bank_reads() {
        let form = b"to=mallory&amount_minor=1000&idempotency_key=1&note=a+%22b%22";
        assert_eq!(
            json_of(form).unwrap(),
            json!({ "to": "mallory", "amount_minor": 1000, "idempotency_key": "1", "note": "a \"b\"" })
        );
        assert_eq!(
            json_of(b"amount_minor=much").unwrap(),
            json!({ "amount_minor": "much" })
        );
        assert_eq!(json_of(b"").unwrap(), json!({}));
        assert!(json_of(b"\xff").is_err());
    }
}
