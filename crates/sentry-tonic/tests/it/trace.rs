//! The trace goes on: taken from metadata, written into it, and the same at
//! every hop.

use http::{HeaderMap, HeaderValue};
use sentry_core::protocol::Transaction;
use sentry_tonic::{ClientLayer, ServerLayer, Trust};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response};
use tower::Layer;

use crate::echo::{Echo, Note, note};
use crate::peer::Peer;
use crate::stage::{Caller, Served, Side, trace_of};

const TRACE: &str = "09e04486820349518ac7b5d2adbf6ba5";
const SPAN: &str = "9cf635fa5b870b3a";

fn request(headers: &[(&'static str, &str)]) -> Request<Note> {
    let mut request = Request::new(note(""));
    for (key, value) in headers {
        request.metadata_mut().append(*key, value.parse().unwrap());
    }
    request
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.to_str().unwrap());
    assert_eq!(values.next(), None::<&HeaderValue>, "{name} twice");
    value
}

/// A hop: serves, and for each call calls `next`.
fn hop(side: &Side, next: &Served) -> Served {
    let endpoint = next.endpoint();
    let echo = Echo::new().say(move |request| {
        let endpoint = endpoint.clone();
        async move {
            let mut next = Caller::new(ClientLayer::new().layer(endpoint.connect_lazy()));
            next.say(request.into_inner()).await?;
            Ok(Response::new(note("")))
        }
    });
    side.serve(ServerLayer::new(), echo)
}

/// Sends `headers` through a hop of `side`, and returns those that it sent on.
fn through(side: &Side, headers: &[(&'static str, &str)]) -> HeaderMap {
    let peer = Peer::agreeable();
    let served = hop(side, &peer.served);
    Side::without_client().run(async { served.bare().say(request(headers)).await.unwrap() });
    peer.head()
}

#[test]
fn a_head_is_continued_and_its_baggage_stays_frozen() {
    let side = Side::new();
    let frozen = format!(
        "sentry-trace_id={TRACE},sentry-public_key=k,sentry-sample_rate=0.250,\
         sentry-unknown=a%20b,sentry-sampled=true"
    );
    let incoming = format!("{TRACE}-{SPAN}-1");
    let theirs = format!("{frozen},tenant=a");
    let out = through(&side, &[("sentry-trace", &incoming), ("baggage", &theirs)]);

    let transaction: Transaction<'_> = side.transaction();
    let call = trace_of(&transaction);
    assert_eq!(call.trace_id.to_string(), TRACE);
    assert_eq!(call.parent_span_id.unwrap().to_string(), SPAN);
    let span = transaction.spans[0].span_id;
    assert_eq!(
        header(&out, "sentry-trace"),
        Some(&*format!("{TRACE}-{span}-1"))
    );
    assert_eq!(
        header(&out, "traceparent"),
        Some(&*format!("00-{TRACE}-{span}-01"))
    );
    assert_eq!(header(&out, "baggage"), Some(&*frozen), "third party gone");
}

#[test]
fn an_unsampled_head_stays_unsampled() {
    let side = Side::new();
    let incoming = format!("{TRACE}-{SPAN}-0");
    let baggage = format!("sentry-trace_id={TRACE},sentry-sampled=false");
    let out = through(&side, &[("sentry-trace", &incoming), ("baggage", &baggage)]);
    let sent = header(&out, "sentry-trace").unwrap();
    assert!(sent.starts_with(TRACE) && sent.ends_with("-0"), "{sent}");
    assert_eq!(header(&out, "baggage"), Some(&*baggage));
    assert!(side.sent().transactions.is_empty());
}

#[test]
fn a_deferred_decision_stays_open() {
    let side = Side::new();
    let incoming = format!("{TRACE}-{SPAN}");
    let baggage = format!("sentry-trace_id={TRACE},sentry-sample_rand=0.500000");
    let out = through(&side, &[("sentry-trace", &incoming), ("baggage", &baggage)]);
    let sent = header(&out, "sentry-trace").unwrap();
    assert_eq!(sent.len(), TRACE.len() + 1 + SPAN.len(), "{sent}");
    assert!(sent.starts_with(TRACE));
    assert_eq!(header(&out, "baggage"), Some(&*baggage));
}

#[test]
fn no_client_passes_on_what_came_through_two_hops() {
    let (first, second) = (Side::without_client(), Side::without_client());
    let peer = Peer::agreeable();
    let behind = hop(&second, &peer.served);
    let served = hop(&first, &behind);
    let incoming = format!("{TRACE}-{SPAN}-1");
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let baggage = format!("sentry-trace_id={TRACE},sentry-sample_rate=0.250,sentry-x=%C3%A9");
    let headers = [
        ("sentry-trace", &*incoming),
        ("baggage", &*baggage),
        ("traceparent", &*parent),
    ];
    Side::without_client().run(async { served.bare().say(request(&headers)).await.unwrap() });
    let out = peer.head();
    for (name, value) in headers {
        assert_eq!(header(&out, name), Some(value), "{name}");
    }
}

#[test]
fn no_client_and_no_trace_sends_none() {
    let out = through(&Side::without_client(), &[]);
    for name in ["sentry-trace", "baggage", "traceparent"] {
        assert_eq!(header(&out, name), None, "{name}");
    }
}

#[test]
fn the_head_of_a_trace_freezes_its_own_baggage() {
    let side = Side::new();
    let out = through(&side, &[]);
    let trace = trace_of(&side.transaction()).trace_id;
    let baggage = header(&out, "baggage").unwrap();
    for pair in [
        format!("sentry-trace_id={trace}"),
        "sentry-sampled=true".to_owned(),
        "sentry-release=it%401".to_owned(),
    ] {
        assert!(baggage.split(',').any(|found| found == pair), "{baggage}");
    }
}

#[test]
fn malformed_trace_headers_begin_a_trace() {
    let side = Side::new();
    let out = through(&side, &[("sentry-trace", "nonsense"), ("baggage", "=;=")]);
    let call = trace_of(&side.transaction());
    assert_eq!(call.parent_span_id, None);
    let sent = header(&out, "sentry-trace").unwrap();
    assert!(sent.starts_with(&call.trace_id.to_string()), "{sent}");
}

#[test]
fn baggage_that_the_application_sets_is_kept() {
    let (client, peer) = (Side::new(), Peer::agreeable());
    client.run_in_transaction(async {
        let headers = [
            ("baggage", "tenant=a;p=1,sentry-release=stale"),
            ("baggage", "user=b"),
            ("sentry-trace", "stale"),
        ];
        let mut caller = peer.served.traced();
        caller.say(request(&headers)).await.unwrap();
    });
    let out = peer.head();
    let baggage = header(&out, "baggage").unwrap();
    assert!(baggage.contains("tenant=a;p=1"), "{baggage}");
    assert!(baggage.contains("user=b") && !baggage.contains("stale"));
    let span = client.transaction().spans[0].span_id.to_string();
    assert!(header(&out, "sentry-trace").unwrap().contains(&span));
}

#[test]
fn a_target_that_is_not_listed_gets_no_trace() {
    for (listed, expected) in [(true, true), (false, false)] {
        let (client, peer) = (Side::new(), Peer::agreeable());
        let address = peer.served.address.to_string();
        let layer = ClientLayer::new()
            .target(&peer.served.url())
            .propagate_to(move |authority| listed && authority == address);
        client.run_in_transaction(async {
            let channel = peer.served.endpoint().connect_lazy();
            Caller::new(layer.layer(channel))
                .say(note(""))
                .await
                .unwrap();
        });
        let head = peer.head();
        assert_eq!(head.contains_key("sentry-trace"), expected);
        assert_eq!(head.contains_key("baggage"), expected);
        assert_eq!(head.contains_key("traceparent"), expected);
        assert_eq!(client.transaction().spans.len(), 1, "recorded either way");
    }
}

#[test]
fn traceparent_can_be_left_out() {
    let (client, peer) = (Side::new(), Peer::agreeable());
    let layer = ClientLayer::new().traceparent(false);
    client.run_in_transaction(async {
        let channel = peer.served.endpoint().connect_lazy();
        Caller::new(layer.layer(channel))
            .say(note(""))
            .await
            .unwrap();
    });
    assert!(!peer.head().contains_key("traceparent"));
    assert!(peer.head().contains_key("sentry-trace"));
}

/// Calls a server that does not trust its callers.
fn untrusted(side: &Side, headers: &[(&'static str, &str)]) -> Transaction<'static> {
    let served = side.serve_by(|listener| async move {
        let mark = tower::util::MapRequestLayer::new(|mut request: http::Request<_>| {
            let _: &tonic::body::Body = request.body();
            request.extensions_mut().insert(Trust::Untrusted);
            request
        });
        let layer = ServerLayer::new().tag_baggage(["tenant"]);
        Server::builder()
            .layer(tower::ServiceBuilder::new().layer(mark).layer(layer))
            .add_service(Echo::new())
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    });
    Side::without_client().run(async { served.bare().say(request(headers)).await.unwrap() });
    side.transaction()
}

#[test]
fn an_untrusted_caller_is_linked_not_continued() {
    let side = Side::new();
    let incoming = format!("{TRACE}-{SPAN}-0");
    let transaction = untrusted(
        &side,
        &[("sentry-trace", &incoming), ("baggage", "tenant=a")],
    );
    let call = trace_of(&transaction);
    assert_ne!(call.trace_id.to_string(), TRACE);
    assert_eq!(call.parent_span_id, None);
    let link = call.data["sentry.previous_trace"].as_str().unwrap();
    assert!(link.starts_with(&format!("{TRACE}-{SPAN}")), "{link}");
    assert!(transaction.tags.is_empty());
}

#[test]
fn the_trace_is_left_in_the_extensions() {
    let side = Side::new();
    let echo = Echo::new().say(|request| async move {
        let trace = request.extensions().get::<sentry_tonic::IncomingTrace>();
        let parent = trace.and_then(sentry_tonic::IncomingTrace::parent).unwrap();
        Ok(Response::new(note(parent.to_string())))
    });
    let served = side.serve(ServerLayer::new(), echo);
    let incoming = format!("{TRACE}-{SPAN}-1");
    let answer = Side::without_client().run(async {
        let request = request(&[("sentry-trace", &incoming)]);
        served.bare().say(request).await.unwrap()
    });
    assert_eq!(answer.into_inner().text, incoming);
}
