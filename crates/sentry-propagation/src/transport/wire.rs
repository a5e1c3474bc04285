//! The bytes of an envelope, with the frozen sampling context in its header. Pure.
//!
//! The SDK's typed header drops what it does not know and reformats numbers, so the header line is written
//! anew, from the strings as they came. Transactions and events carry the context; logs, sessions and reports
//! carry none.

use std::collections::BTreeMap;

use bytes::Bytes;
use sentry_core::Envelope;
use sentry_core::protocol::EnvelopeItem;
use serde_json::value::RawValue;

use crate::SamplingContext;

/// Serialises an envelope. Where it carries a call's telemetry and `context` is known, the `trace` header becomes
/// exactly that; an empty one takes it off. Where none is known, what the SDK wrote stays.
pub(super) fn encode(
    envelope: &Envelope,
    context: Option<&SamplingContext>,
) -> std::io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(4096);
    envelope.to_writer(&mut bytes)?;
    let carries = envelope
        .items()
        .any(|item| matches!(item, EnvelopeItem::Transaction(_) | EnvelopeItem::Event(_)));
    if let Some(context) = context.filter(|_| carries) {
        bytes = with_trace(&bytes, context)?;
    }
    // Boxed, so that what waits holds no spare capacity.
    Ok(Bytes::from(bytes.into_boxed_slice()))
}

fn with_trace(bytes: &[u8], context: &SamplingContext) -> std::io::Result<Vec<u8>> {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let (line, rest) = bytes.split_at(end);
    // Raw values: what is not ours stays byte for byte.
    let mut header: BTreeMap<&str, Box<RawValue>> = serde_json::from_slice(line)?;
    if context.is_empty() {
        header.remove("trace");
    } else {
        header.insert("trace", RawValue::from_string(context.to_json())?);
    }
    let mut rewritten = serde_json::to_vec(&header)?;
    rewritten.extend_from_slice(rest);
    Ok(rewritten)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sentry_core::protocol::{
        DynamicSamplingContext, EnvelopeHeaders, Event, Log, LogLevel, Transaction,
    };
    use serde_json::{Value, json};

    const BAGGAGE: &str =
        "sentry-trace_id=771a,sentry-sample_rate=0.250,sentry-replay_id=%C3%A9%25";

    fn context() -> SamplingContext {
        let limits = crate::Limits::default();
        SamplingContext::from_baggage(
            &crate::Baggage::parse([BAGGAGE.as_bytes()], &limits).unwrap(),
        )
    }

    fn header_of(
        item: impl Into<EnvelopeItem>,
        context: Option<&SamplingContext>,
    ) -> serde_json::Map<String, Value> {
        let trace = DynamicSamplingContext::new().with_sampled(true);
        let mut envelope = Envelope::new().with_headers(EnvelopeHeaders::new().with_trace(trace));
        envelope.add_item(item);
        let mut plain = Vec::new();
        envelope.to_writer(&mut plain).unwrap();
        let bytes = encode(&envelope, context).unwrap();
        let split = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
            (bytes[..end].to_vec(), bytes[end..].to_vec())
        };
        assert_eq!(split(&bytes).1, split(&plain).1, "items stay as they were");
        serde_json::from_slice(&split(&bytes).0).unwrap()
    }

    #[test]
    fn transactions_and_events_carry_the_context_as_it_came() {
        for header in [
            header_of(Transaction::default(), Some(&context())),
            header_of(Event::default(), Some(&context())),
        ] {
            let expected = json!({"trace_id": "771a", "sample_rate": "0.250", "replay_id": "é%"});
            assert_eq!(header["trace"], expected);
            assert!(header.contains_key("event_id"), "other keys stay");
        }
    }

    #[test]
    fn an_empty_context_takes_the_header_off_and_an_unknown_one_leaves_it() {
        let emptied = header_of(Transaction::default(), Some(&SamplingContext::EMPTY));
        assert!(!emptied.contains_key("trace"));
        assert!(header_of(Transaction::default(), None).contains_key("trace"));
    }

    #[test]
    fn logs_carry_none_of_ours() {
        let log = Log {
            level: LogLevel::Info,
            body: String::new(),
            trace_id: None,
            timestamp: std::time::UNIX_EPOCH,
            severity_number: None,
            attributes: Default::default(),
        };
        let header = header_of(vec![log], Some(&context()));
        assert_eq!(
            header["trace"],
            json!({"sampled": "true"}),
            "only as the SDK wrote it"
        );
    }
}
