//! Rule 4: a decision that came stands, and one that was left open falls alike in every hop.

use http::HeaderMap;
use sentry_core::ClientOptions;
use sentry_propagation::{IncomingTrace, Limits};

use crate::hop::{Hop, flag, headers, trace};

fn at(rate: f32) -> ClientOptions {
    ClientOptions::new().traces_sample_rate(rate)
}

#[track_caller]
fn check(options: ClientOptions, suffix: &str, baggage: &str, kept: bool) {
    let hop = Hop::new("hop", options);
    let mut came = headers(&[("sentry-trace", &trace(suffix))]);
    if !baggage.is_empty() {
        came.insert("baggage", baggage.parse().unwrap());
    }
    let sent = hop.forward(&came);
    assert_eq!(
        hop.sent().len(),
        usize::from(kept),
        "{suffix:?} {baggage:?}"
    );
    assert_eq!(flag(&sent), suffix, "what is told is what came");
}

#[test]
fn a_decision_that_came_stands_whatever_the_rate() {
    check(at(0.0), "-1", "", true);
    check(at(1.0), "-0", "", false);
    check(at(0.5), "-1", "sentry-sample_rand=0.9", true);
    check(at(0.5), "-0", "sentry-sample_rand=0.1", false);
}

#[test]
fn an_open_decision_falls_by_the_number_that_came() {
    check(at(0.5), "", "sentry-sample_rand=0.499999", true);
    check(at(0.5), "", "sentry-sample_rand=0.5", false);
    check(at(0.5), "", "sentry-sample_rand=0%2E1", true);
    check(at(1.0), "", "sentry-sample_rand=0.999999", true);
    check(at(0.0), "", "sentry-sample_rand=0.000000", false);
    check(at(0.1), "", "sentry-sample_rand=0.100000", false);
    check(at(0.1), "", "sentry-sample_rand=0.099999", true);
}

#[test]
fn with_no_number_that_holds_the_trace_id_gives_one() {
    for baggage in [
        "",
        "sentry-sample_rand=x",
        "sentry-sample_rand=1",
        "sentry-sample_rand=-0.1",
        "sentry-sample_rand=NaN",
    ] {
        let kept: Vec<usize> = ["a", "b", "c"]
            .map(|name| {
                let hop = Hop::new(name, at(0.5));
                hop.forward(&headers(&[
                    ("sentry-trace", &trace("")),
                    ("baggage", baggage),
                ]));
                hop.sent().len()
            })
            .into();
        assert!(
            kept == [0, 0, 0] || kept == [1, 1, 1],
            "{baggage:?}: {kept:?}"
        );
    }
}

#[test]
fn a_head_is_sampled_exactly_if_its_number_is_below_its_rate() {
    for rate in [0.0, 0.1, 0.25, 0.5, 0.999, 1.0] {
        let hop = Hop::new("hop", at(rate));
        let mut kept = 0;
        for _ in 0..200 {
            let sent = hop.forward(&HeaderMap::new());
            let head = IncomingTrace::extract(&sent, &Limits::default());
            let get = |key| head.context().get(key).unwrap();
            let [rand, rate]: [f64; 2] =
                ["sample_rand", "sample_rate"].map(|key| get(key).parse().unwrap());
            let sampled = hop.sent().len() == 1;
            assert_eq!(sampled, rand < rate, "{rand} {rate}");
            assert_eq!(get("sampled"), sampled.to_string());
            assert_eq!(head.parent().unwrap().sampled, Some(sampled));
            kept += usize::from(sampled);
        }
        match rate {
            0.0 => assert_eq!(kept, 0),
            1.0 => assert_eq!(kept, 200),
            0.5 => assert!((40..=160).contains(&kept), "{kept} of 200 at a half"),
            _ => (),
        }
    }
}

#[test]
fn a_sampler_function_decides_for_heads_and_claims_no_rate() {
    for (rate, decided) in [(1.0, true), (0.0, false)] {
        let hop = Hop::new("hop", ClientOptions::new().traces_sampler(move |_| rate));
        let sent = hop.forward(&HeaderMap::new());
        let head = IncomingTrace::extract(&sent, &Limits::default());
        assert_eq!(head.parent().unwrap().sampled, Some(decided));
        assert_eq!(head.context().get("sampled"), Some(&*decided.to_string()));
        assert_eq!(head.context().get("sample_rate"), None);
        assert_eq!(head.context().get("sample_rand"), None);
        assert_eq!(hop.sent().len(), usize::from(decided));
    }
}

#[test]
fn a_sampler_function_does_not_overrule_an_unsampled_head() {
    check(
        ClientOptions::new().traces_sampler(|_| 1.0),
        "-0",
        "sentry-sampled=false",
        false,
    );
    check(
        ClientOptions::new().traces_sampler(|_| 1.0),
        "-1",
        "sentry-sampled=true",
        true,
    );
    // Keeping less than the head does is the sampler's right; the trace goes on as the head said.
    check(
        ClientOptions::new().traces_sampler(|_| 0.0),
        "-1",
        "sentry-sampled=true",
        false,
    );
}
