//! Rule 6, row by row.

use std::net::IpAddr;

use sentry_propagation::{
    Admission::{self, Admitted, Refused},
    EdgeTrust,
    Trust::{Trusted, Untrusted},
    TrustPolicy,
};

const OURS: Option<&str> = Some("https://shop.example");
const OTHER: Option<&str> = Some("https://evil.example");
const HERE: &str = "127.0.0.1";
const AWAY: &str = "192.0.2.1";

#[track_caller]
fn check(origin: Option<&str>, peer: &str, token: Option<&str>, under: [Admission; 3]) {
    let peer: IpAddr = peer.parse().unwrap();
    for (policy, expected) in [TrustPolicy::None, TrustPolicy::Origins, TrustPolicy::All]
        .into_iter()
        .zip(under)
    {
        let edge = EdgeTrust::new(policy)
            .origin("https://Shop.example/")
            .token("secret");
        let decided = edge.decide(
            origin.map(str::as_bytes),
            Some(peer),
            token.map(str::as_bytes),
        );
        assert_eq!(decided, expected, "{policy:?} {origin:?} {peer} {token:?}");
    }
}

#[test]
fn origin_peer_and_token() {
    let [yes, no] = [Trusted, Untrusted].map(Admitted);
    check(OURS, AWAY, None, [no, yes, yes]);
    check(OURS, HERE, None, [no, yes, yes]);
    check(OTHER, AWAY, None, [Refused; 3]);
    check(OTHER, HERE, Some("secret"), [Refused; 3]);
    check(Some("null"), HERE, None, [Refused; 3]);
    check(Some(""), HERE, None, [Refused; 3]);
    check(Some("https://shop.example.evil"), HERE, None, [Refused; 3]);
    check(None, HERE, None, [no, yes, yes]);
    check(None, "::1", None, [no, yes, yes]);
    check(None, "::ffff:127.0.0.1", None, [no, yes, yes]);
    check(None, AWAY, None, [no, no, yes]);
    check(None, AWAY, Some("secret"), [no, yes, yes]);
    for wrong in ["", "secre", "secret!", "secrets", "Secret", "xecret"] {
        check(None, AWAY, Some(wrong), [no, no, yes]);
    }
}

#[test]
fn without_a_token_none_is_right() {
    for edge in [EdgeTrust::default(), EdgeTrust::default().token("")] {
        let decided = |token: &[u8]| edge.decide(None, None, Some(token));
        assert_eq!(decided(b""), Admitted(Untrusted));
        assert_eq!(decided(b"x"), Admitted(Untrusted));
    }
}

#[test]
fn a_token_does_not_show_itself() {
    let edge = EdgeTrust::default().token("hunter2");
    assert!(!format!("{edge:?}").contains("hunter2"));
}
