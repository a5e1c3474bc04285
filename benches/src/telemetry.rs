//! What a healthy collector gets of 2 000 sampled calls a second: all of it.

use std::time::Duration;

use throughline_api::graph::v1::GetStatsRequest;
use throughline_testkit::Collector;
use tokio::time::{Instant, MissedTickBehavior};

use crate::load::{Caller, Framing};
use crate::memory::{Chain, PATH};
use crate::report::Report;

/// Calls in a second.
const RATE: u32 = 2_000;

/// How often calls start.
const TICK: Duration = Duration::from_millis(5);

pub(crate) async fn run(seconds: u32, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let collector = Collector::start();
    let chain = Chain::start(folder.path(), |name, _| collector.dsn(name)).await?;
    let gateway = chain.gateway.addr().parse()?;
    let caller = Caller::connect(gateway, PATH, Framing::GrpcWeb, &GetStatsRequest {}).await?;

    let (calls, start) = (RATE * seconds, Instant::now());
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut running = tokio::task::JoinSet::new();
    for n in 0..calls {
        if n % (RATE / 200) == 0 {
            ticks.tick().await;
        }
        let mut caller = caller.clone();
        running.spawn(async move { caller.call(None).await });
    }
    while let Some(answer) = running.join_next().await {
        anyhow::ensure!(answer??.status == 0, "a call failed");
    }
    let rate = f64::from(calls) / start.elapsed().as_secs_f64();
    report.note(
        "telemetry: calls a second",
        format!("{rate:.0} of {RATE} asked"),
    );

    // A stop flushes what is queued.
    for service in [chain.gateway, chain.graph] {
        service.stop().await;
    }
    // Both services end each call with a transaction.
    let sent = f64::from(calls) * 2.0;
    let envelopes = collector.envelopes();
    let arrived = envelopes
        .iter()
        .filter(|envelope| is_transaction(&envelope.body))
        .count();
    report.exactly(
        "telemetry: transactions lost",
        sent - arrived as f64,
        0.0,
        "",
    );
    Ok(())
}

fn is_transaction(body: &[u8]) -> bool {
    let mark = br#""type":"transaction""#;
    body.windows(mark.len()).any(|window| window == mark)
}
