//! Headers meant to hurt: refused before they are parsed, and counted over all lines.

use std::cell::Cell;

use http::{HeaderMap, HeaderValue};
use sentry_propagation::{Baggage, Error, IncomingTrace, Limits};

use crate::hop::trace;

#[track_caller]
fn check(lines: &[String], taken: bool) {
    let limits = Limits::default();
    let parsed = Baggage::parse(lines.iter().map(|line| line.as_bytes()), &limits);
    assert_eq!(
        parsed.is_ok(),
        taken,
        "{:?}",
        parsed.map(|baggage| baggage.members().len())
    );

    let mut headers = HeaderMap::new();
    headers.insert("sentry-trace", trace("-1").parse().unwrap());
    for line in lines {
        headers.append("baggage", HeaderValue::from_str(line).unwrap());
    }
    let incoming = IncomingTrace::extract(&headers, &limits);
    assert_eq!(
        incoming.parent().is_some(),
        taken,
        "the trace goes with its baggage"
    );
    assert!(incoming.context().as_str().len() <= limits.baggage_bytes);
}

fn members(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|n| format!("sentry-{n}=1")).collect();
    members.join(",")
}

#[test]
fn as_many_members_as_w3c_asks_for_are_taken() {
    check(&[members(64)], true);
    check(&[members(65)], false);
    check(&[members(10_000)], false);
}

#[test]
fn members_are_counted_over_all_lines() {
    check(&vec!["a=1".to_owned(); 64], true);
    check(&vec!["a=1".to_owned(); 65], false);
    check(&vec![members(40); 2], false);
    check(&vec![String::new(); 65], false);
    check(&[",".repeat(64)], false);
}

#[test]
fn bytes_are_counted_over_all_lines_and_with_their_commas() {
    let of = |bytes: usize| format!("sentry-a={}", "x".repeat(bytes - 9));
    check(&[of(8192)], true);
    check(&[of(8193)], false);
    check(&[of(4096), of(4095)], true);
    check(&[of(4096), of(4096)], false);
    check(&vec![of(1000); 60], false);
    check(&[of(1 << 20)], false);
    check(&vec![of(8000); 1000], false);
}

#[test]
fn the_bound_comes_before_the_parser() {
    // Endless lines, each of which would parse: no more are looked at than it takes to refuse them.
    let line = members(20);
    let seen = Cell::new(0);
    let lines = std::iter::repeat(line.as_bytes()).inspect(|_| seen.set(seen.get() + 1));
    let parsed = Baggage::parse(lines, &Limits::default());
    assert_eq!(parsed, Err(Error::OversizedBaggage));
    assert_eq!(seen.get(), 4);
}
