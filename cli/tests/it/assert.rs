//! `trace assert`: its exit codes, its lines and its report.

use throughline_api::inspector::v1::trace_service_server::TraceService;
use throughline_api::inspector::v1::{
    CheckResult, CheckTraceRequest, CheckTraceResponse, GetIntakeRequest, GetIntakeResponse,
    GetTraceRequest, GetTraceResponse, ListTracesRequest, ListTracesResponse, TailTracesRequest,
    TailTracesResponse, Trace, TraceSummary, Verdict,
};
use tonic::{Request, Response, Status};

use crate::command::throughline;
use crate::servers::{RunningInspector, graph, nobody, told_inspector};
use crate::trace::{one_call, trace};

/// Answers every check alike.
struct Told(Result<CheckTraceResponse, Status>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl TraceService for Told {
    type TailTracesStream = tokio_stream::Empty<Result<TailTracesResponse, Status>>;

    async fn check_trace(&self, _: Request<CheckTraceRequest>) -> Answer<CheckTraceResponse> {
        self.0.clone().map(Response::new)
    }

    async fn list_traces(&self, _: Request<ListTracesRequest>) -> Answer<ListTracesResponse> {
        Err(Status::unimplemented("list"))
    }

    async fn get_trace(&self, _: Request<GetTraceRequest>) -> Answer<GetTraceResponse> {
        Ok(Response::new(GetTraceResponse { trace: None }))
    }

    async fn tail_traces(&self, _: Request<TailTracesRequest>) -> Answer<Self::TailTracesStream> {
        Ok(Response::new(tokio_stream::empty()))
    }

    async fn get_intake(&self, _: Request<GetIntakeRequest>) -> Answer<GetIntakeResponse> {
        Err(Status::unimplemented("intake"))
    }
}

fn told(verdict: Verdict, results: &[(&str, Verdict, &str)]) -> Told {
    let result = |(check, verdict, service): &(&str, Verdict, &str)| CheckResult {
        check: (*check).into(),
        verdict: (*verdict).into(),
        service: (*service).into(),
        message: "a <sentence>".into(),
    };
    let summary = TraceSummary {
        trace_id: "ab".repeat(16),
        ..Default::default()
    };
    Told(Ok(CheckTraceResponse {
        verdict: verdict.into(),
        results: results.iter().map(result).collect(),
        trace: Some(Trace {
            summary: Some(summary),
            ..Default::default()
        }),
    }))
}

async fn check(told: Told, code: i32, prints: &str) -> String {
    let inspector = told_inspector(told).await;
    let junit = tempfile::NamedTempFile::new().unwrap();
    let run = trace(&inspector.url(), "assert --latest --one-root --errors 0");
    run.path("--junit", junit.path())
        .run()
        .await
        .exits(code)
        .prints(prints);
    std::fs::read_to_string(junit.path()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_is_the_verdict() {
    let good = [
        ("one-root", Verdict::Holds, ""),
        ("errors", Verdict::Holds, ""),
    ];
    let xml = check(told(Verdict::Holds, &good), 0, "holds  errors").await;
    assert!(
        xml.contains(r#"tests="3" skipped="0" failures="0" errors="0""#),
        "{xml}"
    );

    let bad = [
        ("one-root", Verdict::Fails, "graph"),
        ("errors", Verdict::Holds, ""),
    ];
    let xml = check(
        told(Verdict::Fails, &bad),
        1,
        "fails  one-root [graph]: a <sentence>",
    )
    .await;
    assert!(
        xml.contains(r#"name="one-root [graph]""#) && xml.contains("&lt;sentence&gt;"),
        "{xml}"
    );

    check(told(Verdict::Unknown, &[]), 2, "cannot be judged").await;
    check(
        told(Verdict::Holds, &[]),
        2,
        "the inspector did not answer this",
    )
    .await;
    let unavailable = Told(Err(Status::unavailable("busy")));
    let xml = check(unavailable, 2, "UNAVAILABLE: busy").await;
    assert!(xml.contains(r#"errors="2""#), "{xml}");
    check(
        Told(Err(Status::unimplemented("old"))),
        2,
        "of this version?",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_inspector_refuses_is_wrong_use() {
    let inspector = told_inspector(Told(Err(Status::invalid_argument("no")))).await;
    trace(&inspector.url(), "assert --latest")
        .run()
        .await
        .exits(64)
        .says("INVALID_ARGUMENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_written_is_a_failure() {
    let inspector = told_inspector(told(Verdict::Holds, &[])).await;
    let run = trace(
        &inspector.url(),
        "assert --latest --junit /nowhere/report.xml",
    );
    run.run().await.exits(1).says("/nowhere/report.xml");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspector_that_is_not_there_cannot_judge() {
    let nobody = nobody();
    let url = nobody.url();
    trace(url, "assert --latest --wait 0s")
        .run()
        .await
        .exits(2)
        .prints(url);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_trace_is_no_tree() {
    let inspector = told_inspector(told(Verdict::Holds, &[])).await;
    trace(&inspector.url(), "show latest")
        .run()
        .await
        .exits(1)
        .says("without a trace");
    trace(&inspector.url(), "tail")
        .run()
        .await
        .exits(1)
        .says("ended the stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_trace_is_judged() {
    let (inspector, graph) = (RunningInspector::start().await, graph().await);
    let url = inspector.url();
    trace(&url, "assert --latest --one-root --wait 0s")
        .run()
        .await
        .exits(2);

    // A command that calls nobody is a whole trace by itself.
    let file = tempfile::NamedTempFile::new().unwrap();
    let alone = throughline(["graph", "import", "--cargo", "/nowhere"]);
    let alone = alone
        .path("--trace-id-file", file.path())
        .env("SENTRY_DSN", &inspector.dsn());
    alone.run().await.exits(1);
    let id = std::fs::read_to_string(file.path()).unwrap();
    let whole = format!(
        "assert --trace {} --services throughline --one-root --errors 0",
        id.trim()
    );
    trace(&url, &whole)
        .run()
        .await
        .exits(0)
        .prints("holds  one-root");
    let more = format!(
        "assert --trace {} --services throughline,mailer --wait 1s",
        id.trim()
    );
    trace(&url, &more)
        .run()
        .await
        .exits(1)
        .prints("fails")
        .prints("mailer");
    let more = format!("assert --trace {} --errors 1 --wait 1s", id.trim());
    trace(&url, &more)
        .run()
        .await
        .exits(1)
        .prints("fails  errors");

    // This graph service records nothing, which no flag need ask for.
    let id = one_call(&inspector, &graph).await;
    let broken = trace(&url, &format!("assert --trace {id} --one-root"));
    broken.run().await.exits(1).prints("server side");
}
