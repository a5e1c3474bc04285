//! All seventeen codes, from both ends, before and after the first message.

use sentry_core::protocol::SpanStatus;
use sentry_tonic::{Code, ErrorEvents, ServerLayer};
use serde_json::json;
use tonic::{Response, Status};

use crate::echo::{Echo, note};
use crate::stage::{Side, drain, trace_of};

/// The names in Sentry's protocol, as `sentry-conventions` lists them.
const STATUSES: [&str; 17] = [
    "ok",
    "cancelled",
    "unknown_error",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal_error",
    "unavailable",
    "data_loss",
    "unauthenticated",
];

/// A service that ends each call with the code that the caller asks for.
fn service() -> Echo {
    let status = |text: &str| Status::new(tonic::Code::from_i32(text.parse().unwrap()), "as asked");
    Echo::new()
        .say(
            move |request| async move { Err::<Response<_>, _>(status(&request.into_inner().text)) },
        )
        .split(move |request| async move {
            let end = status(&request.into_inner().text);
            let items = [Ok(note("one")), Err(end)];
            Ok(Response::new(
                Box::pin(futures_util::stream::iter(items)) as _
            ))
        })
}

fn check(code: Code, streaming: bool) {
    let (server, client) = (Side::new(), Side::new());
    let layer = ServerLayer::new().error_events(ErrorEvents::Never);
    let served = server.serve(layer, service());
    client.run_in_transaction(async {
        let request = note(code.number().to_string());
        let mut caller = served.traced();
        let status = if streaming {
            let stream = caller.split(request).await.unwrap().into_inner();
            let (words, end) = drain(stream).await;
            assert_eq!(words, ["one"]);
            end.err()
        } else {
            caller.say(request).await.err()
        };
        // OK without a message is INTERNAL for tonic's client; the call was OK.
        if let Some(status) = status.filter(|_| code != Code::Ok) {
            assert_eq!(Code::from(status.code()), code);
        }
    });
    let there = trace_of(&server.transaction());
    let here = client.transaction().spans[0].clone();
    let expected: SpanStatus = STATUSES[code.number() as usize].parse().unwrap();
    assert_eq!(there.status, Some(expected), "server, {code}");
    assert_eq!(here.status, Some(expected), "client, {code}");
    for data in [&there.data, &here.data] {
        assert_eq!(data["rpc.grpc.status_code"], json!(code.number()));
        assert_eq!(data["rpc.response.status_code"], code.name());
    }
}

#[test]
fn every_code_before_the_first_message() {
    for code in Code::ALL {
        check(code, false);
    }
}

#[test]
fn every_code_after_the_first_message() {
    for code in Code::ALL {
        check(code, true);
    }
}
