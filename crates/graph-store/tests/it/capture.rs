//! A subscriber that keeps the fields of the spans that a thread opens.

use std::{cell::RefCell, collections::BTreeMap, fmt::Debug, sync::Once};

use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _, registry::LookupSpan};

pub(crate) type Fields = BTreeMap<String, String>;

thread_local! {
    static SPANS: RefCell<Option<Vec<(Id, Fields)>>> = const { RefCell::new(None) };
}

/// Runs the call and returns the spans that this thread opened meanwhile, each
/// with its parent's name under `parent`.
pub(crate) async fn captured<T>(call: impl Future<Output = T>) -> (T, Vec<Fields>) {
    // One for the process: a subscriber for a thread may miss call sites that
    // other threads meet at the same time.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Capture);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    SPANS.set(Some(Vec::new()));
    let result = call.await;
    let spans = SPANS.take().unwrap_or_default();
    (
        result,
        spans.into_iter().map(|(_, fields)| fields).collect(),
    )
}

struct Capture;

struct Visitor<'a>(&'a mut Fields);

impl Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Visitor(&mut fields));
        let span = context.span(id).unwrap();
        fields.insert("name".into(), span.name().into());
        if let Some(parent) = span.parent() {
            fields.insert("parent".into(), parent.name().into());
        }
        SPANS.with_borrow_mut(|spans| {
            if let Some(spans) = spans {
                spans.push((id.clone(), fields));
            }
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        SPANS.with_borrow_mut(|spans| {
            let mut spans = spans.iter_mut().flat_map(|spans| spans.iter_mut().rev());
            if let Some((_, fields)) = spans.find(|(other, _)| other == id) {
                values.record(&mut Visitor(fields));
            }
        });
    }
}
