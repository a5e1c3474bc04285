//! What arrives.

use sentry_propagation::transport::{HttpTransportFactory, Resource};

use super::collector::{Nowhere, OK};
use super::*;

#[test]
fn a_busy_service_loses_nothing_at_a_slow_collector() {
    let slow = Mode::Answer("200 OK", "", Duration::from_micros(2600));
    let collector = Collector::new(slow);
    let sender = Sender::new(&collector.dsn(), Limits::default());
    for call in 0..1000 {
        sender.transaction(&call.to_string());
    }
    eventually("all of them", || {
        collector.items("transaction").len() == 1000
    });
    assert_eq!(sender.transport.losses(), []);
}

#[test]
fn what_the_process_says_of_itself_is_on_all_it_sends() {
    let collector = Collector::new(OK);
    let resource = Resource::new().with("service.name", "graph");
    let transport = HttpTransportFactory::new()
        .limits(patient())
        .resource(resource);
    let sender = Sender::of(&collector.dsn(), transport);
    sender.transaction("call");
    sender.event("event");
    sender.log("log");
    let client = sender.client;
    assert!(returns(move || client.close(Some(LONG))));

    let transaction = &collector.items("transaction")[0];
    assert_eq!(
        transaction["contexts"]["trace"]["data"]["service.name"],
        "graph"
    );
    assert_eq!(collector.items("event")[0]["tags"]["service.name"], "graph");
    let log = &collector.items("log")[0]["items"][0];
    assert_eq!(log["attributes"]["service.name"]["value"], "graph");
}

#[test]
fn the_first_call_after_the_collector_is_back_arrives() {
    let nowhere = Nowhere::new();
    let sender = Sender::new(&nowhere.dsn(), quick());
    sender.transaction("nobody is there");
    eventually("the loss", || {
        sender.lost("network_error", "transaction") == 1
    });

    let collector = nowhere.listen(OK);
    sender.transaction("first");
    eventually("the first", || collector.items("transaction").len() == 1);
    assert_eq!(collector.items("transaction")[0]["transaction"], "first");
}

#[test]
fn a_kept_connection_that_died_costs_nothing() {
    let collector = Collector::new(OK);
    let sender = Sender::new(&collector.dsn(), quick());
    sender.transaction("before");
    eventually("the first", || collector.items("transaction").len() == 1);

    // The kept connection is cut at the next request; a fresh one is served.
    collector.set(Mode::CutOnce);
    sender.transaction("after");
    eventually("the second", || collector.items("transaction").len() == 2);
    assert_eq!(sender.transport.losses(), []);
}
