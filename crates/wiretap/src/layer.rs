//! The tracing layer that files steps under the exchange they ran for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Once, PoisonError};
use std::time::Duration;

use token_core::clock::Clock;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as Values};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, Filtered};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::{Effect, Phase, Step};

/// The target of the root span of an exchange.
pub(crate) const EXCHANGE: &str = "wiretap";
/// The target of the spans that are steps.
const STEP: &str = "step";

/// Exchanges whose requests are in progress, of every lab in the process, by the key in their root span.
///
/// A span carries numbers, not pointers; this is where the number becomes the exchange. The lock is held for one map
/// operation at the beginning and the end of a request.
static OPEN: LazyLock<Mutex<HashMap<u64, Arc<OpenExchange>>>> = LazyLock::new(Mutex::default);
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// An exchange in progress: collects steps until it is sealed.
#[derive(Debug)]
pub(crate) struct OpenExchange {
    key: u64,
    clock: Arc<dyn Clock>,
    arrived: Duration,
    /// `None` once sealed: a step that ends after the answer (a coalesced touch, say) belongs to nobody's picture.
    steps: Mutex<Option<Vec<Step>>>,
}

impl OpenExchange {
    pub(crate) fn begin(clock: Arc<dyn Clock>) -> Arc<Self> {
        let exchange = Arc::new(Self {
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            arrived: clock.monotonic(),
            clock,
            steps: Mutex::new(Some(Vec::new())),
        });
        OPEN.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(exchange.key, Arc::clone(&exchange));
        exchange
    }

    pub(crate) fn span(&self) -> tracing::Span {
        tracing::debug_span!(target: EXCHANGE, "exchange", key = self.key)
    }

    /// Microseconds since the request arrived.
    pub(crate) fn elapsed_us(&self) -> u64 {
        micros(self.clock.monotonic().saturating_sub(self.arrived))
    }

    /// Ends the collection and returns the steps in the order in which they began.
    pub(crate) fn seal(&self) -> Vec<Step> {
        OPEN.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
        let mut steps = self
            .steps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .unwrap_or_default();
        steps.sort_by_key(|step| step.start_us);
        steps
    }

    fn add(&self, step: Step) {
        if let Some(steps) = self
            .steps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
        {
            steps.push(step);
        }
    }
}

impl Drop for OpenExchangeGuard {
    fn drop(&mut self) {
        self.0.seal();
    }
}

/// Seals the exchange when the request's future is dropped early (the client went away), so that nothing is kept for ever.
pub(crate) struct OpenExchangeGuard(pub(crate) Arc<OpenExchange>);

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Routes spans of target `step` to the exchange in whose scope they were opened.
///
/// One layer serves every lab of the process: the root span says which exchange, and the exchange knows its lab.
#[derive(Debug, Default)]
pub struct StepLayer {
    _private: (),
}

impl StepLayer {
    /// The layer, filtered to the spans it reads so that it makes no other span in the process more expensive.
    #[must_use]
    pub fn filtered<S>() -> Filtered<Self, FilterFn, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let is_ours: fn(&Metadata<'_>) -> bool = |metadata| {
            metadata.is_span() && (metadata.target() == STEP || metadata.target() == EXCHANGE)
        };
        Self::default().with_filter(FilterFn::new(is_ours).with_max_level_hint(Level::DEBUG))
    }
}

/// Installs a subscriber with nothing but the layer, unless the process has a subscriber already.
///
/// For tests and programs that embed a lab; `svt` composes its own subscriber with a log.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that the program installed its own subscriber first, and answers for the layer itself.
        let _ = tracing_subscriber::registry()
            .with(StepLayer::filtered())
            .try_init();
    });
}

/// What a step's span says of itself, kept in the span until it closes.
struct OpenStep {
    exchange: Arc<OpenExchange>,
    name: &'static str,
    fields: Fields,
    start_us: u64,
}

#[derive(Default)]
struct Fields {
    key: Option<u64>,
    phase: Option<Phase>,
    effect: Option<Effect>,
    result: Option<String>,
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "key" {
            self.key = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match (field.name(), value) {
            ("phase", "authentication") => self.phase = Some(Phase::Authentication),
            ("phase", "application") => self.phase = Some(Phase::Application),
            ("effect", "read") => self.effect = Some(Effect::Read),
            ("effect", "write") => self.effect = Some(Effect::Write),
            ("effect", "compute") => self.effect = Some(Effect::Compute),
            ("result", result) => self.result = Some(result.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl<S> Layer<S> for StepLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if attributes.metadata().target() == EXCHANGE {
            let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(exchange) = fields.key.and_then(|key| open.get(&key)) {
                span.extensions_mut().insert(Arc::clone(exchange));
            }
            return;
        }
        let exchange = span
            .scope()
            .from_root()
            .find_map(|ancestor| ancestor.extensions().get::<Arc<OpenExchange>>().cloned());
        if let Some(exchange) = exchange {
            let start_us = exchange.elapsed_us();
            span.extensions_mut().insert(OpenStep {
                exchange,
                name: attributes.metadata().name(),
                fields,
                start_us,
            });
        }
    }

    fn on_record(&self, id: &Id, values: &Values<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(step) = span.extensions_mut().get_mut::<OpenStep>()
        {
            values.record(&mut step.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let Some(step) = span.extensions_mut().remove::<OpenStep>() else {
            return;
        };
        let (Some(phase), Some(effect)) = (step.fields.phase, step.fields.effect) else {
            return;
        };
        step.exchange.add(Step {
            name: step.name.to_owned(),
            phase,
            effect,
            start_us: step.start_us,
            duration_us: step.exchange.elapsed_us().saturating_sub(step.start_us),
            result: step.fields.result,
        });
    }
}
