//! Heads and services that keep a tenth of the traces: each trace is stored whole or not at all, whomever the gateway
//! trusts. `THROUGHLINE_TRACES` says how many for each mode.

use std::collections::{BTreeSet, HashMap};

use rand::Rng;
use throughline_api::graph::v1::FindPathRequest;
use throughline_continuity::{Chain, ChainOptions, Progress, Root, count, figure, seeded};
use throughline_trace_model::Record;
use tokio::task::JoinSet;

const RATE: f64 = 0.1;
const AT_ONCE: usize = 8;

/// A head that kept a tenth, or left the choice to the number that it drew.
fn head(chance: &mut impl Rng) -> Root {
    let mut root = Root::sampled(chance);
    root.sampled = match chance.random_bool(0.5) {
        true => Some(root.sample_rand < RATE),
        false => None,
    };
    root
}

async fn check(trust: &'static str) {
    let mut chance = seeded(trust);
    let traces = count("THROUGHLINE_TRACES", 150);
    let mut chain = Chain::start(&ChainOptions {
        sample_rate: Some(RATE),
        trust: Some(trust),
        ..ChainOptions::default()
    })
    .await;
    let client = chain.client();
    let heads: Vec<Root> = (0..traces).map(|_| head(&mut chance)).collect();
    let mut running = JoinSet::new();
    let mut answers: Vec<Result<(), tonic::Status>> = Vec::new();
    let progress = Progress::new(trust, traces);
    for root in heads.clone() {
        progress.one();
        if running.len() == AT_ONCE {
            answers.push(
                running
                    .join_next()
                    .await
                    .expect("some run")
                    .expect("no panic"),
            );
        }
        let mut client = client.clone();
        running.spawn(async move {
            let asked = FindPathRequest {
                from: "a".to_owned(),
                to: "c".to_owned(),
                ..FindPathRequest::default()
            };
            client.find_path(root.request(asked)).await.map(drop)
        });
    }
    answers.extend(running.join_all().await);
    let stopped = chain.stop().await;
    for answer in answers {
        assert!(answer.is_ok(), "{answer:?} {stopped:#?}");
    }
    for hop in ["gateway", "graph"] {
        let said = &stopped.of(hop).expect("it ran").stderr;
        assert!(!said.contains("telemetry was lost"), "{said}");
    }
    let mut stored = HashMap::<String, Vec<String>>::new();
    for record in chain.records() {
        let Record::Span(span) = record else { continue };
        if span.op.starts_with("rpc.") {
            let place = format!("{} {}", span.service, span.op);
            stored.entry(span.trace_id).or_default().push(place);
        }
    }
    for (id, places) in &mut stored {
        places.sort();
        let whole = [
            "gateway rpc.client",
            "gateway rpc.server",
            "graph rpc.server",
        ];
        assert_eq!(places, &whole, "{trust}: trace {id} is stored in part");
    }
    figure(&format!(
        "trust {trust}: of {traces} traces {} are stored, each whole",
        stored.len()
    ));
    let stored: BTreeSet<&str> = stored.keys().map(String::as_str).collect();
    if trust == "none" {
        let continued = heads.iter().filter(|root| stored.contains(&*root.trace_id));
        assert_eq!(continued.count(), 0, "nobody is trusted");
        assert!(
            stored.len() < traces / 2,
            "a tenth is kept: {}",
            stored.len()
        );
    } else {
        let kept = heads.iter().filter(|root| root.sample_rand < RATE);
        let kept: BTreeSet<&str> = kept.map(|root| &*root.trace_id).collect();
        assert_eq!(
            stored, kept,
            "{trust}: what the head's number says, and no more"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trusting_nobody() {
    check("none").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trusting_listed_origins() {
    check("origins").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trusting_all() {
    check("all").await;
}
