//! The header of an envelope, as it was stored: read here by hand, so that no code of ours stands between the
//! bytes and the test.

use std::collections::BTreeMap;

use serde_json::Value;
use throughline_testkit::Envelope;

/// The `trace` header of an envelope that carried a transaction or an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHeader {
    /// The service that sent it.
    pub service: String,
    /// `transaction` or `event`.
    pub item: String,
    /// The trace that the item says it is of.
    pub trace_id: String,
    /// The pairs of the `trace` header; none if there was no such header.
    pub pairs: BTreeMap<String, Value>,
}

/// The headers of all transactions and events of a trace, in order of arrival.
pub fn stored_headers(envelopes: &[Envelope], trace_id: &str) -> Vec<StoredHeader> {
    let headers = envelopes.iter().filter_map(stored_header);
    headers
        .filter(|header| header.trace_id == trace_id)
        .collect()
}

fn stored_header(envelope: &Envelope) -> Option<StoredHeader> {
    let text = std::str::from_utf8(&envelope.body).expect("what our services send is UTF-8");
    let mut lines = text.lines();
    let header = json(lines.next()?);
    let item = json(lines.next()?)["type"].as_str()?.to_owned();
    if item != "transaction" && item != "event" {
        return None;
    }
    let payload = json(lines.next()?);
    let pairs = match header.get("trace") {
        Some(Value::Object(pairs)) => pairs.clone().into_iter().collect(),
        _ => BTreeMap::new(),
    };
    Some(StoredHeader {
        service: envelope.key.clone(),
        item,
        trace_id: payload["contexts"]["trace"]["trace_id"]
            .as_str()?
            .to_owned(),
        pairs,
    })
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
}
