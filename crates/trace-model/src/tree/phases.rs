//! What a statement's time was made of, where the database told it in its answer and sent no spans of its own: four
//! spans of the database and one of the network below the statement, so that both stand apart from the service's time.
//! They are made for looking at, and are never stored.

use std::collections::HashSet;

use crate::{Span, Timestamp};

/// What a client writes beside a statement, in nanoseconds, and what it is called, in the order in which it happens.
/// The network took its share before and after; it stands first, as one.
const PHASES: [(&str, &str); 5] = [
    (NETWORK, "network, there and back"),
    ("dgraph.latency.assign_timestamp_ns", "assign timestamp"),
    ("dgraph.latency.parsing_ns", "parse"),
    ("dgraph.latency.processing_ns", "process"),
    ("dgraph.latency.encoding_ns", "encode"),
];
const NETWORK: &str = "dgraph.latency.network_ns";
/// Of the database's part, all in all.
const TOTAL: &str = "dgraph.latency.total_ns";
/// How often the request was sent again; what was spent on that comes before.
const RETRIES: &str = "dgraph.retries";
/// On a span that was made: out of what.
const MADE_OF: &str = "throughline.made_of";

/// Adds them, below each statement that no other span is below.
pub(super) fn add(spans: &mut Vec<Span>) {
    let parents: HashSet<&str> = spans
        .iter()
        .filter_map(|span| span.parent_span_id.as_deref())
        .collect();
    let alone = spans
        .iter()
        .filter(|span| !parents.contains(span.span_id.as_str()));
    let made: Vec<Span> = alone.flat_map(of).collect();
    spans.extend(made);
}

fn of(statement: &Span) -> Vec<Span> {
    let number = |key: &str| statement.attributes.get(key)?.as_u64();
    let (Some(total), Ok(id)) = (number(TOTAL), u64::from_str_radix(&statement.span_id, 16)) else {
        return Vec::new();
    };
    let taken = total.saturating_add(number(NETWORK).unwrap_or(0));
    let mut at = statement.start;
    if number(RETRIES).is_some_and(|retries| retries > 0) {
        at = at.max(plus(statement.end, taken, i64::saturating_sub));
    }
    let mut made = Vec::new();
    for (place, (key, name)) in (1_u64..).zip(PHASES) {
        let Some(nanos) = number(key) else { continue };
        // An answer is not to seem to take longer than the call.
        let end = plus(at, nanos, i64::saturating_add).min(statement.end);
        let mut attributes = std::collections::BTreeMap::new();
        attributes.insert(MADE_OF.to_owned(), key.into());
        if let Some(system) = statement.database().filter(|_| key != NETWORK) {
            attributes.insert("db.system".to_owned(), system.into());
        }
        made.push(Span {
            trace_id: statement.trace_id.clone(),
            span_id: format!("{:016x}", id.rotate_left(8) ^ place),
            parent_span_id: Some(statement.span_id.clone()),
            service: statement.service.clone(),
            op: if key == NETWORK { "network" } else { "db" }.to_owned(),
            name: name.to_owned(),
            start: at,
            end: end.max(at),
            attributes,
            ..Span::default()
        });
        at = end.max(at);
    }
    made
}

fn plus(at: Timestamp, nanos: u64, by: fn(i64, i64) -> i64) -> Timestamp {
    Timestamp(by(at.0, i64::try_from(nanos).unwrap_or(i64::MAX)))
}
