//! How many bytes an envelope holds, estimated on the caller's thread without serialising it: close enough to
//! bound memory, cheap enough to do for each call. It knows no bounds.

use sentry_core::Envelope;
use sentry_core::protocol::{Breadcrumb, Context, EnvelopeItem, ItemContainer, Map, Value};

/// What an item takes without what is counted.
const ITEM: usize = 1024;
/// What a context, span, log, frame or breadcrumb takes without its strings and maps.
const FIXED: usize = 256;
/// What a node of a map takes: room for eleven pairs, however few there are.
const NODE: usize = 640;
/// The pairs in a node of a map that grew.
const PAIRS: usize = 6;
/// How deep a value is looked into; what is deeper counts as fixed.
const DEPTH: usize = 4;

/// The estimated bytes of an envelope.
pub(super) fn weigh(envelope: &Envelope) -> usize {
    envelope.items().map(|item| ITEM + weigh_item(item)).sum()
}

fn weigh_item(item: &EnvelopeItem) -> usize {
    match item {
        EnvelopeItem::Transaction(transaction) => {
            let spans = transaction.spans.iter().map(|span| {
                FIXED + span.description.as_ref().map_or(0, String::len) + weigh_map(&span.data)
            });
            let contexts = transaction.contexts.values().map(|context| match context {
                Context::Trace(trace) => FIXED + weigh_map(&trace.data),
                _ => FIXED,
            });
            spans.sum::<usize>()
                + contexts.sum::<usize>()
                + nodes(transaction.contexts.len())
                + weigh_map(&transaction.extra)
        }
        EnvelopeItem::Event(event) => {
            let frames = event.exception.iter().map(|exception| {
                exception.value.as_ref().map_or(0, String::len)
                    + exception
                        .stacktrace
                        .as_ref()
                        .map_or(0, |trace| FIXED * trace.frames.len())
            });
            frames.sum::<usize>()
                + event.message.as_ref().map_or(0, String::len)
                + event
                    .breadcrumbs
                    .iter()
                    .map(weigh_breadcrumb)
                    .sum::<usize>()
                + FIXED * event.debug_meta.images.len()
                + weigh_map(&event.extra)
        }
        EnvelopeItem::Attachment(attachment) => attachment.buffer.len(),
        EnvelopeItem::ItemContainer(ItemContainer::Logs(logs)) => logs
            .iter()
            .map(|log| {
                let attributes = log.attributes.iter();
                FIXED
                    + log.body.len()
                    + attributes
                        .map(|(key, attribute)| key.len() + weigh_value(&attribute.0, DEPTH))
                        .sum::<usize>()
            })
            .sum(),
        EnvelopeItem::ItemContainer(container) => FIXED * container.len(),
        _ => 0,
    }
}

fn weigh_breadcrumb(breadcrumb: &Breadcrumb) -> usize {
    FIXED + breadcrumb.message.as_ref().map_or(0, String::len) + weigh_map(&breadcrumb.data)
}

fn weigh_map(map: &Map<String, Value>) -> usize {
    let pairs = map
        .iter()
        .map(|(key, value)| key.len() + weigh_value(value, DEPTH));
    nodes(map.len()) + pairs.sum::<usize>()
}

fn nodes(pairs: usize) -> usize {
    pairs.div_ceil(PAIRS) * NODE
}

fn weigh_value(value: &Value, depth: usize) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) if depth > 0 => values
            .iter()
            .map(|value| weigh_value(value, depth - 1))
            .sum(),
        Value::Object(map) if depth > 0 => map
            .iter()
            .map(|(key, value)| key.len() + weigh_value(value, depth - 1))
            .sum(),
        Value::Array(_) | Value::Object(_) => FIXED,
        _ => size_of::<Value>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sentry_core::protocol::{Span, Transaction};

    #[test]
    fn a_big_attribute_weighs_what_it_holds() {
        let mut span = Span::default();
        span.data
            .insert("blob".to_owned(), "x".repeat(1_000_000).into());
        let mut envelope = Envelope::new();
        envelope.add_item(Transaction {
            spans: vec![span],
            ..Transaction::default()
        });
        let weight = weigh(&envelope);
        assert!((1_000_000..1_010_000).contains(&weight), "{weight}");
    }
}
