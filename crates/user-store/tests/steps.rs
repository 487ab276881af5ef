//! The steps of a request belong to it, also those done on the writer and hashing threads.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use token_core::clock::{ManualClock, UnixSeconds};
use token_core::refresh::RefreshPolicy;
use token_core::secret::SecretString;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Instrument, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use user_store::sqlite::Database;
use user_store::{
    NewSession, NewTransfer, NewUser, PasswordHasher, PasswordHasherConfig, Role, Stores, Timeouts,
};

/// A step that has closed.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    /// The `who` of the request it was a child of.
    request: Option<String>,
    name: &'static str,
    fields: HashMap<&'static str, String>,
}

/// Notes every step when it closes.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Step>>>);

#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        values.record(span.extensions_mut().get_mut::<Fields>().unwrap());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        if span.metadata().target() != "step" {
            return;
        }
        let request = span
            .parent()
            .and_then(|parent| parent.extensions().get::<Fields>()?.0.get("who").cloned());
        let fields = span.extensions_mut().remove::<Fields>().unwrap().0;
        self.0.lock().unwrap().push(Step {
            request,
            name: span.name(),
            fields,
        });
    }
}

/// A login, a read, a transfer and a refresh by one user, whose steps are in this order.
async fn one_of_each(stores: Stores, who: &'static str, payee: &'static str) {
    let password = stores
        .passwords
        .hash(SecretString::from("white-rabbit-1865"))
        .await
        .unwrap();
    let new = NewUser {
        username: who.to_owned(),
        password,
        role: Role::Customer,
        opening_balance_minor: 100,
    };
    let user = stores.users.create(new).await.unwrap();
    let new = NewSession {
        user_id: user.id,
        username: who.to_owned(),
        role: Role::Customer,
        device: "a test".to_owned(),
    };
    let id = stores.sessions.create(new).await.unwrap();
    stores.sessions.load(&id).await.unwrap().unwrap();
    stores.ledger.account(user.id).await.unwrap().unwrap();
    let new = NewTransfer {
        from: user.id,
        to: payee.to_owned(),
        amount_minor: 1,
        idempotency_key: "1".to_owned(),
        note: String::new(),
    };
    stores.ledger.transfer(new).await.unwrap();
    let family = stores.families.create(user.id, "a test").await.unwrap();
    stores
        .families
        .present(family.id, 1, &RefreshPolicy::default())
        .await
        .unwrap();
    let wrong = SecretString::from("white-rabbit-1866");
    assert!(!stores.passwords.verify(wrong, None).await.unwrap());
    stores.sessions.delete(&id).await.unwrap();
    stores.sessions.load(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn steps_done_on_other_threads_are_children_of_their_own_callers_span() {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let stores = Stores {
        passwords: PasswordHasher::new(PasswordHasherConfig::dangerously_cheap()),
        ..Stores::sqlite(
            Database::open_temporary().unwrap(),
            Arc::new(ManualClock::at(UnixSeconds(1_795_428_000))),
            Timeouts::default(),
        )
    };
    let payee = NewUser {
        username: "bob".to_owned(),
        password: stores
            .passwords
            .hash(SecretString::from("can-we-fix-it"))
            .await
            .unwrap(),
        role: Role::Customer,
        opening_balance_minor: 0,
    };
    stores.users.create(payee).await.unwrap();
    let callers = ["alice", "mallory"];
    let requests = callers.map(|who| {
        let request = tracing::info_span!("request", who);
        tokio::spawn(one_of_each(stores.clone(), who, "bob").instrument(request))
    });
    for request in requests {
        request.await.unwrap();
    }
    let steps = recorder.0.lock().unwrap().clone();
    for who in callers {
        let own: Vec<_> = steps
            .iter()
            .filter(|step| step.request.as_deref() == Some(who))
            .collect();
        let seen: Vec<_> = own
            .iter()
            .map(|step| {
                let field = |name| step.fields.get(name).map_or("", String::as_str);
                (step.name, field("phase"), field("effect"), field("result"))
            })
            .collect();
        let until = format!("{who}, until 10:30");
        let moved = format!("{who} → bob");
        let expected = [
            ("Argon2id", "authentication", "compute", "hashed"),
            ("INSERT user", "authentication", "write", who),
            ("INSERT session", "authentication", "write", "1 row"),
            ("SELECT session", "authentication", "read", until.as_str()),
            ("SELECT account", "application", "read", who),
            ("INSERT transfer", "application", "write", moved.as_str()),
            ("INSERT family", "authentication", "write", "1 row"),
            ("UPDATE family", "authentication", "write", "rotated to 2"),
            ("Argon2id", "authentication", "compute", "no match"),
            ("DELETE session", "authentication", "write", "1 row"),
            ("SELECT session", "authentication", "read", "no row"),
        ];
        assert_eq!(seen, expected);
    }
    // Two steps of the test itself, which are children of nothing, and nobody's steps went astray.
    let astray = steps.iter().filter(|step| step.request.is_none()).count();
    assert_eq!((astray, steps.len()), (2, 2 + 2 * 11));
}
