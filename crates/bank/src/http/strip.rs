//! Takes headers off the answers, to show what each of them does. Nothing is better for it.

use std::rc::Rc;
use std::str::FromStr;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE,
    TRANSFER_ENCODING,
};
use actix_web::middleware::Next;

use crate::cookie::without_attribute;

/// Written after every middleware, as part of the message's framing.
const BEYOND_REACH: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING];

/// What is taken off: a header, or one attribute of the cookies that are set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stripped {
    Header(HeaderName),
    CookieAttribute(String),
}

impl FromStr for Stripped {
    type Err = String;

    fn from_str(entry: &str) -> Result<Self, String> {
        let (header, attribute) = match entry.split_once(':') {
            Some((header, attribute)) => (header, Some(attribute)),
            None => (entry, None),
        };
        let Ok(name) = HeaderName::from_str(header) else {
            return Err(format!(
                "`{entry}` is no header; write x-frame-options or set-cookie:samesite"
            ));
        };
        match attribute {
            None if BEYOND_REACH.contains(&name) => Err(format!(
                "`{entry}` belongs to the framing of the message and cannot be left out"
            )),
            None => Ok(Self::Header(name)),
            Some(attribute) if name == SET_COOKIE && !attribute.is_empty() => {
                Ok(Self::CookieAttribute(attribute.to_owned()))
            }
            Some(_) => Err(format!(
                "`{entry}`: only set-cookie has attributes, as in set-cookie:samesite"
            )),
        }
    }
}

/// Strips the answer of an inner error as well, which is written further out.
pub(super) async fn strip(
    what: Rc<[Stripped]>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match next.call(request).await {
        Ok(mut response) => {
            strip_from(response.headers_mut(), &what);
            Ok(response)
        }
        Err(mut error) => {
            error.add_response_mapper(move |mut response| {
                strip_from(response.headers_mut(), &what);
                response
            });
            Err(error)
        }
    }
}

fn strip_from(headers: &mut HeaderMap, what: &[Stripped]) {
    for stripped in what {
        match stripped {
            Stripped::Header(name) => {
                headers.remove(name);
            }
            Stripped::CookieAttribute(attribute) => {
                let lines: Vec<HeaderValue> = headers.remove(SET_COOKIE).collect();
                for line in lines {
                    let without = line
                        .to_str()
                        .ok()
                        .map(|line| without_attribute(line, attribute))
                        .and_then(|line| HeaderValue::try_from(line).ok());
                    headers.append(SET_COOKIE, without.unwrap_or(line));
                }
            }
        }
    }
}
