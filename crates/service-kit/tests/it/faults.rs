//! Faults by header: what the caller sees, what the trace says, that each is counted once, and who gets to know.

use throughline_testkit::{Collector, RecordingProxy};
use throughline_trace_model::Record;

use crate::probe::{probe, traced};
use crate::raw;

const FAULT: &str = "x-throughline-fault";
const OK: &str = "/test.v1.Probe/Ok";
const STREAM: &str = "/test.v1.Probe/Stream";

#[tokio::test]
async fn each_fault_is_one_failure() {
    struct Case {
        fault: &'static str,
        method: &'static str,
        /// Bytes of messages, and the status in head or trailers.
        seen: (usize, &'static str),
        status: &'static str,
        events: usize,
    }
    let case = |fault, method, seen, status, events| Case {
        fault,
        method,
        seen,
        status,
        events,
    };
    for case in [
        case("error:UNAVAILABLE", OK, (0, "14"), "unavailable", 1),
        case("panic", OK, (0, "13"), "internal_error", 1),
        case("panic-spawned", OK, (0, "13"), "internal_error", 1),
        case("panic-stream", STREAM, (0, "13"), "internal_error", 1),
        case("reset-after:2", STREAM, (10, "reset"), "internal_error", 1),
        case("stall", OK, (0, "4"), "deadline_exceeded", 0),
        case("delay:1", OK, (5, "0"), "ok", 0),
    ] {
        let name = case.fault;
        let collector = Collector::start();
        let process = traced(&collector)
            .env("THROUGHLINE_FAULTS", "1")
            .env("RUST_LOG", "throughline_service_kit=debug")
            .spawn()
            .await;
        let asked = format!("other=panic,probe={name}");
        // Short where it is waited for; long where a panic's trace may take its time.
        let timeout = if name == "stall" { "2S" } else { "50S" };
        let headers = [(FAULT, &*asked), ("grpc-timeout", timeout)];
        let answer = raw::call(process.url(), case.method, &headers).await;
        let status = answer.head.or(answer.trailers);
        assert_eq!(
            (answer.bytes, status.as_deref()),
            (case.seen.0, Some(case.seen.1)),
            "{name}"
        );
        let finished = process.stop().await;
        let fired = finished.stderr.matches("a fault fires").count();
        assert_eq!(fired, 1, "{name}: {}", finished.stderr);
        let records = collector.records();
        let spans: Vec<_> = records
            .iter()
            .filter_map(|record| match record {
                Record::Span(span) => Some(&*span.status),
                _ => None,
            })
            .collect();
        assert_eq!(spans, [case.status], "{name}");
        let events = records
            .iter()
            .filter(|record| matches!(record, Record::Event(_)));
        assert_eq!(events.count(), case.events, "{name}: {records:#?}");
    }
}

#[tokio::test]
async fn what_is_asked_goes_on_unchanged_where_faults_are_obeyed() {
    for (obeyed, passed) in [("1", Some("probe=nothing, other=panic")), ("0", None)] {
        let last = probe().spawn().await;
        let proxy = RecordingProxy::start(last.url());
        let first = probe()
            .env("PROBE_NEXT", proxy.url())
            .env("THROUGHLINE_FAULTS", obeyed)
            .spawn()
            .await;
        let headers = [(FAULT, "probe=nothing, other=panic")];
        raw::call(first.url(), "/test.v1.Probe/Left", &headers).await;
        let requests = proxy.wait_for(1).await;
        assert_eq!(requests[0].header(FAULT), passed, "{obeyed}");
    }
}
