//! Trace headers from anybody: each line of the input is a header's value, its first byte says which header.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use sentry_propagation::{IncomingTrace, Limits};

fuzz_target!(|input: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n') {
        let Some((kind, value)) = line.split_first() else { continue };
        let name = match kind % 3 {
            0 => "sentry-trace",
            1 => "baggage",
            _ => "traceparent",
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let limits = Limits::default();
    let trace = IncomingTrace::extract(&headers, &limits);
    // What was read must be within the bounds and read the same again.
    assert!(trace.context().as_str().len() <= limits.baggage_bytes);
    assert_eq!(trace.context().as_str(), IncomingTrace::extract(&headers, &limits).context().as_str());
});
