//! Who may read: programs and pages of this machine. A page elsewhere that makes its
//! name resolve to this machine (DNS rebinding) shows its own name in `Host`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{HOST, ORIGIN};
use http::uri::{Authority, Uri};

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
    let origin = !request.headers().contains_key(ORIGIN)
        || header(ORIGIN)
            .and_then(|origin| origin.parse::<Uri>().ok())
            .and_then(|origin| origin.authority().cloned())
            .is_some_and(|origin| allowed(&origin, further));
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
