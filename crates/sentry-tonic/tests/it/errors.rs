//! Which statuses become events, and what those say.

use sentry_core::Level;
use sentry_tonic::{Code, ErrorEvents, ServerLayer};
use tonic::{Response, Status};

use crate::echo::{Echo, Note, note};
use crate::stage::{Sent, Side, drain, trace_of, trace_of_event};

/// A service that ends each call with the code that the caller asks for.
fn service() -> Echo {
    let status = |text: &str| {
        let code = tonic::Code::from_i32(text.parse().unwrap());
        Status::new(code, format!("line one\nline two {}", "é".repeat(300)))
    };
    Echo::new()
        .say(move |request| async move { Err::<Response<Note>, _>(status(&request.into_inner().text)) })
        .split(move |request| async move {
            let end = status(&request.into_inner().text);
            let items = [Ok(note("one")), Err(end)];
            Ok(Response::new(Box::pin(futures_util::stream::iter(items)) as _))
        })
}

/// What a server sends for a call that ends with `code`.
fn sent(layer: ServerLayer, code: Code, streaming: bool) -> Sent {
    let server = Side::new();
    let served = server.serve(layer, service());
    Side::without_client().run(async {
        let mut caller = served.bare();
        let request = note(code.number().to_string());
        if streaming {
            let stream = caller.split(request).await.unwrap().into_inner();
            let _ = drain(stream).await;
        } else {
            let _ = caller.say(request).await;
        }
    });
    server.transaction();
    drop(served);
    server.sent()
}

#[test]
fn server_faults_become_events_and_nothing_else_does() {
    for code in Code::ALL {
        for streaming in [false, true] {
            let events = sent(ServerLayer::new(), code, streaming).events;
            let faults = [
                Code::Unknown,
                Code::Internal,
                Code::Unavailable,
                Code::DataLoss,
            ];
            let expected = usize::from(faults.contains(&code));
            assert_eq!(events.len(), expected, "{code}, streaming: {streaming}");
        }
    }
}

#[test]
fn an_event_names_the_code_the_method_and_the_span() {
    let sent = sent(ServerLayer::new(), Code::DataLoss, true);
    let (event, call) = (&sent.events[0], trace_of(&sent.transactions[0]));
    assert_eq!(event.level, Level::Error);
    assert_eq!(event.transaction.as_deref(), Some("it.v1.Echo/Split"));
    assert_eq!(event.tags["rpc.method"], "it.v1.Echo/Split");
    assert_eq!(event.tags["rpc.response.status_code"], "DATA_LOSS");
    assert_eq!(event.exception.len(), 1);
    let exception = &event.exception[0];
    assert_eq!(exception.ty, "DATA_LOSS");
    let value = exception.value.as_deref().unwrap();
    assert!(value.starts_with("line one line two é"), "{value:?}");
    assert!((255..=256).contains(&value.len()), "{}", value.len());
    let trace = trace_of_event(event);
    assert_eq!(
        (trace.trace_id, trace.span_id),
        (call.trace_id, call.span_id)
    );
}

#[test]
fn a_proxy_reports_nothing() {
    let layer = ServerLayer::new().error_events(ErrorEvents::Never);
    assert!(sent(layer, Code::Internal, false).events.is_empty());
}

#[test]
fn a_predicate_decides() {
    let layer = ServerLayer::new().error_events(ErrorEvents::When(|code| code == Code::NotFound));
    assert_eq!(sent(layer.clone(), Code::NotFound, false).events.len(), 1);
    assert!(sent(layer, Code::Internal, false).events.is_empty());
    let all = ServerLayer::new().error_events(ErrorEvents::When(|_| true));
    assert!(
        sent(all, Code::Ok, true).events.is_empty(),
        "OK is no error"
    );
}

#[test]
fn an_unsampled_call_still_has_its_events() {
    let server = Side::with(|options| options.traces_sample_rate(0.0));
    let served = server.serve(ServerLayer::new(), service());
    Side::without_client().run(async {
        served.bare().say(note("13")).await.unwrap_err();
    });
    let sent = server.wait_for(|sent| !sent.events.is_empty());
    assert_eq!((sent.events.len(), sent.transactions.len()), (1, 0));
}
