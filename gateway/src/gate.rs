//! The gate: what a request must be to reach a service at all, and whether its trace is trusted. It refuses without
//! reading a body, and before anything is traced, so that strangers' noise makes no transactions. Every refusal is counted.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use sentry_propagation::{Admission, EdgeTrust, Trust};
use throughline_service_kit::metrics;
use tonic::Status;

use crate::headers::TRUST;
use crate::{Options, answer};

/// The address of a request's peer, put there by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The terms on which requests pass.
#[derive(Clone, Debug)]
pub struct Gate {
    edge: EdgeTrust,
}

/// What kind of call a content type announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// grpc-web, binary or text: what pages speak.
    GrpcWeb,
    /// gRPC itself. It is admitted over HTTP/2 alone, where it can work, and without an Origin alone: no page speaks it, so an
    /// Origin on it is somebody's trick. Its content type is not one that a page may send without a preflight.
    Grpc,
}

/// The protocol of a request, by its content type: whole, as tonic-web takes it, without parameters.
pub fn protocol(headers: &HeaderMap) -> Option<Protocol> {
    match single(headers, &header::CONTENT_TYPE).ok().flatten()? {
        b"application/grpc-web"
        | b"application/grpc-web+proto"
        | b"application/grpc-web-text"
        | b"application/grpc-web-text+proto" => Some(Protocol::GrpcWeb),
        b"application/grpc" | b"application/grpc+proto" => Some(Protocol::Grpc),
        _ => None,
    }
}

/// Answers what is on no route.
pub(crate) async fn unknown(request: Request) -> Response {
    metrics::refused("unknown_path");
    match protocol(request.headers()) {
        Some(protocol) => answer::status_in(
            protocol,
            Status::unimplemented("there is no such method here"),
        ),
        None => answer::http(StatusCode::NOT_FOUND, "there is nothing here\n"),
    }
    .map(axum::body::Body::new)
}

/// Why a request does not pass by its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not a POST.
    Method,
    /// It does not announce a protocol that is spoken here.
    ContentType,
    /// It comes from a page of an origin that may not call.
    Origin,
}

impl Gate {
    /// The terms that these options set.
    pub fn of(options: &Options) -> Self {
        let edge = EdgeTrust::new(options.trust.into())
            .token(options.trusted_token.as_deref().unwrap_or_default());
        let origins = options.origins.iter().map(ToString::to_string);
        Self {
            edge: origins.fold(edge, |edge, origin| edge.origin(&origin)),
        }
    }

    /// Whether a request passes, by its head alone, and whether its trace is continued.
    pub fn admit<B>(&self, request: &http::Request<B>) -> Result<Trust, Refusal> {
        if request.method() != Method::POST {
            return Err(Refusal::Method);
        }
        let protocol = protocol(request.headers()).ok_or(Refusal::ContentType)?;
        if protocol == Protocol::Grpc && request.version() != Version::HTTP_2 {
            return Err(Refusal::ContentType);
        }
        let origin = single(request.headers(), &header::ORIGIN).map_err(|_| Refusal::Origin)?;
        if protocol == Protocol::Grpc && origin.is_some() {
            return Err(Refusal::Origin);
        }
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        // Two tokens are none.
        let token = single(request.headers(), &TRUST).ok().flatten();
        match self.edge.decide(origin, peer, token) {
            Admission::Admitted(trust) => Ok(trust),
            Admission::Refused => Err(Refusal::Origin),
        }
    }
}

/// More than one line of a header that may have one.
struct Several;

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a [u8]>, Several> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (line, None) => Ok(line.map(HeaderValue::as_bytes)),
        _ => Err(Several),
    }
}

impl Refusal {
    /// The name under which it is counted.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::ContentType => "content_type",
            Self::Origin => "origin",
        }
    }

    pub(crate) fn answer(self, asked_in: Option<Protocol>) -> http::Response<tonic::body::Body> {
        match self {
            Self::Method => with(
                answer::http(StatusCode::METHOD_NOT_ALLOWED, "gRPC is called by POST\n"),
                header::ALLOW,
                "POST, OPTIONS",
            ),
            // 415 and no gRPC error: clients take it for UNKNOWN, which the conformance suite wants.
            Self::ContentType => with(
                answer::http(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "grpc-web is spoken here, and gRPC over HTTP/2\n",
                ),
                HeaderName::from_static("accept-post"),
                "application/grpc-web+proto, application/grpc-web-text+proto",
            ),
            Self::Origin => answer::status_in(
                asked_in.unwrap_or(Protocol::GrpcWeb),
                Status::permission_denied("pages of this origin may not call"),
            ),
        }
    }
}

