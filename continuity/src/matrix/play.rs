//! Makes one fault in a chain of its own, calls, and judges what came of it.

use throughline_api::graph::v1::{ApplyMutationsRequest, FindPathRequest};
use throughline_testkit::{Finished, Mode};
use tonic::Code;

use super::{Call, Fault, Part};
use crate::{Chain, ChainOptions, Root, judge, put_node};

/// What does not hold of `part`.
pub async fn play(part: &Part, fault: &Fault) -> Vec<String> {
    let mut chain = Chain::start(&ChainOptions::default()).await;
    let root = Root::sampled(&mut rand::rng());
    let mut wrong = Vec::new();
    let seen = match *fault {
        Fault::None(call) => ask(&chain, &root, call).await,
        Fault::Asked(hop, fault, call) => {
            let root = root.clone().with_fault(&format!("{hop}={fault}"));
            ask(&chain, &root, call).await
        }
        Fault::Deadline(hop, fault, milliseconds) => {
            let mut root = root.clone().with_fault(&format!("{hop}={fault}"));
            root.timeout = Some(std::time::Duration::from_millis(milliseconds));
            // Not tonic's client, which would be the first to give up, and call that cancelled.
            let mut client = chain.web_client();
            let answer = client.find_path(root.request(path())).await;
            answer.map_or_else(|status| status.code(), |_| Code::Ok)
        }
        Fault::Cancelled(hop, fault) => {
            let root = root.clone().with_fault(&format!("{hop}={fault}"));
            cancel(&mut chain, &root, hop).await
        }
        Fault::Killed(hop) => {
            let killed = chain.process(hop).take().expect("it runs").kill().await;
            wrong.extend(
                killed
                    .status
                    .success()
                    .then(|| "nothing was killed".to_owned()),
            );
            ask(&chain, &root, Call::Read).await
        }
        Fault::Sql(statements, call) => {
            behind_its_back(&chain, statements);
            ask(&chain, &root, call).await
        }
        Fault::Locked => {
            let holder = rusqlite::Connection::open(chain.database()).expect("it can be opened");
            holder
                .execute_batch("BEGIN IMMEDIATE")
                .expect("nobody writes");
            ask(&chain, &root, Call::Write).await
        }
        Fault::Collector(hop, mode, call) => {
            return bad_collector(&mut chain, hop, mode, call, part).await;
        }
    };
    let stopped = chain.stop().await;
    if let Fault::Asked(hop, ..) | Fault::Deadline(hop, ..) | Fault::Cancelled(hop, ..) = *fault {
        let fired = stopped.faults(hop);
        wrong.extend((fired != 1).then(|| format!("the fault fired {fired} times")));
    }
    if let Fault::Sql(..) | Fault::Locked = fault {
        let said = stopped.of("graph").map_or("", |ended| &ended.stderr);
        let fired = ["the store failed", "the store is unavailable"]
            .iter()
            .any(|line| said.contains(line));
        wrong.extend((!fired).then(|| format!("the store did not fail: {said}")));
    }
    wrong.extend(ended_well([&stopped.gateway, &stopped.graph]));
    wrong.extend(judge(&root, seen, &part.expected, chain.records()));
    wrong
}

async fn ask(chain: &Chain, root: &Root, call: Call) -> Code {
    let mut client = chain.client();
    let answer = match call {
        Call::Read => client.find_path(root.request(path())).await.map(drop),
        Call::Write => {
            let forbidden = ApplyMutationsRequest {
                mutations: vec![put_node("forbidden")],
                ..ApplyMutationsRequest::default()
            };
            client
                .apply_mutations(root.request(forbidden))
                .await
                .map(drop)
        }
    };
    answer.map_or_else(|status| status.code(), |()| Code::Ok)
}

fn path() -> FindPathRequest {
    FindPathRequest {
        from: "a".to_owned(),
        to: "c".to_owned(),
        ..FindPathRequest::default()
    }
}

/// Drops a call that the fault holds up.
async fn cancel(chain: &mut Chain, root: &Root, hop: &str) -> Code {
    let mut client = chain.client();
    let request = root.request(path());
    tokio::select! {
        answered = client.find_path(request) => {
            answered.map_or_else(|status| status.code(), |_| Code::Ok)
        }
        // Dropping the call is what cancels it.
        () = chain.wait_for_fault(hop) => Code::Cancelled,
    }
}

fn behind_its_back(chain: &Chain, statements: &str) {
    let database = rusqlite::Connection::open(chain.database()).expect("it can be opened");
    // A writer of ours may be at it.
    database
        .busy_timeout(throughline_testkit::SAFETY)
        .expect("a timeout can be set");
    database
        .execute_batch(statements)
        .expect("the statements are right");
}

/// The call is as ever; what it cost is counted; the call after the collector's return is one tree.
async fn bad_collector(
    chain: &mut Chain,
    hop: &str,
    mode: Mode,
    call: Call,
    part: &Part,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let (lost, kept, last) = {
        let mut chance = rand::rng();
        let mut root = || Root::sampled(&mut chance);
        (root(), root(), root())
    };
    chain.collector(hop).switch(mode).await;
    let seen = ask(chain, &lost, call).await;
    wrong.extend((seen != Code::Ok).then(|| format!("the caller saw {seen:?}")));
    chain.collector(hop).switch(Mode::Answering).await;
    let seen = ask(chain, &kept, call).await;
    let service = hop;
    chain
        .collector(hop)
        .wait_for_trace(&kept.trace_id, |tree| {
            tree.nodes.iter().any(|node| node.span.service == service)
        })
        .await;
    // Once more, and it stays so: the stop is bounded all the same.
    chain.collector(hop).switch(mode).await;
    let at_last = ask(chain, &last, call).await;
    wrong.extend((at_last != Code::Ok).then(|| format!("the caller saw {at_last:?}")));
    let stopped = chain.stop().await;
    let said = stopped.of(hop).map_or("", |ended| &ended.stderr);
    let counted = said.contains("telemetry was lost");
    wrong.extend((!counted).then(|| format!("no loss was counted: {said}")));
    wrong.extend(ended_well([&stopped.gateway, &stopped.graph]));
    wrong.extend(judge(&kept, seen, &part.expected, chain.records()));
    wrong
}

fn ended_well(services: [&Option<Finished>; 2]) -> Vec<String> {
    let ended = services.into_iter().flatten();
    let badly = ended.filter(|ended| !ended.status.success());
    badly
        .map(|ended| format!("{}: {}", ended.status, ended.stderr))
        .collect()
}
