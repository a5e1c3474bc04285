//! Traces are found by prefix, by time, by service, and with what is around them.

use throughline_trace_model::Timestamp;
use throughline_trace_store::{Found, Store};

use crate::{arrival, keep_all};

#[test]
fn by_prefix_latest_page_and_service() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), keep_all()).unwrap();
    assert_eq!(store.latest().unwrap(), None);
    for (trace, service, start) in [(0x1a, "a", 10), (0x1b, "b", 30), (0x2c, "a", 20)] {
        store
            .append_and_wait(arrival(trace, service, start, ""))
            .unwrap();
    }
    let id = |trace: u32| format!("{trace:032x}");
    assert_eq!(store.latest().unwrap(), Some(id(0x1b)));
    assert_eq!(store.find(&id(0x1a)[..31]).unwrap(), Found::Many);
    assert_eq!(
        store.find(&id(0x2c)[..31].to_uppercase()).unwrap(),
        Found::One(id(0x2c))
    );
    assert_eq!(store.find("ffff").unwrap(), Found::None);

    let first = store.list(None, "", 2).unwrap();
    let ids: Vec<_> = first.iter().map(|c| c.trace_id.clone()).collect();
    assert_eq!(ids, [id(0x1b), id(0x2c)]);
    let rest = store.list(first.last(), "", 2).unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].trace_id, id(0x1a));
    assert_eq!(store.list(None, "b", 9).unwrap().len(), 1);
}

#[test]
fn nearby_is_what_overlaps() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), keep_all()).unwrap();
    for (trace, start) in [(1, 100), (2, 101), (3, 99), (4, 102), (5, 97)] {
        store
            .append_and_wait(arrival(trace, "s", start, ""))
            .unwrap();
    }
    let input = store
        .input(&format!("{:032x}", 1), Timestamp::default())
        .unwrap()
        .unwrap();
    let mut near: Vec<_> = input
        .nearby
        .iter()
        .map(|span| span.start.0 / 1_000_000_000)
        .collect();
    near.sort_unstable();
    assert_eq!(near, [99, 101]);
    assert_eq!(input.last_arrival, Timestamp(101_000_000_000));
}
