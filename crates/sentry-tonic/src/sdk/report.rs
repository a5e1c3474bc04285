//! The events that a call leaves: for a panic, and for a status on the list.

use std::borrow::Cow;

use sentry_core::Level;
use sentry_core::protocol::{Event, Exception, Mechanism};

use crate::attributes::RPC_RESPONSE_STATUS_CODE;
use crate::{Code, RpcMethod};

/// An event in the current hub for a status that a handler gave.
pub(super) fn status(method: &RpcMethod, code: Code, message: &str) {
    let mut event = Event {
        level: Level::Error,
        // There is no stack trace to group by, and messages name ids.
        fingerprint: Cow::Owned(vec![
            "grpc".into(),
            method.to_string().into(),
            code.name().into(),
        ]),
        ..exception(method, code.name(), message, "grpc", true)
    };
    event
        .tags
        .insert(RPC_RESPONSE_STATUS_CODE.into(), code.name().into());
    sentry_core::capture_event(event);
}

/// An event in the current hub for a panic that no hook has reported.
pub(super) fn panic(method: &RpcMethod, message: String) {
    sentry_core::capture_event(Event {
        level: Level::Fatal,
        ..exception(method, "panic", &message, "panic", false)
    });
}

fn exception(
    method: &RpcMethod,
    ty: &str,
    value: &str,
    mechanism: &str,
    handled: bool,
) -> Event<'static> {
    let mut event = Event {
        transaction: Some(method.to_string()),
        exception: vec![Exception {
            ty: ty.to_owned(),
            value: (!value.is_empty()).then(|| value.to_owned()),
            mechanism: Some(Mechanism {
                ty: mechanism.to_owned(),
                handled: Some(handled),
                ..Mechanism::default()
            }),
            ..Exception::default()
        }]
        .into(),
        ..Event::default()
    };
    event.tags.insert("rpc.method".into(), method.to_string());
    event
}

/// Whether an event is a panic hook's: captured on the thread that panics,
/// while it does, and fatal. A panic that an application captures in a
/// destructor is not.
pub(super) fn is_from_panic_hook(event: &Event<'_>) -> bool {
    std::thread::panicking() && event.level == Level::Fatal
}
