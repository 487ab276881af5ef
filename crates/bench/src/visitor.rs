//! Visitors: each has a connection, and sends its next request when the last one is answered.
//!
//! Every answer is read to its end and looked at: a server that refuses is fast.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};

use crate::arms::{Arm, Carried, Side};
use crate::failure::Failure;
use crate::login::Login;
use crate::scenarios::day;
use crate::target::Target;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// One request that is the same every time, and what its answer must be.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// JSON; empty where there is none.
    pub(crate) body: &'static str,
    pub(crate) status: StatusCode,
    /// What the body of a right answer has in it.
    pub(crate) expected: fn(&Arm) -> &'static str,
    /// Whether the request carries a credential.
    pub(crate) is_authenticated: bool,
}

/// `GET /whoami`: who asks, and nothing besides.
pub(crate) static WHO_AM_I: Ask = Ask {
    method: Method::GET,
    path: "/whoami",
    body: "",
    status: StatusCode::OK,
    // The names of seeded users begin with it.
    expected: |_| r#""username":"benchmark"#,
    is_authenticated: true,
};

/// `POST /notes`: durable before it is answered.
pub(crate) static WRITE: Ask = Ask {
    method: Method::POST,
    path: "/notes",
    body: r#"{"text":"benchmark"}"#,
    status: StatusCode::CREATED,
    expected: |_| r#""text":"benchmark""#,
    is_authenticated: true,
};

/// `POST /login`.
pub(crate) static LOG_IN: Ask = Ask {
    method: Method::POST,
    path: "/login",
    body: r#"{"username":"benchmark","password":"one-second-is-a-long-time"}"#,
    status: StatusCode::OK,
    expected: |arm| match arm.side {
        Side::Floor => "{}",
        Side::Session => r#""username":"benchmark""#,
        Side::Token => r#""refresh_token":"#,
    },
    is_authenticated: false,
};

/// `POST /logout` of the login that is carried.
pub(crate) static LOG_OUT: Ask = Ask {
    method: Method::POST,
    path: "/logout",
    body: "{}",
    status: StatusCode::NO_CONTENT,
    expected: |_| "",
    is_authenticated: true,
};

/// What a visitor does, and sees that it is done rightly.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Visit {
    /// One request, with a login that is drawn for it.
    Ask(&'static Ask),
    /// `POST /token`: the next pair of tokens for the last one.
    Refresh,
    /// The end of a login; of another one each time.
    LogOut,
    /// From login to logout.
    Day,
}

impl Visit {
    /// Whether a login that is used is not the same afterwards, so that no two visitors may have it.
    pub(crate) fn takes_logins(self) -> bool {
        matches!(self, Self::Refresh | Self::LogOut)
    }
}

/// One connection to a server.
pub(crate) struct Visitor {
    pub(crate) target: Target,
    sender: SendRequest<Full<Bytes>>,
    random: fastrand::Rng,
}

impl Visitor {
    pub(crate) fn new(target: Target, sender: SendRequest<Full<Bytes>>) -> Self {
        Self {
            target,
            sender,
            // Not seeded: one that begins anew in each window would draw the same logins in all of them.
            random: fastrand::Rng::new(),
        }
    }

    /// Does what the visit is, once.
    pub(crate) async fn visit(&mut self, visit: Visit) -> Result<(), Failure> {
        match visit {
            Visit::Ask(ask) => {
                let login = ask.is_authenticated.then_some(&mut self.random);
                let login = login.and_then(|random| self.target.draw(random));
                let request = self.request(ask, login);
                self.answered(ask, request).await.map(drop)
            }
            Visit::Refresh => {
                let login = self.target.take()?;
                let next = self.refresh(&login).await?;
                self.target.give_back(next);
                Ok(())
            }
            Visit::LogOut => {
                let login = self.target.take()?;
                self.ask(&LOG_OUT, Some(&login)).await.map(drop)
            }
            Visit::Day => day::spend(self).await,
        }
    }

    /// Asks in the name of a login, and sees that the answer is right.
    pub(crate) async fn ask(
        &mut self,
        ask: &Ask,
        login: Option<&Login>,
    ) -> Result<(HeaderMap, Bytes), Failure> {
        let request = self.request(ask, login);
        self.answered(ask, request).await
    }

    async fn answered(
        &mut self,
        ask: &Ask,
        request: Request<Full<Bytes>>,
    ) -> Result<(HeaderMap, Bytes), Failure> {
        let (status, headers, body) = self.send(request).await?;
        if status != ask.status {
            return Err(Failure::Status {
                was: status.as_u16(),
                expected: ask.status.as_u16(),
            });
        }
        let expected = (ask.expected)(self.target.arm);
        if contains(&body, expected.as_bytes()) {
            Ok((headers, body))
        } else {
            Err(Failure::Body {
                expected: expected.to_owned(),
            })
        }
    }

    /// The status of the answer alone, whatever it is.
    pub(crate) async fn status_of(
        &mut self,
        ask: &Ask,
        login: Option<&Login>,
    ) -> Result<StatusCode, Failure> {
        let request = self.request(ask, login);
        Ok(self.send(request).await?.0)
    }

    /// Logs in, and says what that has given.
    pub(crate) async fn log_in(&mut self) -> Result<Login, Failure> {
        let (headers, body) = self.ask(&LOG_IN, None).await?;
        self.login_in(&headers, &body)
    }

    /// The pair of tokens that follows on this one.
    pub(crate) async fn refresh(&mut self, login: &Login) -> Result<Login, Failure> {
        let token = login.refresh_token.as_deref().ok_or(Failure::NoLogin)?;
        // Refresh tokens are base64url and need no escaping.
        let body = [b"grant_type=refresh_token&refresh_token=", token].concat();
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/token");
        let headers = request.headers_mut();
        headers.insert(HOST, self.target.place.host.clone());
        headers.insert(CONTENT_TYPE, FORM);
        let (status, headers, body) = self.send(request).await?;
        if status != StatusCode::OK {
            return Err(Failure::Status {
                was: status.as_u16(),
                expected: 200,
            });
        }
        let next = self.login_in(&headers, &body)?;
        if next.refresh_token.is_some() && next.refresh_token != login.refresh_token {
            Ok(next)
        } else {
            Err(Failure::Body {
                expected: "another refresh token".to_owned(),
            })
        }
    }

    fn login_in(&self, headers: &HeaderMap, body: &[u8]) -> Result<Login, Failure> {
        let carried = self.target.arm.carried;
        Login::in_answer(carried, headers, body).ok_or_else(|| Failure::Body {
            expected: match carried {
                Carried::Cookie => "Set-Cookie".to_owned(),
                _ => "access_token".to_owned(),
            },
        })
    }

    fn request(&self, ask: &Ask, login: Option<&Login>) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::from(ask.body));
        *request.method_mut() = ask.method.clone();
        *request.uri_mut() = Uri::from_static(ask.path);
        let headers = request.headers_mut();
        headers.insert(HOST, self.target.place.host.clone());
        if !ask.body.is_empty() {
            headers.insert(CONTENT_TYPE, JSON);
        }
        if let Some((name, value)) = login.and_then(|login| login.credential.as_ref()) {
            headers.insert(name.clone(), value.clone());
        }
        request
    }

    async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Failure> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        Ok((head.status, head.headers, body.collect().await?.to_bytes()))
    }
}

fn contains(body: &[u8], expected: &[u8]) -> bool {
    expected.is_empty() || body.windows(expected.len()).any(|part| part == expected)
}
