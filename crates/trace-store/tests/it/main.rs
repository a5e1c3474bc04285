//! The store against a real file.
mod durability;
mod finding;
mod retention;

use throughline_trace_model::{Limits, Source, Timestamp, decode_envelope};
use throughline_trace_store::{Arrival, Limits as Bounds};

/// An envelope of one transaction of one span, received when it ended.
fn arrival(trace: u32, service: &str, start: u32, note: &str) -> Arrival {
    let end = start + 1;
    let bytes = format!(
        "{{}}\n{{\"type\":\"transaction\"}}\n{{\"transaction\":\"t\",\"start_timestamp\":{start},\
         \"timestamp\":{end},\"contexts\":{{\"trace\":{{\"trace_id\":\"{trace:032x}\",\
         \"span_id\":\"{trace:016x}\",\"data\":{{\"note\":\"{note}\"}}}}}}}}"
    );
    let decoded = decode_envelope(
        bytes.as_bytes(),
        &Source::project(service),
        &Limits::default(),
    );
    assert_eq!(decoded.problems, []);
    let received = Timestamp(i64::from(end) * 1_000_000_000);
    Arrival {
        decoded,
        project: service.to_owned(),
        received,
        ..Arrival::default()
    }
}

/// No trace is too old: the tests' clocks start in 1970.
fn keep_all() -> Bounds {
    Bounds {
        age: std::time::Duration::MAX,
        ..Bounds::default()
    }
}
