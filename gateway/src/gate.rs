//! The gate: what a request must be to reach a service at all, and whether its trace is trusted. It refuses without
//! reading a body, and before anything is traced, so that strangers' noise makes no transactions.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use tonic::Status;

use crate::headers::TRUST;
use crate::origin::{Claim, Origin, claim};
use crate::{Options, TrustMode, answer};

/// The address of a request's peer, put there by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The terms on which requests pass.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The origins whose pages may call.
    pub origins: Vec<Origin>,
    /// Whose traces are continued.
    pub trust: TrustMode,
    /// What a caller without an Origin shows to be trusted from afar.
    pub token: Option<String>,
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
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    match line.as_bytes() {
        b"application/grpc-web"
        | b"application/grpc-web+proto"
        | b"application/grpc-web-text"
        | b"application/grpc-web-text+proto" => Some(Protocol::GrpcWeb),
        b"application/grpc" | b"application/grpc+proto" => Some(Protocol::Grpc),
        _ => None,
    }
}

/// Lets a request pass, marked with whether its trace is trusted, or answers it.
pub(crate) async fn pass(
    State(gate): State<Arc<Gate>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = gate.admit(&request) {
        return refusal.answer().map(axum::body::Body::new);
    }
    let _trusted = gate.trusts(&request);
    request.headers_mut().remove(TRUST);
    next.run(request).await
}

/// Answers what is on no route.
pub(crate) async fn unknown(request: Request) -> Response {
    match protocol(request.headers()) {
        Some(_) => answer::status(Status::unimplemented("there is no such method here")),
        None => answer::http(StatusCode::NOT_FOUND, "there is nothing here\n"),
    }
    .map(axum::body::Body::new)
}

/// Why a request does not pass.
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
        Self {
            origins: options.origins.clone(),
            trust: options.trust,
            token: options.trusted_token.clone(),
        }
    }

    /// Whether the trace of a request is continued.
    pub fn trusts<B>(&self, request: &http::Request<B>) -> bool {
        let peer = request.extensions().get::<Peer>();
        match self.trust {
            TrustMode::None => false,
            TrustMode::All => true,
            TrustMode::Origins => match claim(request.headers(), &self.origins) {
                Claim::Listed => true,
                Claim::Foreign => false,
                Claim::Absent => {
                    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
                        || self.shows_token(request.headers())
                }
            },
        }
    }

    fn shows_token(&self, headers: &HeaderMap) -> bool {
        let mut shown = headers.get_all(TRUST).iter();
        match (&self.token, shown.next(), shown.next()) {
            (Some(token), Some(shown), None) => {
                !token.is_empty() && token.as_bytes() == shown.as_bytes()
            }
            _ => false,
        }
    }

    /// Whether a request passes, by its head alone.
    pub fn admit<B>(&self, request: &http::Request<B>) -> Result<(), Refusal> {
        if request.method() != Method::POST {
            return Err(Refusal::Method);
        }
        let claim = claim(request.headers(), &self.origins);
        match protocol(request.headers()) {
            None => Err(Refusal::ContentType),
            Some(Protocol::Grpc) if request.version() != Version::HTTP_2 => {
                Err(Refusal::ContentType)
            }
            Some(Protocol::Grpc) if claim != Claim::Absent => Err(Refusal::Origin),
            Some(_) if claim == Claim::Foreign => Err(Refusal::Origin),
            Some(_) => Ok(()),
        }
    }
}

impl Refusal {
    fn answer(self) -> http::Response<tonic::body::Body> {
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
                http::HeaderName::from_static("accept-post"),
                "application/grpc-web+proto, application/grpc-web-text+proto",
            ),
            Self::Origin => answer::status(Status::permission_denied(
                "pages of this origin may not call",
            )),
        }
    }
}

fn with(
    mut response: http::Response<tonic::body::Body>,
    name: http::HeaderName,
    value: &'static str,
) -> http::Response<tonic::body::Body> {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    response
}
