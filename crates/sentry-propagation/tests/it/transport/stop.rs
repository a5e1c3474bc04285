//! Flush and shutdown give up at their bounds, and never hold up a runtime.

use super::*;

#[test]
fn a_flush_on_a_thread_of_a_runtime_does_not_wait() {
    let collector = Collector::new(Mode::Hang);
    let mut limits = Limits::default();
    (limits.flush, limits.request) = (LONG, LONG);
    let sender = Sender::new(&collector.dsn(), limits);
    sender.transaction("never answered");
    let client = sender.client;
    let drained = returns(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async move { client.flush(Some(LONG)) })
    });
    assert!(!drained);
}

#[test]
fn a_flush_elsewhere_waits_and_gives_up_at_its_bound() {
    let collector = Collector::new(Mode::Hang);
    let mut limits = Limits::default();
    (limits.flush, limits.request) = (Duration::from_millis(50), LONG);
    let sender = Sender::new(&collector.dsn(), limits);
    sender.transaction("never answered");
    let client = sender.client;
    assert!(!returns(move || client.flush(Some(LONG))));
}

#[test]
fn a_flush_waits_for_what_arrives() {
    let collector = Collector::new(Mode::Answer("200 OK", "", Duration::from_millis(30)));
    let mut limits = Limits::default();
    (limits.flush, limits.request) = (LONG, LONG);
    let sender = Sender::new(&collector.dsn(), limits);
    sender.transaction("slow");
    let client = sender.client;
    assert!(returns(move || client.flush(Some(LONG))));
    assert_eq!(collector.items("transaction").len(), 1);
}

#[test]
fn a_stop_gives_up_at_its_bound_and_counts_what_it_gave_up() {
    let collector = Collector::new(Mode::Hang);
    let mut limits = Limits::default();
    (limits.shutdown, limits.request, limits.requests_in_flight) =
        (Duration::from_millis(50), LONG, 2);
    (limits.abort, limits.report_interval) = (LONG, LONG);
    let sender = Sender::new(&collector.dsn(), limits);
    for _ in 0..5 {
        sender.transaction("under way, or waiting");
    }
    let client = sender.client.clone();
    assert!(!returns(move || client.close(Some(LONG))));
    assert_eq!(sender.lost("network_error", "transaction"), 5);
}

#[test]
fn a_stop_sends_what_there_is() {
    let collector = Collector::new(Mode::Answer("200 OK", "", Duration::from_millis(5)));
    let sender = Sender::new(&collector.dsn(), patient());
    for _ in 0..50 {
        sender.transaction("sent");
    }
    let client = sender.client;
    assert!(returns(move || client.close(Some(LONG))));
    assert_eq!(collector.items("transaction").len(), 50);
}
