//! Which headers go on to a service, and which come back: pure.
//!
//! An allow-list, because every header that goes on arrives as gRPC metadata: a browser's cookies, languages and
//! fetch metadata are none of a service's business. Trace headers are not on it: the trace layer of the
//! call that goes out writes them, or passes them on where there is no client of Sentry. So a missing layer is
//! seen as a broken trace instead of being papered over here.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The header that carries the token of a trusted caller. It ends here.
pub const TRUST: HeaderName = HeaderName::from_static("x-throughline-trust");

const PASSED: &[&str] = &[
    "authorization",
    "content-type",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "te",
    "x-grpc-web",
    "x-request-id",
    "x-user-agent",
];

/// What a preflight allows a page of a listed origin to send.
pub const ALLOWED: [HeaderName; 10] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    HeaderName::from_static("baggage"),
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static("sentry-trace"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("x-grpc-web"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("x-user-agent"),
];

/// What a page of a listed origin may read of an answer.
pub const EXPOSED: [HeaderName; 5] = [
    HeaderName::from_static("grpc-encoding"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-status-details-bin"),
    HeaderName::from_static("x-request-id"),
];

/// Keeps what a service gets to see, and what this gateway is set up to pass beside it.
///
/// ```
/// let mut headers = http::HeaderMap::new();
/// headers.insert("cookie", "a=b".parse()?);
/// headers.insert("grpc-timeout", "1S".parse()?);
/// throughline_gateway::headers::keep_for_service(&mut headers, &[]);
/// assert_eq!(headers.len(), 1);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn keep_for_service(headers: &mut HeaderMap, beside: &[HeaderName]) {
    retain(headers, |name| {
        let listed = PASSED.contains(&name)
            || (name.ends_with("-bin") && !name.starts_with("grpc-"))
            || beside.iter().any(|it| it == name);
        // What one server reads as `a-b` another reads as `a_b`: such names stay outside.
        listed && !name.contains('_')
    });
    let odd: Vec<_> = headers
        .iter()
        .filter(|(_, value)| value.to_str().is_err())
        .map(|(name, _)| name.clone())
        .collect();
    for name in odd {
        headers.remove(name);
    }
}

/// Keeps what a caller gets to see: all but what belongs to the connection behind, and sizes, which are not
/// those of what goes out.
pub fn keep_for_caller(headers: &mut HeaderMap) {
    for name in [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ] {
        headers.remove(name);
    }
}

/// Says no more of an INTERNAL error than that it is one: what went wrong inside is in the trace, not a stranger's affair.
pub fn generalize(headers: &mut HeaderMap) {
    if headers.get("grpc-status").is_some_and(|it| it == "13") {
        headers.insert("grpc-message", HeaderValue::from_static("internal%20error"));
        headers.remove("grpc-status-details-bin");
    }
}

fn retain(headers: &mut HeaderMap, keep: impl Fn(&str) -> bool) {
    let gone: Vec<_> = headers
        .keys()
        .filter(|name| !keep(name.as_str()))
        .cloned()
        .collect();
    for name in gone {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &'static str, beside: &[HeaderName]) -> bool {
        let mut headers = HeaderMap::new();
        for value in ["1", "2"] {
            headers.append(name, value.parse().expect("a value"));
        }
        keep_for_service(&mut headers, beside);
        assert!([0, 2].contains(&headers.len()), "all lines or none");
        !headers.is_empty()
    }

    #[test]
    fn only_the_allow_list_goes_on() {
        for name in PASSED.iter().copied().chain(["custom-bin"]) {
            assert!(kept(name, &[]), "{name}");
        }
        for name in [
            "accept-encoding",
            "accept-language",
            "baggage",
            "connection",
            "content-length",
            "cookie",
            "grpc-status-details-bin",
            "grpc-tags-bin",
            "grpc-trace-bin",
            "host",
            "origin",
            "referer",
            "sec-ch-ua",
            "sec-fetch-mode",
            "sentry-trace",
            "traceparent",
            "tracestate",
            "user-agent",
            "x-forwarded-for",
            "x-throughline-fault",
            "x-throughline-trust",
            "x_tenant-bin",
        ] {
            assert!(!kept(name, &[]), "{name}");
        }
        assert!(kept("x-tenant", &[HeaderName::from_static("x-tenant")]));
    }

    #[test]
    fn what_is_not_ascii_stays_here() {
        let mut headers = HeaderMap::new();
        let odd = HeaderValue::from_bytes(b"caf\xe9").expect("a value");
        headers.insert("authorization", odd);
        headers.insert("x-request-id", HeaderValue::from_static("1"));
        keep_for_service(&mut headers, &[]);
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn internal_errors_say_no_more_and_others_what_they_say() {
        let generalized = |code: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-status", HeaderValue::from_static(code));
            headers.insert("grpc-message", HeaderValue::from_static("at%2010.0.0.7"));
            headers.insert("grpc-status-details-bin", HeaderValue::from_static("AA"));
            generalize(&mut headers);
            (headers["grpc-message"].clone(), headers.len())
        };
        assert_eq!(
            generalized("13"),
            (HeaderValue::from_static("internal%20error"), 2)
        );
        assert_eq!(
            generalized("5"),
            (HeaderValue::from_static("at%2010.0.0.7"), 3)
        );
    }

    #[test]
    fn sizes_and_the_connections_own_do_not_come_back() {
        let mut headers = HeaderMap::new();
        for name in [
            "connection",
            "content-length",
            "grpc-message",
            "keep-alive",
            "transfer-encoding",
            "x-custom",
        ] {
            headers.insert(name, "1".parse().expect("a value"));
        }
        keep_for_caller(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["grpc-message", "x-custom"]);
    }
}
