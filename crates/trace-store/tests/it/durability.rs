//! What was acknowledged is there for the next process, and counts stay.

use throughline_trace_model::{Limits as Bounds, Source, Timestamp, decode_envelope};
use throughline_trace_store::{Arrival, Error, Limits, Store};

use crate::{arrival, keep_all};

#[test]
fn acknowledged_survives_without_a_close() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), keep_all()).unwrap();
    store.append_and_wait(arrival(7, "s", 1, "kept")).unwrap();
    // Never dropped, as by a kill: what the file and its log hold is all there is.
    std::mem::forget(store);
    let store = Store::open(dir.path(), keep_all()).unwrap();
    let input = store
        .input(&format!("{:032x}", 7), Timestamp::default())
        .unwrap()
        .unwrap();
    assert_eq!(input.spans[0].attributes["note"], "kept");
    assert_eq!(store.intake().unwrap().envelopes, 1);
}

#[test]
fn counts_what_arrived_and_what_could_not_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), keep_all()).unwrap();
    let bytes = concat!(
        "{}\n{\"type\":\"session\"}\n{\"sid\":1}\n{\"type\":\"event\"}\n{broken\n",
        "{\"type\":\"client_report\"}\n{\"timestamp\":5,\"discarded_events\":",
        "[{\"reason\":\"queue_overflow\",\"category\":\"transaction\",\"quantity\":3}]}\n",
    );
    for refused in [None, Some("body_too_large")] {
        let decoded = decode_envelope(bytes.as_bytes(), &Source::project("s"), &Bounds::default());
        store
            .append_and_wait(Arrival {
                decoded,
                refused,
                ..Arrival::default()
            })
            .unwrap();
    }
    let intake = store.intake().unwrap();
    let pairs = |pairs: &[(String, u64)]| {
        pairs
            .iter()
            .map(|(name, n)| format!("{name} {n}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(intake.envelopes, 2);
    assert_eq!(pairs(&intake.items), "client_report 2, event 2, session 2");
    assert_eq!(pairs(&intake.problems), "body_too_large 1, json 2");
    assert_eq!(
        (intake.losses[0].quantity, &*intake.losses[0].service),
        (6, "s")
    );
    assert!(intake.stored_bytes > 0);
}

#[test]
fn names_from_outside_do_not_grow_the_counters_without_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), keep_all()).unwrap();
    for n in 0..300 {
        let mut arrival = Arrival::default();
        arrival.decoded.items.insert(format!("type-{n}"), 1);
        store.append_and_wait(arrival).unwrap();
    }
    let items = store.intake().unwrap().items;
    assert_eq!(items.len(), 201);
    assert!(items.contains(&("(other)".to_owned(), 100)), "{items:?}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let failed = Store::open(file.path(), Limits::default()).err().unwrap();
    assert!(matches!(failed, Error::Directory { .. }));
    assert!(failed.to_string().contains(file.path().to_str().unwrap()));
}
