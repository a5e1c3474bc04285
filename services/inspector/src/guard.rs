//! Who may read: programs and pages of this machine. A page elsewhere that makes its
//! name resolve to this machine (DNS rebinding) shows its own name in `Host`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use http::uri::{Authority, Uri};
use http::{HeaderValue, Method, StatusCode};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Lets a request through if host and origin, where it has one, are of this machine.
pub(crate) async fn guard(
    State(further): State<Arc<[String]>>,
    request: Request,
    next: Next,
) -> Response {
    if admits(&request, &further) {
        next.run(request).await
    } else {
        let reason = "traces are read under a name of this machine; --allow-host adds one\n";
        (StatusCode::FORBIDDEN, reason).into_response()
    }
}

/// What pages of this machine may send and read: a site that shows the traces of its own
/// calls has another port, and so another origin. Inside of [`guard`], which refuses others.
pub(crate) fn cors(further: &[String]) -> CorsLayer {
    let further: Arc<[String]> = further.into();
    let ours = move |origin: &HeaderValue, _: &_| names(origin, &further);
    let header = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(ours))
        .allow_methods([Method::POST])
        .allow_headers([
            CONTENT_TYPE,
            header("grpc-timeout"),
            header("x-grpc-web"),
            header("x-user-agent"),
        ])
        .expose_headers(["grpc-status", "grpc-message", "grpc-status-details-bin"].map(header))
        .max_age(PREFLIGHT_AGE)
}

/// How long a browser may remember what it may do.
const PREFLIGHT_AGE: std::time::Duration = std::time::Duration::from_secs(3600);

/// Whether an origin is of this machine, or of a further host.
fn names(origin: &HeaderValue, further: &[String]) -> bool {
    origin
        .to_str()
        .ok()
        .and_then(|origin| origin.parse::<Uri>().ok())
        .and_then(|origin| origin.authority().cloned())
        .is_some_and(|origin| allowed(&origin, further))
}

fn admits(request: &Request, further: &[String]) -> bool {
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let authority = request.uri().authority().cloned();
    let host = authority.or_else(|| header(HOST)?.parse().ok());
    let host = host.is_some_and(|host| allowed(&host, further));
    let origin = request.headers().get(ORIGIN);
    let origin = origin.is_none_or(|origin| names(origin, further));
    host && origin
}

fn allowed(authority: &Authority, further: &[String]) -> bool {
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = bare
        .parse::<std::net::IpAddr>()
        .is_ok_and(|ip| ip.is_loopback());
    loopback
        || host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || further.iter().any(|name| host.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        let further = ["inspector".to_owned()];
        let check = |host: &str, want| {
            assert_eq!(allowed(&host.parse().unwrap(), &further), want, "{host}");
        };
        check("127.0.0.1:8969", true);
        check("127.9.9.9", true);
        check("[::1]:8969", true);
        check("LocalHost:1", true);
        check("site.localhost", true);
        check("inspector:8969", true);
        check("localhost.evil.example", false);
        check("127.0.0.1.nip.io", false);
        check("192.168.1.1", false);
        check("evil.example:8969", false);
    }
}
