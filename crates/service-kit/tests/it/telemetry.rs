//! What leaves the process: spans, logs and events, in the call's trace and with the service's name.

use serde_json::Value;
use throughline_testkit::Collector;
use throughline_trace_model::{Event, Log, Record, Span};
use tonic::Code;

use crate::probe::{call, call_with, connect, traced};

fn spans(records: &[Record]) -> Vec<&Span> {
    let spans = records.iter().map(|record| match record {
        Record::Span(span) => Some(span),
        _ => None,
    });
    spans.flatten().collect()
}

fn events(records: &[Record]) -> Vec<&Event> {
    let events = records.iter().map(|record| match record {
        Record::Event(event) => Some(event),
        _ => None,
    });
    events.flatten().collect()
}

fn logs(records: &[Record]) -> Vec<&Log> {
    let logs = records.iter().map(|record| match record {
        Record::Log(log) => Some(log),
        _ => None,
    });
    logs.flatten().collect()
}

fn named<'a>(spans: &[&'a Span], name: &str) -> &'a Span {
    spans
        .iter()
        .find(|span| span.name == name)
        .unwrap_or_else(|| panic!("no span {name} in {spans:#?}"))
}

#[tokio::test]
async fn every_line_written_in_a_call_carries_its_ids() {
    let collector = Collector::start();
    let process = traced(&collector).env("LOG_FORMAT", "json").spawn().await;
    call(process.url(), "/test.v1.Probe/Log")
        .await
        .expect("it answers");
    let finished = process.stop().await;

    let records = collector.records();
    let span = named(&spans(&records), "work").clone();
    let line = finished
        .stderr
        .lines()
        .find(|line| line.contains("something to say"));
    let line: Value = serde_json::from_str(line.expect("it is logged")).expect("it is JSON");
    assert_eq!(line["trace_id"], span.trace_id);
    assert_eq!(line["span_id"], span.span_id);
    assert_eq!(line["service"], "probe");
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["answer"], 42);

    let all_logs = logs(&records);
    let log = all_logs
        .iter()
        .find(|log| log.body == "something to say")
        .expect("it is sent");
    assert_eq!(log.trace_id.as_deref(), Some(&*span.trace_id));
    assert_eq!(log.span_id.as_deref(), Some(&*span.span_id));
    assert_eq!((&*log.service, &*log.level), ("probe", "error"));
    assert_eq!(
        events(&records),
        Vec::<&Event>::new(),
        "an error in the log is no event"
    );
}

#[tokio::test]
async fn lines_for_eyes_carry_the_ids_too() {
    let collector = Collector::start();
    let process = traced(&collector).env("LOG_FORMAT", "pretty").spawn().await;
    call(process.url(), "/test.v1.Probe/Log")
        .await
        .expect("it answers");
    let finished = process.stop().await;
    let records = collector.records();
    let all_spans = spans(&records);
    let span = named(&all_spans, "work");
    let ids = format!("trace_id={} span_id={}", span.trace_id, span.span_id);
    assert!(finished.stderr.contains(&ids), "{ids}: {}", finished.stderr);
}

#[tokio::test]
async fn a_panic_is_one_event_under_its_span_and_internal_to_the_caller() {
    let collector = Collector::start();
    let process = traced(&collector).spawn().await;
    let status = call(process.url(), "/test.v1.Probe/Panic")
        .await
        .expect_err("it panics");
    assert_eq!(status.code(), Code::Internal);
    call(process.url(), "/test.v1.Probe/Ok")
        .await
        .expect("the next call is served");
    let finished = process.stop().await;

    let records = collector.records();
    let all_events = events(&records);
    let [event] = all_events[..] else {
        panic!("one event, not {all_events:#?}")
    };
    let all_spans = spans(&records);
    let span = named(&all_spans, "test.v1.Probe/Panic");
    assert_eq!(event.trace_id.as_deref(), Some(&*span.trace_id));
    assert_eq!(event.span_id.as_deref(), Some(&*span.span_id));
    assert_eq!((&*event.service, &*event.level), ("probe", "fatal"));
    assert_eq!(
        finished.stderr.matches("as asked").count(),
        1,
        "said once: {}",
        finished.stderr
    );
}

