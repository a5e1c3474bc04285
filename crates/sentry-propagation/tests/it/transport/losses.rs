//! What is lost, why, and that the collector is told.

use serde_json::Value;

use super::collector::OK;
use super::*;

/// How many the collector was told of.
fn reported(collector: &Collector, reason: &str, category: &str) -> u64 {
    let reports = collector.items("client_report");
    let items = reports
        .iter()
        .filter_map(|report| report["discarded_events"].as_array());
    items
        .flatten()
        .filter(|item| item["reason"] == reason && item["category"] == category)
        .filter_map(|item| item["quantity"].as_u64())
        .sum()
}

fn check(mode: Mode, reason: &str) {
    let collector = Collector::new(mode);
    let sender = Sender::new(&collector.dsn(), quick());
    sender.transaction("lost");
    eventually(reason, || sender.lost(reason, "transaction") == 1);
    assert_eq!(sender.lost(reason, "span"), 1);

    collector.set(OK);
    sender.transaction("arrives");
    eventually("the report", || {
        reported(&collector, reason, "transaction") == 1
    });
    // The report may be there before it.
    eventually("what was sent after", || {
        collector.items("transaction").len() == 1
    });
    let own_envelope = collector.envelopes().iter().any(|envelope| {
        let header: Value = collector::json(&envelope[0]);
        header.get("trace").is_none() && envelope[1].starts_with(br#"{"type":"client_report""#)
    });
    assert!(
        own_envelope,
        "a report has an envelope of its own, without a trace"
    );
}

#[test]
fn a_hanging_collector() {
    check(Mode::Hang, "network_error");
}

#[test]
fn a_collector_that_answers_one_byte_a_second() {
    check(Mode::Trickle, "network_error");
}

#[test]
fn a_collector_that_cuts_connections() {
    check(Mode::Cut, "network_error");
}

#[test]
fn a_collector_that_fails() {
    check(
        Mode::Answer("500 Internal Server Error", "", Duration::ZERO),
        "send_error",
    );
}

#[test]
fn a_full_queue() {
    let collector = Collector::new(Mode::Hang);
    let mut limits = quick();
    limits.queue_envelopes = 4;
    let sender = Sender::new(&collector.dsn(), limits);
    for _ in 0..20 {
        sender.transaction("one too many");
    }
    assert_eq!(sender.lost("queue_overflow", "transaction"), 16);
    collector.set(OK);
    eventually("the report", || {
        reported(&collector, "queue_overflow", "transaction") == 16
    });
    eventually("room", || {
        sender.transaction("arrives");
        !collector.items("transaction").is_empty()
    });
}

#[test]
fn a_queue_full_of_bytes() {
    let collector = Collector::new(Mode::Hang);
    let mut limits = quick();
    limits.queue_bytes = 10_000;
    let sender = Sender::new(&collector.dsn(), limits);
    sender.event(&"x".repeat(20_000));
    assert_eq!(sender.lost("queue_overflow", "error"), 1);
}

#[test]
fn a_limit_by_category_spares_the_others() {
    let limited = Mode::Answer(
        "200 OK",
        "x-sentry-rate-limits: 3600:transaction:key\r\n",
        Duration::ZERO,
    );
    let collector = Collector::new(limited);
    let sender = Sender::new(&collector.dsn(), quick());
    sender.transaction("arrives, and brings the limit");
    eventually("the first", || collector.items("transaction").len() == 1);
    eventually("the limit", || {
        sender.transaction("held back");
        sender.lost("ratelimit_backoff", "transaction") > 0
    });
    sender.event("not limited");
    eventually("the event", || collector.items("event").len() == 1);
}

#[test]
fn a_limit_holds_for_what_was_waiting_when_it_came() {
    let limited = Mode::Answer(
        "200 OK",
        "x-sentry-rate-limits: 3600:transaction:key\r\n",
        Duration::from_millis(200),
    );
    let collector = Collector::new(limited);
    let mut limits = quick();
    limits.request = Duration::from_secs(5);
    limits.requests_in_flight = 1;
    let sender = Sender::new(&collector.dsn(), limits);
    for _ in 0..3 {
        sender.transaction("the first brings the limit, the others wait behind it");
    }
    sender.event("not limited");
    eventually("the event", || collector.items("event").len() == 1);
    assert_eq!(collector.items("transaction").len(), 1);
    assert_eq!(sender.lost("ratelimit_backoff", "transaction"), 2);
}

#[test]
fn retry_after_holds_everything_back_and_is_no_loss_of_ours() {
    let limited = Mode::Answer(
        "429 Too Many Requests",
        "retry-after: 3600\r\n",
        Duration::ZERO,
    );
    let collector = Collector::new(limited);
    let sender = Sender::new(&collector.dsn(), quick());
    eventually("the limit", || {
        sender.event("held back");
        sender.lost("ratelimit_backoff", "error") > 0
    });
    assert_eq!(sender.lost("send_error", "error"), 0);
    collector.set(OK);
    eventually("the report", || {
        reported(&collector, "ratelimit_backoff", "error") > 0
    });
}
