//! Whose traces are continued: the specification's table of organisation ids, loose and strict.

use sentry_core::{ClientOptions, Level};
use sentry_propagation::{IncomingTrace, Limits};

use crate::hop::{Hop, TRACE, call, headers, text, trace};

#[track_caller]
fn check(theirs: Option<&str>, ours: Option<&str>, strict: bool, continued: bool) {
    let mut options = ClientOptions::new()
        .traces_sample_rate(0.0)
        .strict_trace_continuation(strict);
    options.org_id = ours.map(|id| id.parse().unwrap());
    let hop = Hop::new("ours", options);
    let baggage = match theirs {
        Some(id) => format!("sentry-public_key=theirs,sentry-org_id={id}"),
        None => "sentry-public_key=theirs".to_owned(),
    };
    let came = headers(&[("sentry-trace", &trace("-1")), ("baggage", &baggage)]);
    let sent = hop.serve(&came, |hub| {
        hub.capture_message("of this call", Level::Error);
        call(hub)
    });
    let row = format!("theirs {theirs:?}, ours {ours:?}, strict {strict}");
    assert_eq!(
        &text(&sent, "sentry-trace").unwrap()[..32] == TRACE,
        continued,
        "{row}"
    );
    // A trace that is not continued is left altogether: ids, decision and context.
    let seen = IncomingTrace::extract(&sent, &Limits::default());
    assert_eq!(seen.parent().unwrap().sampled, Some(continued), "{row}");
    let key = if continued { "theirs" } else { "ours" };
    assert_eq!(seen.context().get("public_key"), Some(key), "{row}");
    let context = seen.context().as_str().to_owned();
    for (kind, written) in hop.sent_contexts() {
        assert_eq!(written.as_ref(), Some(&context), "{kind}: {row}");
    }
}

#[test]
fn the_table() {
    for strict in [false, true] {
        check(Some("1"), Some("1"), strict, true);
        check(None, None, strict, true);
        check(Some("1"), Some("2"), strict, false);
    }
    check(Some("1"), None, false, true);
    check(None, Some("1"), false, true);
    check(Some("1"), None, true, false);
    check(None, Some("1"), true, false);
    // What is no organisation's id is none.
    check(Some("x"), Some("1"), false, true);
    check(Some("x"), Some("1"), true, false);
}
