//! The double's spans: what a v25.4.0 exported of a call, played back over OTLP with the ids and the times of another
//! call. As from a real one, spans come along that nobody asked for, and span events with texts and data.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message as _;
use tonic::metadata::MetadataMap;

const RECORDED: &[u8] = include_bytes!("../../data/dgraph-v25.4.0-otlp.pb");
/// Below it stands what a mutation does.
const MUTATES: &str = "Server.Mutate";
const READS: &str = "processTask.";
const CALL: &str = "api.Dgraph/";

/// Where the double's spans are sent.
pub(super) struct Exporter {
    address: String,
    noise_sent: AtomicBool,
}

/// What a call was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It read.
    Read,
    /// It wrote.
    Write,
}

/// Who called, and since when the call is answered.
pub(super) struct Called {
    trace: Vec<u8>,
    parent: Vec<u8>,
    since: u64,
}

impl Called {
    /// Nothing where the caller sent no `traceparent`.
    pub(super) fn new(metadata: &MetadataMap) -> Option<Self> {
        let text = metadata.get("traceparent")?.to_str().ok()?;
        let mut parts = text.split('-').skip(1);
        Some(Self {
            trace: bytes(parts.next()?)?,
            parent: bytes(parts.next()?)?,
            since: now(),
        })
    }
}

impl Exporter {
    /// To `host:port`, which takes OTLP over HTTP.
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            noise_sent: AtomicBool::new(false),
        }
    }

    /// Sends the spans of a call that has been answered.
    pub(super) async fn send(&self, called: &Called, kind: Kind) {
        let mut spans = played(called, kind);
        if !self.noise_sent.swap(true, Ordering::SeqCst) {
            spans.extend(recorded().noise.iter().cloned());
        }
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans: vec![ScopeSpans {
                    spans,
                    ..ScopeSpans::default()
                }],
                ..recorded().resource.clone()
            }],
        };
        let request = http::Request::post(format!("http://{}/v1/traces", self.address))
            .header(http::header::CONTENT_TYPE, "application/x-protobuf")
            .body(Full::new(bytes::Bytes::from(request.encode_to_vec())));
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request.expect("a request")).await;
        // As a real one, it does not care.
        drop(answer);
    }
}

/// The recording, taken apart.
struct Recorded {
    resource: ResourceSpans,
    /// A call's own span first, then all below it.
    read: Vec<Span>,
    write: Vec<Span>,
    noise: Vec<Span>,
}

fn recorded() -> &'static Recorded {
    static ONE: OnceLock<Recorded> = OnceLock::new();
    ONE.get_or_init(|| {
        let request = ExportTraceServiceRequest::decode(RECORDED).expect("a recorded export");
        let mut resources = request.resource_spans;
        let resource = resources.first_mut().expect("an alpha");
        let scopes = std::mem::take(&mut resource.scope_spans);
        let all: Vec<Span> = scopes.into_iter().flat_map(|scope| scope.spans).collect();
        let calls = || all.iter().filter(|span| span.name == "api.Dgraph/Query");
        let trees: Vec<_> = calls().map(|call| tree(&all, call)).collect();
        let first = |has: &str, not: &str| {
            let named = |tree: &Vec<Span>, name: &str| {
                !name.is_empty() && tree.iter().any(|it| it.name.starts_with(name))
            };
            let mut fit = trees.iter().filter(|it| named(it, has) && !named(it, not));
            fit.next().expect("such a call was recorded").clone()
        };
        let (read, write) = (first(READS, MUTATES), first(MUTATES, ""));
        let of_calls: std::collections::HashSet<_> = all
            .iter()
            .filter(|span| span.name.starts_with(CALL))
            .map(|span| span.trace_id.clone())
            .collect();
        let noise = all
            .iter()
            .filter(|span| !of_calls.contains(&span.trace_id))
            .cloned()
            .collect();
        Recorded {
            resource: resource.clone(),
            read,
            write,
            noise,
        }
    })
}

/// A span and all below it, the outer ones first.
fn tree(all: &[Span], top: &Span) -> Vec<Span> {
    let mut tree = vec![top.clone()];
    let mut at = 0;
    while let Some(parent) = tree.get(at).map(|span| span.span_id.clone()) {
        tree.extend(all.iter().filter(|it| it.parent_span_id == parent).cloned());
        at += 1;
    }
    tree
}

/// The recorded spans of such a call, as if they had been made by this one, which ends now.
fn played(called: &Called, kind: Kind) -> Vec<Span> {
    let spans = match kind {
        Kind::Read => &recorded().read,
        Kind::Write => &recorded().write,
    };
    let chance = RandomState::new();
    let top = &spans[0];
    let ids: HashMap<_, _> = spans
        .iter()
        .map(|span| {
            (
                &span.span_id,
                chance.hash_one(&span.span_id).to_be_bytes().to_vec(),
            )
        })
        .collect();
    let (took, takes) = (
        top.end_time_unix_nano - top.start_time_unix_nano,
        now() - called.since,
    );
    let time = |recorded: u64| {
        let since = recorded.saturating_sub(top.start_time_unix_nano).min(took);
        let scaled = u128::from(since) * u128::from(takes) / u128::from(took.max(1));
        called.since + u64::try_from(scaled).unwrap_or(takes)
    };
    let play = |span: &Span| {
        let mut span = span.clone();
        span.trace_id.clone_from(&called.trace);
        let parent = ids.get(&span.parent_span_id);
        span.parent_span_id = parent.unwrap_or(&called.parent).clone();
        span.span_id = ids[&span.span_id].clone();
        span.start_time_unix_nano = time(span.start_time_unix_nano);
        span.end_time_unix_nano = time(span.end_time_unix_nano);
        for event in &mut span.events {
            event.time_unix_nano = time(event.time_unix_nano);
        }
        span
    };
    spans.iter().map(play).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_hang_below_who_called_and_keep_to_the_call() {
        let called = Called {
            trace: vec![7; 16],
            parent: vec![9; 8],
            since: now() - 1_000,
        };
        for kind in [Kind::Read, Kind::Write] {
            let spans = played(&called, kind);
            assert_eq!(spans[0].parent_span_id, called.parent);
            assert!(spans.len() > 2 && recorded().noise.len() > 100);
            for span in &spans {
                let above = spans.iter().any(|it| it.span_id == span.parent_span_id);
                assert!(above || span.span_id == spans[0].span_id, "{span:?}");
                assert_eq!(span.trace_id, called.trace);
                assert!(span.start_time_unix_nano >= called.since);
                assert!(span.end_time_unix_nano <= spans[0].end_time_unix_nano);
            }
        }
        assert_ne!(
            played(&called, Kind::Read)[0].span_id,
            played(&called, Kind::Read)[0].span_id
        );
    }
}
