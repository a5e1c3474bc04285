//! A collector that is down or hangs: the call is as ever; what it cost is counted; the call after the collector's return
//! is one tree.

use std::time::Instant;

use throughline_testkit::Mode;
use tonic::Code;

use super::ask::ask;
use super::play::ended_well;
use super::time::Rival;
use super::{Call, Part};
use crate::{Chain, Root, judge};

pub(super) async fn play(
    chain: &mut Chain,
    rival: Rival,
    hop: &str,
    mode: Mode,
    call: Call,
    part: &Part,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let [lost, kept, last] = std::array::from_fn(|_| Root::sampled(&mut rand::rng()));
    wrong.extend(unaffected(chain, &rival, &lost, hop, mode, call, part).await);
    chain.collector(hop).switch(Mode::Answering).await;
    let seen = ask(chain, &kept, call).await;
    chain
        .collector(hop)
        .wait_for_trace(&kept.trace_id, |tree| {
            tree.nodes.iter().any(|node| node.span.service == hop)
        })
        .await;
    // Once more, and it stays so: the stop is bounded all the same.
    wrong.extend(unaffected(chain, &rival, &last, hop, mode, call, part).await);
    rival.end().await;
    let stopped = chain.stop().await;
    let said = stopped.of(hop).map_or("", |ended| &ended.stderr);
    let counted = said.contains("telemetry was lost");
    wrong.extend((!counted).then(|| format!("no loss was counted: {said}")));
    wrong.extend(ended_well([&stopped.gateway, &stopped.graph]));
    wrong.extend(judge(&kept, seen, &part.expected, chain.records()));
    wrong
}

/// A call while the collector is bad.
async fn unaffected(
    chain: &Chain,
    rival: &Rival,
    root: &Root,
    hop: &str,
    mode: Mode,
    call: Call,
    part: &Part,
) -> Vec<String> {
    let collector = chain.collector(hop);
    collector.switch(mode).await;
    let given_up = collector.given_up();
    let began = Instant::now();
    let seen = ask(chain, root, call).await;
    // Whoever waits for a collector that hangs is no further yet.
    let timed = rival.timed(began, collector.given_up() == given_up);
    let wrong = (seen != Code::Ok).then(|| format!("the caller saw {seen:?}"));
    wrong.into_iter().chain(part.time.judge(&timed)).collect()
}
