//! The frozen context in the header of an envelope, as the collector gets it.

use http::HeaderMap;
use sentry_propagation::{IncomingTrace, sdk};
use serde_json::json;

use super::collector::{OK, json as parsed};
use super::*;

const SENTRY_TRACE: &str = "771a43a4192642f0b136d5159a501700-0123456789abcdef-1";
const BAGGAGE: &str = "other=1,sentry-trace_id=771a43a4192642f0b136d5159a501700,sentry-sample_rate=0.250,\
    sentry-replay_id=abc,sentry-unheard_of=%C3%A9";

#[test]
fn transactions_and_events_carry_what_the_head_said() {
    let collector = Collector::new(OK);
    let sender = Sender::new(&collector.dsn(), patient());
    let mut headers = HeaderMap::new();
    headers.insert("sentry-trace", SENTRY_TRACE.parse().unwrap());
    headers.insert("baggage", BAGGAGE.parse().unwrap());
    let incoming = IncomingTrace::extract(&headers, &Default::default());

    let started = sdk::start_transaction(&sender.hub, &incoming, "call", "rpc.server");
    sender
        .hub
        .configure_scope(|scope| started.apply_to_scope(scope));
    sender.event("failed");
    sender.log("logged");
    Hub::run(sender.hub.clone(), || started.transaction.finish());
    let client = sender.client;
    assert!(returns(move || client.close(Some(LONG))));

    let expected = json!({
        "trace_id": "771a43a4192642f0b136d5159a501700",
        "sample_rate": "0.250",
        "replay_id": "abc",
        "unheard_of": "é",
    });
    let mut seen = Vec::new();
    for envelope in collector.envelopes() {
        let kind = parsed(&envelope[1])["type"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let trace = parsed(&envelope[0]).get("trace").cloned();
        let wanted = (kind != "log").then(|| expected.clone());
        assert_eq!(trace, wanted, "{kind}");
        seen.push(kind);
    }
    seen.sort();
    assert_eq!(seen, ["event", "log", "transaction"]);
}
