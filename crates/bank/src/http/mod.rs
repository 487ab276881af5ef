//! What happens to every request before its handler and to every answer after it.

mod cors;
mod csrf;
mod csrf_token;
mod extension;
mod finish;
mod forms;
mod headers;
mod host;
mod log;
mod metrics;
mod strip;

use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, Error, web};
use wiretap::Wiretap;

pub use csrf::refuse_other_origins;
pub use csrf_token::CsrfCookie;
pub(crate) use csrf_token::issue as issue_csrf_token;
pub use extension::Extension;
pub use headers::logged_out;
pub use metrics::Metrics;
pub(crate) use strip::Stripped;

use crate::config::{CsrfDefence, HttpConfig};
use extension::Exempt;

/// Wraps an application in everything that both servers do to every request, in this order from the outside:
/// wiretap (in the lab), log and metrics, security headers, `Host`, CORS, CSRF; and a change that has begun is finished. Where the settings strip headers, that comes
/// right inside the wiretap, so that the record shows what was really sent.
///
/// The application must hold a [`CsrfCookie`] as data. `exempt` are the paths of OAuth endpoints, which take forms, read no cookie, and so need no CSRF defence. The routes of
/// `extension` are registered after those that `app` has.
pub fn harden<T, B>(
    app: App<T>,
    config: Arc<HttpConfig>,
    metrics: web::Data<Metrics>,
    tap: Option<Wiretap>,
    exempt: &'static [&'static str],
    extension: Option<Extension>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
>
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let exempt = Exempt {
        paths: exempt,
        extended: extension.is_some(),
    };
    let stripped = stripped(&config);
    app.configure(|app| {
        if let Some(extension) = &extension {
            extension.register(app);
        }
    })
    .app_data(web::Data::from(Arc::clone(&config)))
    .app_data(metrics)
    .wrap(from_fn(finish::finish))
    .wrap(Condition::new(
        config.csrf == CsrfDefence::Origin,
        from_fn(move |request, next| csrf::refuse_cross_site(exempt, request, next)),
    ))
    .wrap(Condition::new(
        config.csrf != CsrfDefence::Origin,
        from_fn(move |request, next| forms::read_forms(exempt, request, next)),
    ))
    .wrap(Condition::new(
        config.csrf == CsrfDefence::Token,
        from_fn(move |request, next| csrf_token::demand(exempt, request, next)),
    ))
    .wrap(cors::answers(&config))
    .wrap(from_fn(cors::say_nothing_to_strangers))
    .wrap(from_fn(host::refuse_foreign))
    .wrap(from_fn(headers::secure))
    .wrap(from_fn(log::log_and_count))
    .wrap(Condition::new(
        !stripped.is_empty(),
        from_fn(move |request, next| strip::strip(Rc::clone(&stripped), request, next)),
    ))
    .wrap(Condition::new(
        tap.is_some(),
        tap.unwrap_or_else(Wiretap::disconnected),
    ))
}

/// The validated entries; one that does not parse is none.
fn stripped(config: &HttpConfig) -> Rc<[Stripped]> {
    let entries = config.dangerously_strip_headers.iter();
    entries.filter_map(|entry| entry.parse().ok()).collect()
}