#[tokio::test]
async fn what_dgraph_tonic_says_of_passwords_goes_nowhere() {
    for format in ["json", "pretty"] {
        let collector = Collector::start();
        let process = traced(&collector).env("LOG_FORMAT", format);
        let asked = "trace,dgraph_tonic::stub=trace";
        let process = process.env("RUST_LOG", asked).spawn().await;
        call(process.url(), "/test.v1.Probe/Tell")
            .await
            .expect("it answers");
        let finished = process.stop().await;
        let records = collector.records();
        named(&spans(&records), "work");
        let sent = format!("{records:?}");
        for (place, text) in [("log", &finished.stderr), ("envelopes", &sent)] {
            assert!(text.contains("something to say"), "{place}: {text}");
            let line = text.lines().find(|line| line.contains("canary"));
            assert_eq!(line, None, "{format} {place}");
        }
    }
}

async fn nests(method: &'static str, child: &str) {
    let collector = Collector::start();
    let process = traced(&collector).spawn().await;
    call(process.url(), method).await.expect("it answers");
    process.stop().await;
    let records = collector.records();
    let all_spans = spans(&records);
    let [root, parent, child] = [&method[1..], "caller", child].map(|name| named(&all_spans, name));
    assert_eq!(parent.parent_span_id.as_ref(), Some(&root.span_id));
    assert_eq!(
        child.parent_span_id.as_ref(),
        Some(&parent.span_id),
        "{child:#?}"
    );
    assert!(
        all_spans.iter().all(|span| span.trace_id == root.trace_id),
        "one trace: {all_spans:#?}"
    );
    assert!(all_spans.iter().all(|span| span.service == "probe"));
}

#[tokio::test]
async fn blocking_work_nests_in_its_caller() {
    nests("/test.v1.Probe/Block", "blocking").await;
}

#[tokio::test]
async fn spawned_work_nests_in_its_caller() {
    nests("/test.v1.Probe/Spawn", "task").await;
}

#[tokio::test]
async fn health_is_answered_and_not_traced() {
    let collector = Collector::start();
    let process = traced(&collector).spawn().await;
    let mut health =
        tonic_health::pb::health_client::HealthClient::new(connect(process.url()).await);
    for service in ["", "test.v1.Probe"] {
        let request = tonic_health::pb::HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = health
            .check(request)
            .await
            .expect("it answers")
            .into_inner();
        assert_eq!(
            answer.status(),
            tonic_health::pb::health_check_response::ServingStatus::Serving
        );
    }
    call(process.url(), "/test.v1.Probe/Ok")
        .await
        .expect("it answers");
    process.stop().await;
    let records = collector.records();
    let names: Vec<&str> = spans(&records).iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["test.v1.Probe/Ok"]);
}

#[tokio::test]
async fn the_release_is_the_one_of_the_build() {
    let collector = Collector::start();
    let process = traced(&collector).spawn().await;
    call(process.url(), "/test.v1.Probe/Ok")
        .await
        .expect("it answers");
    process.stop().await;
    let envelopes = collector.envelopes();
    let found = envelopes.iter().any(|envelope| {
        let body = String::from_utf8_lossy(&envelope.body);
        body.contains(&format!(
            r#""release":"{}""#,
            throughline_service_kit::RELEASE
        ))
    });
    assert!(found, "no {}", throughline_service_kit::RELEASE);
}

#[tokio::test]
async fn without_our_layer_there_is_no_span_of_the_call() {
    let collector = Collector::start();
    let process = traced(&collector)
        .env("TRACE_LAYERS", "client")
        .spawn()
        .await;
    call(process.url(), "/test.v1.Probe/Ok")
        .await
        .expect("it answers");
    process.stop().await;
    assert_eq!(spans(&collector.records()), Vec::<&Span>::new());
}

async fn ask_for_fault(faults: &str) -> Result<(), tonic::Status> {
    let collector = Collector::start();
    let process = traced(&collector)
        .env("THROUGHLINE_FAULTS", faults)
        .spawn()
        .await;
    let answer = call_with(process.url(), "/test.v1.Probe/Ok", |request| {
        let fault = "gateway=panic,probe=error:RESOURCE_EXHAUSTED"
            .parse()
            .expect("it is ASCII");
        request.metadata_mut().insert("x-throughline-fault", fault);
    });
    answer.await
}

#[tokio::test]
async fn a_fault_fires_only_where_faults_are_on() {
    let status = ask_for_fault("1").await.expect_err("it fires");
    assert_eq!(status.code(), Code::ResourceExhausted);
    ask_for_fault("0").await.expect("nothing fires");
}
