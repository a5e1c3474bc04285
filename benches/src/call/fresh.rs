//! Headers as our layers send them, made at constant cost and without them: new
//! in every call, so that HPACK cannot index them. A constant header would make
//! the bare call look cheaper than any traced call can be.

use http::{HeaderMap, HeaderValue};

/// Puts the headers of the `n`th call.
pub(super) fn put(headers: &mut HeaderMap, n: u32, sampled: bool) {
    let mut ids = *b"00000000000000000000000000000000";
    // Golden-ratio hashing spreads the digits as random ids would.
    let spread = u64::from(n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hex(&mut ids[..16], spread);
    hex(&mut ids[16..], spread.rotate_left(17));
    let flag = if sampled { b'1' } else { b'0' };

    let mut sentry_trace = Vec::with_capacity(51);
    sentry_trace.extend_from_slice(&ids);
    sentry_trace.push(b'-');
    sentry_trace.extend_from_slice(&ids[8..24]);
    sentry_trace.extend_from_slice(&[b'-', flag]);

    let mut traceparent = Vec::with_capacity(55);
    traceparent.extend_from_slice(b"00-");
    traceparent.extend_from_slice(&ids);
    traceparent.push(b'-');
    traceparent.extend_from_slice(&ids[8..24]);
    traceparent.extend_from_slice(&[b'-', b'0', flag]);

    let mut baggage = Vec::with_capacity(256);
    baggage.extend_from_slice(b"sentry-trace_id=");
    baggage.extend_from_slice(&ids);
    baggage.extend_from_slice(b",sentry-public_key=client,sentry-release=bench%401,sentry-environment=bench,sentry-transaction=bench,");
    baggage.extend_from_slice(if sampled {
        b"sentry-sample_rate=1,sentry-sample_rand=0.123456,sentry-sampled=true"
    } else {
        b"sentry-sample_rate=0,sentry-sample_rand=0.123456,sentry-sampled=false"
    });

    for (name, value) in [
        ("sentry-trace", sentry_trace),
        ("baggage", baggage),
        ("traceparent", traceparent),
    ] {
        if let Ok(value) = HeaderValue::from_maybe_shared(bytes::Bytes::from(value)) {
            headers.insert(name, value);
        }
    }
}

fn hex(into: &mut [u8], mut value: u64) {
    for digit in into.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use sentry_propagation::{IncomingTrace, Limits};

    use super::*;

    #[test]
    fn they_are_a_trace_and_another_in_each_call() {
        let trace = |n| {
            let mut headers = HeaderMap::new();
            put(&mut headers, n, true);
            IncomingTrace::extract(&headers, &Limits::default())
        };
        let parent = trace(1).parent().expect("a parent");
        assert_eq!(parent.sampled, Some(true));
        assert_eq!(trace(1).context().get("sampled"), Some("true"));
        assert_ne!(
            trace(2).parent().expect("a parent").trace_id,
            parent.trace_id
        );
    }
}
