//! Callers who spend our quota: each says that its trace is to be recorded.

use throughline_testkit::{Collector, RecordingProxy};

use super::{Stage, WEB, scaled};
use crate::stack::frame;
use crate::upstream::Upstream;

#[tokio::test]
async fn sampled_on_a_strangers_word_up_to_a_cap() {
    let upstream = Upstream::start().await;
    let seen = RecordingProxy::start(&upstream.url);
    let collector = Collector::start();
    let dsn = collector.dsn("gateway");
    let variables = [
        ("SENTRY_DSN", dsn.as_str()),
        ("SENTRY_TRACES_SAMPLE_RATE", "0"),
        ("GATEWAY_TRUST", "all"),
        ("GATEWAY_SAMPLED_TRACES", "5"),
    ];
    let stage = Stage::before(upstream, &seen.url(), &variables).await;
    let check = async |trace: u32| {
        let lines =
            format!("content-type: {WEB}\r\nsentry-trace: {trace:032x}-00000000000000aa-1\r\n");
        stage.answer(&lines, &frame("serde")).await;
        let requests = seen.requests();
        let passed = requests
            .last()
            .and_then(|it| it.header("sentry-trace").map(str::to_owned));
        let passed = passed.expect("a trace goes on");
        (
            passed.starts_with(&format!("{trace:032x}")),
            passed.ends_with("-1"),
        )
    };
    let (since, mut continued) = (std::time::Instant::now(), 0);
    for trace in 1..=u32::try_from(scaled(40)).expect("few") {
        let (same, sampled) = check(trace).await;
        assert_eq!(
            same, sampled,
            "what is not continued is not recorded on its word"
        );
        continued += usize::from(same);
    }
    // Five for each minute that has begun while they came.
    let minutes = usize::try_from(since.elapsed().as_secs() / 60).expect("few") + 2;
    assert!((5..=5 * minutes).contains(&continued), "{continued}");
    assert!(stage.refused("sampled_traces").await >= 30);
    stage.is_unharmed().await;
}
