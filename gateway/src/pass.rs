//! The way in, as a middleware: what the peer may use, the gate, metadata, the timeout, the trace's trust. It alone knows
//! the order; each of the parts knows its own matter.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use parking_lot::Mutex;
use sentry_propagation::Trust;
use throughline_service_kit::framing::SingleRequest;
use throughline_service_kit::metrics;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::gate::{self, Gate, Peer, Refusal};
use crate::peers::{Full, Peers, Taken};
use crate::sampled::SampledTraces;
use crate::{Limits, answer, metadata};

/// What a caller is told to wait that found no room: nobody knows when there is some.
const WAIT: Duration = Duration::from_secs(1);

/// Refused because all callers together want too much.
const ALL_CALLS: &str = "calls";

/// What the way in has to know.
#[derive(Debug)]
pub(crate) struct Entrance {
    gate: Gate,
    peers: Peers,
    methods: SingleRequest,
    sampled: Mutex<SampledTraces>,
    limits: Limits,
}

/// Why a request does not get in.
enum Denial {
    Head(Refusal),
    Call(&'static str, Status),
}

impl Entrance {
    pub(crate) fn new(gate: Gate, peers: Peers, methods: SingleRequest, limits: &Limits) -> Self {
        Self {
            gate,
            peers,
            methods,
            sampled: Mutex::new(SampledTraces::new(limits.sampled_traces, Instant::now())),
            limits: limits.clone(),
        }
    }

    fn admit(&self, request: &mut Request) -> Result<Taken, Denial> {
        let peer = request.extensions().get::<Peer>();
        let peer = peer.map_or(Ipv6Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        self.peers.request(peer).map_err(|wait| {
            wait_denial("peer_rate", "more requests than one peer may send", wait)
        })?;
        let mut trust = self.gate.admit(request).map_err(Denial::Head)?;
        let call = |fault: metadata::Fault| Denial::Call(fault.reason(), fault.into());
        metadata::check(request.headers(), &self.limits).map_err(call)?;
        let longest = if self.methods.is_unary(request.uri().path()) {
            self.limits.unary_timeout
        } else {
            self.limits.stream_timeout
        };
        metadata::clamp(request.headers_mut(), longest).map_err(call)?;
        let taken = self.peers.call(peer).map_err(|full| match full {
            Full::All => wait_denial(ALL_CALLS, "there is no room for one more call", WAIT),
            Full::Peer => wait_denial(
                "peer_calls",
                "more calls at once than one peer may make",
                WAIT,
            ),
        })?;
        if trust == Trust::Trusted && !self.continues(peer, request.headers()) {
            metrics::refused("sampled_traces");
            trust = Trust::Untrusted;
        }
        request.extensions_mut().insert(trust);
        Ok(taken)
    }

    fn continues(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let exempt = peer.to_canonical().is_loopback() && !self.limits.loopback;
        exempt || self.sampled.lock().admits(headers, Instant::now())
    }
}

fn wait_denial(reason: &'static str, sentence: &'static str, wait: Duration) -> Denial {
    let details = ErrorDetails::with_retry_info(Some(wait));
    let status = Status::with_error_details(Code::ResourceExhausted, sentence, details);
    Denial::Call(reason, status)
}

/// Lets a request pass, marked with whether its trace is trusted, or answers it.
pub(crate) async fn pass(
    State(entrance): State<Arc<Entrance>>,
    mut request: Request,
    next: Next,
) -> Response {
    let denial = match entrance.admit(&mut request) {
        Ok(taken) => {
            // In flight until the last byte of the answer is on its way.
            return next.run(request).await.map(|body| {
                axum::body::Body::new(body.map_frame(move |frame| {
                    let _held = &taken;
                    frame
                }))
            });
        }
        Err(denial) => denial,
    };
    let asked_in = gate::protocol(request.headers());
    let answer = match denial {
        Denial::Head(refusal) => {
            metrics::refused(refusal.reason());
            refusal.answer(asked_in)
        }
        Denial::Call(reason, status) => {
            metrics::refused(reason);
            if reason == ALL_CALLS {
                metrics::shed();
            }
            tracing::debug!(reason, "a request is refused");
            answer::status_in(asked_in.unwrap_or(gate::Protocol::GrpcWeb), status)
        }
    };
    answer.map(axum::body::Body::new)
}
