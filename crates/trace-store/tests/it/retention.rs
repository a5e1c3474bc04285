//! Old traces go, whole, by age and by bytes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use throughline_trace_store::{Found, Limits, Store};

use crate::arrival;

#[test]
fn by_bytes_the_oldest_go() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        bytes: 1 << 20,
        age: Duration::MAX,
        ..Limits::default()
    };
    let store = Store::open(dir.path(), limits).unwrap();
    let note = "x".repeat(10_000);
    for trace in 1..=300 {
        store
            .append_and_wait(arrival(trace, "s", trace, &note))
            .unwrap();
    }
    // Tidying follows the answer; the answer to a next one comes after it.
    store.append_and_wait(arrival(301, "s", 301, "")).unwrap();
    assert!(store.intake().unwrap().stored_bytes <= 1 << 20);
    assert_eq!(store.find(&format!("{:032x}", 1)).unwrap(), Found::None);
    let newest = format!("{:032x}", 300);
    assert_eq!(store.find(&newest).unwrap(), Found::One(newest.clone()));
    assert_eq!(store.records(&newest).unwrap().len(), 1);
    assert!(
        store.list(None, "", 999).unwrap().len() > 20,
        "more went than had to"
    );
}

#[test]
fn by_age_the_old_go() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let now = u32::try_from(now).unwrap();
    let open = |age| {
        let limits = Limits {
            age: Duration::from_secs(age),
            ..Limits::default()
        };
        Store::open(dir.path(), limits).unwrap()
    };
    let store = open(u64::MAX);
    store
        .append_and_wait(arrival(1, "s", now - 500, ""))
        .unwrap();
    store.append_and_wait(arrival(2, "s", now, "")).unwrap();
    assert_eq!(store.list(None, "", 9).unwrap().len(), 2);
    drop(store);
    let store = open(100);
    store.append_and_wait(arrival(3, "s", now, "")).unwrap();
    store.append_and_wait(arrival(4, "s", now, "")).unwrap();
    let left: Vec<_> = store.list(None, "", 9).unwrap();
    assert_eq!(left.len(), 3, "{left:?}");
    assert_eq!(store.find(&format!("{:032x}", 1)).unwrap(), Found::None);
}
