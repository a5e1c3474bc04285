//! Which RPC a request is for: the service and the method out of its path.
//!
//! Knows nothing of Sentry. Names end up on every span, so what is not a
//! method is not taken for one.

use std::fmt;

use http::Request;

/// What a request with a path of no gRPC form is called.
const OTHER: &str = "_OTHER";

/// The service and the method of a call, as in `package.Service/Method`.
///
/// ```
/// use sentry_tonic::RpcMethod;
///
/// let method = RpcMethod::from_path("/echo.v1.Echo/Say", 256);
/// assert_eq!(method.to_string(), "echo.v1.Echo/Say");
/// assert_eq!((method.service(), method.method()), ("echo.v1.Echo", "Say"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcMethod {
    /// `package.Service/Method`, without the slash in front.
    full: String,
    /// Where the slash between them stands; `None` for a path of no gRPC form.
    slash: Option<usize>,
}

impl RpcMethod {
    /// Reads the path of a request, `/package.Service/Method`. Another form, or
    /// more than `max_bytes`, is `_OTHER`.
    #[must_use]
    pub fn from_path(path: &str, max_bytes: usize) -> Self {
        let full = path.strip_prefix('/').unwrap_or_default();
        match full.split_once('/') {
            Some((service, method)) if full.len() <= max_bytes => Self::new(service, method),
            _ => Self::other(),
        }
    }

    /// The method of an outgoing request: what the generated client says of
    /// itself, else the path.
    pub(crate) fn of_request<B>(request: &Request<B>, max_bytes: usize) -> Self {
        #[cfg(feature = "tonic")]
        if let Some(method) = request.extensions().get::<tonic::GrpcMethod<'static>>() {
            return Self::new(method.service(), method.method());
        }
        Self::from_path(request.uri().path(), max_bytes)
    }

    fn new(service: &str, method: &str) -> Self {
        let fits = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'/')
        };
        if fits(service) && fits(method) {
            let mut full = String::with_capacity(service.len() + 1 + method.len());
            full.push_str(service);
            full.push('/');
            full.push_str(method);
            Self {
                full,
                slash: Some(service.len()),
            }
        } else {
            Self::other()
        }
    }

    fn other() -> Self {
        Self {
            full: OTHER.to_owned(),
            slash: None,
        }
    }

    /// `package.Service/Method`, or `_OTHER`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// The service with its package; empty for `_OTHER`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.slash.map_or("", |slash| &self.full[..slash])
    }

    /// The method alone, or `_OTHER`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.slash
            .map_or(&self.full, |slash| &self.full[slash + 1..])
    }
}

impl fmt::Display for RpcMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |path: &str, full: &str, service: &str, method: &str| {
            let read = RpcMethod::from_path(path, 64);
            assert_eq!(
                (read.as_str(), read.service(), read.method()),
                (full, service, method),
                "{path:?}"
            );
        };
        check("/a.b.C/D", "a.b.C/D", "a.b.C", "D");
        check("/C/D", "C/D", "C", "D");
        for other in [
            "",
            "/",
            "*",
            "C/D",
            "/C",
            "/C/",
            "//D",
            "/C/D/E",
            "/C/D\u{e9}",
        ] {
            check(other, "_OTHER", "", "_OTHER");
        }
        check(&format!("/{}/D", "C".repeat(64)), "_OTHER", "", "_OTHER");
    }
}