fn with(
    mut response: http::Response<tonic::body::Body>,
    name: HeaderName,
    value: &'static str,
) -> http::Response<tonic::body::Body> {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    response
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }

    fn gate(arguments: &[&str]) -> Gate {
        let origins = [
            "gateway",
            "--origins",
            "https://a.example,http://localhost:4321",
        ];
        let command = Command::try_parse_from(origins.iter().chain(arguments)).expect("options");
        Gate::of(&command.options)
    }

    fn request(peer: &str, lines: &[(&'static str, &'static str)]) -> http::Request<()> {
        let mut request = http::Request::post("/a.B/C")
            .version(Version::HTTP_2)
            .extension(Peer(SocketAddr::new(peer.parse().expect("an address"), 1)));
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request")
    }

    const NEAR: &str = "127.0.0.1";
    const FAR: &str = "192.0.2.1";
    const WEB: (&str, &str) = ("content-type", "application/grpc-web+proto");
    const GRPC: (&str, &str) = ("content-type", "application/grpc");

    #[test]
    fn trust_by_policy_origin_peer_and_token() {
        const LISTED: (&str, &str) = ("origin", "https://a.example");
        const TOKEN: (&str, &str) = ("x-throughline-trust", "s3cret");
        const GUESS: (&str, &str) = ("x-throughline-trust", "s3cre");
        let policies = ["none", "origins", "all"]
            .map(|policy| gate(&["--trust", policy, "--trusted-token", "s3cret"]));
        let check = |peer: &str, extra: &[(&'static str, &'static str)], expected: [bool; 3]| {
            let lines: Vec<_> = [WEB].iter().chain(extra).copied().collect();
            let found = policies
                .each_ref()
                .map(|gate| gate.admit(&request(peer, &lines)) == Ok(Trust::Trusted));
            assert_eq!(found, expected, "{peer} {extra:?}");
        };
        check(FAR, &[LISTED], [false, true, true]);
        check(FAR, &[], [false, false, true]);
        check(FAR, &[TOKEN], [false, true, true]);
        check(FAR, &[GUESS], [false, false, true]);
        check(FAR, &[TOKEN, TOKEN], [false, false, true]);
        for near in [NEAR, "::1", "::ffff:127.0.0.1"] {
            check(near, &[], [false, true, true]);
        }
    }

    #[test]
    fn no_token_is_no_way_in() {
        for arguments in [&[][..], &["--trusted-token", ""]] {
            let empty = request(FAR, &[WEB, ("x-throughline-trust", "")]);
            assert_eq!(gate(arguments).admit(&empty), Ok(Trust::Untrusted));
        }
    }

    #[test]
    fn a_wrong_origin_is_refused_under_every_policy() {
        for policy in ["none", "origins", "all"] {
            let gate = gate(&["--trust", policy, "--trusted-token", "s3cret"]);
            for origin in [
                "https://b.example",
                "https://a.example.evil",
                "http://a.example",
                "null",
                "",
            ] {
                let lines = [WEB, ("origin", origin), ("x-throughline-trust", "s3cret")];
                assert_eq!(
                    gate.admit(&request(NEAR, &lines)),
                    Err(Refusal::Origin),
                    "{origin:?}"
                );
            }
            let twice = [
                WEB,
                ("origin", "https://a.example"),
                ("origin", "https://a.example"),
            ];
            assert_eq!(gate.admit(&request(NEAR, &twice)), Err(Refusal::Origin));
        }
    }

    #[test]
    fn only_the_protocols_pass() {
        let gate = gate(&[]);
        let check = |lines: &[(&'static str, &'static str)], expected: Option<Refusal>| {
            assert_eq!(
                gate.admit(&request(NEAR, lines)).err(),
                expected,
                "{lines:?}"
            );
        };
        for content_type in [
            "application/grpc-web",
            "application/grpc-web+proto",
            "application/grpc-web-text",
            "application/grpc-web-text+proto",
            "application/grpc",
            "application/grpc+proto",
        ] {
            check(&[("content-type", content_type)], None);
        }
        for content_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json",
            "application/grpc-web+json",
            "application/grpc-web; charset=utf-8",
            "Application/grpc-web",
            "application/proto",
        ] {
            check(
                &[("content-type", content_type)],
                Some(Refusal::ContentType),
            );
        }
        check(&[], Some(Refusal::ContentType));
        check(&[WEB, WEB], Some(Refusal::ContentType));
        // No page speaks gRPC itself, not even of a listed origin.
        check(
            &[GRPC, ("origin", "https://a.example")],
            Some(Refusal::Origin),
        );
        let mut h1 = request(NEAR, &[GRPC]);
        *h1.version_mut() = Version::HTTP_11;
        assert_eq!(gate.admit(&h1), Err(Refusal::ContentType));
        let mut get = request(NEAR, &[WEB]);
        *get.method_mut() = Method::GET;
        assert_eq!(gate.admit(&get), Err(Refusal::Method));
    }
}
