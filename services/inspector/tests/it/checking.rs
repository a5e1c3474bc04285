//! CheckTrace and GetTrace wait for what comes, and judge it.

use throughline_api::inspector::v1 as pb;

use crate::{Running, envelope, id, reference, start};

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

fn request(trace: Option<pb::TraceRef>, services: &[&str], wait: i64) -> pb::CheckTraceRequest {
    let services = services
        .iter()
        .map(|service| (*service).to_owned())
        .collect();
    let expectations = pb::Expectations {
        services,
        no_orphans: true,
        one_root: true,
        errors: Some(0),
        same_baggage: true,
    };
    pb::CheckTraceRequest {
        trace,
        expectations: Some(expectations),
        wait: seconds(wait),
    }
}

async fn check(running: &mut Running, request: pb::CheckTraceRequest) -> pb::CheckTraceResponse {
    running
        .client
        .check_trace(request)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn nothing_is_unknown() {
    let mut running = start().await;
    for trace in [
        reference(&id(1)),
        Some(pb::TraceRef {
            r#ref: Some(pb::trace_ref::Ref::Latest(true)),
        }),
    ] {
        let answer = check(&mut running, request(trace, &["web"], 0)).await;
        assert_eq!(answer.verdict(), pb::Verdict::Unknown);
        assert_eq!(answer.trace, None);
        assert_eq!(answer.results[0].check, "arrived");
    }
}

#[tokio::test]
async fn it_waits_until_all_is_there_and_quiet() {
    let mut running = start().await;
    let mut client = running.client.clone();
    let wanted = request(reference(&id(9)), &["web", "core"], 60);
    let asked = throughline_service_kit::spawn(async move {
        client.check_trace(wanted).await.unwrap().into_inner()
    });
    running
        .send("core", &envelope(9, 3, 2, "rpc.server", 103, 107))
        .await;
    let soon = check(&mut running, request(reference(&id(9)), &["core"], 0)).await;
    assert_ne!(
        soon.verdict(),
        pb::Verdict::Holds,
        "an orphan that just came"
    );
    running
        .send("web", &envelope(9, 1, 0, "task", 101, 109))
        .await;
    running
        .send("web", &envelope(9, 2, 1, "rpc.client", 102, 108))
        .await;
    let answer = asked.await.unwrap();
    assert_eq!(
        answer.verdict(),
        pb::Verdict::Holds,
        "{:#?}",
        answer.results
    );
    let trace = answer.trace.unwrap();
    assert!(trace.quiet);
    assert_eq!(
        trace.roots[0].children[0].children[0]
            .span
            .as_ref()
            .unwrap()
            .service,
        "core"
    );
    assert_eq!(trace.sampling_context["sampled"], "true");
}

#[tokio::test]
async fn a_waiting_get_returns_the_quiet_trace() {
    let mut running = start().await;
    let mut client = running.client.clone();
    let wanted = pb::GetTraceRequest {
        trace: reference(&id(3)),
        wait: seconds(60),
    };
    let asked = throughline_service_kit::spawn(async move { client.get_trace(wanted).await });
    let mut just_arrived = false;
    for span in 1..=20 {
        running
            .send("web", &envelope(3, span, 0, "task", 101, 109))
            .await;
        just_arrived = !running.trace(&id(3)).await.quiet;
        // A disk may be so slow that what was just sent came some time ago: then it is looked at once more.
        if just_arrived {
            break;
        }
    }
    assert!(just_arrived, "quiet at once, again and again");
    let trace = asked.await.unwrap().unwrap().into_inner().trace.unwrap();
    assert!(trace.quiet);
}

#[tokio::test]
async fn a_break_fails_with_the_hop_even_if_nothing_is_expected() {
    let mut running = start().await;
    running
        .send("web", &envelope(5, 1, 0, "rpc.client", 101, 109))
        .await;
    running
        .send("core", &envelope(6, 2, 0, "db.query", 103, 107))
        .await;
    let trace = reference(&id(5));
    let bare = pb::CheckTraceRequest {
        trace,
        expectations: Some(pb::Expectations::default()),
        wait: seconds(3),
    };
    let answer = check(&mut running, bare).await;
    assert_eq!(
        answer.verdict(),
        pb::Verdict::Fails,
        "{:#?}",
        answer.results
    );
    let line = answer
        .results
        .iter()
        .find(|line| line.verdict() == pb::Verdict::Fails)
        .unwrap();
    assert_eq!((&*line.check, &*line.service), ("unbroken", "core"));
    let found = &answer.trace.unwrap().diagnoses[0];
    assert_eq!(found.kind(), pb::DiagnosisKind::NotPropagated);
    assert_eq!(
        (found.side(), &*found.other_trace_id),
        (pb::Side::Server, &*id(6))
    );
}

#[tokio::test]
async fn a_deep_trace_can_be_read() {
    let mut running = start().await;
    let mut deep = "{}\n{\"type\":\"span\"}\n{\"items\":[".to_owned();
    for n in 1..=500 {
        let comma = if n == 1 { "" } else { "," };
        let trace = id(4);
        deep += &format!(
            "{comma}{{\"trace_id\":\"{trace}\",\"span_id\":\"{n:016x}\",\"parent_span_id\":\"{:016x}\",\
             \"start_timestamp\":{n},\"end_timestamp\":1000}}",
            n - 1
        );
    }
    running.send("web", &(deep + "]}")).await;
    let trace = running.trace(&id(4)).await;
    let mut count = 0;
    let mut open: Vec<_> = trace.roots.iter().collect();
    while let Some(node) = open.pop() {
        count += 1;
        open.extend(&node.children);
    }
    assert_eq!(count, 500);
}
