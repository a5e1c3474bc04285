//! What a process says about itself on all that it sends: attributes such as `service.name`.
//!
//! It is put on in the transport, because the SDK has no hook for transactions, and there it costs callers nothing:
//! as data of the trace context on transactions, as tags on events, as attributes on logs. What is there
//! already stays.

use sentry_core::Envelope;
use sentry_core::protocol::{Context, EnvelopeItem, ItemContainer};

/// Attributes of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    attributes: Vec<(String, String)>,
}

impl Resource {
    /// A resource without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The resource with one more attribute.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// Puts the attributes on all that the envelope carries.
    pub(super) fn stamp(&self, envelope: Envelope) -> Envelope {
        if self.attributes.is_empty() || envelope.items().next().is_none() {
            return envelope;
        }
        let mut stamped = Envelope::new().with_headers(envelope.headers().clone());
        for mut item in envelope.into_items() {
            self.stamp_item(&mut item);
            stamped.add_item(item);
        }
        stamped
    }

    fn stamp_item(&self, item: &mut EnvelopeItem) {
        match item {
            EnvelopeItem::Transaction(transaction) => {
                if let Some(Context::Trace(trace)) = transaction.contexts.get_mut("trace") {
                    for (key, value) in &self.attributes {
                        let attribute = trace.data.entry(key.clone());
                        attribute.or_insert_with(|| value.as_str().into());
                    }
                }
            }
            EnvelopeItem::Event(event) => {
                for (key, value) in &self.attributes {
                    let tag = event.tags.entry(key.clone());
                    tag.or_insert_with(|| value.clone());
                }
            }
            EnvelopeItem::ItemContainer(ItemContainer::Logs(logs)) => {
                for log in logs {
                    for (key, value) in &self.attributes {
                        let attribute = log.attributes.entry(key.clone());
                        attribute.or_insert_with(|| value.as_str().into());
                    }
                }
            }
            _ => {}
        }
    }
}
