//! Makes one fault in a chain of its own, calls, and judges what came of it.

use std::time::{Duration, Instant};

use throughline_testkit::{Finished, SAFETY};
use tonic::Code;

use super::ask::{ask, path};
use super::time::{Rival, Timed};
use super::{Fault, Part, collector, dgraph, real};
use crate::chain::Stopped;
use crate::{Chain, ChainOptions, Root, judge};

/// What the caller saw, and what was wrong besides.
pub(super) struct Answered {
    code: Code,
    timed: Timed,
    wrong: Vec<String>,
}

impl Answered {
    pub(super) fn new(code: Code, timed: Timed) -> Self {
        Self {
            code,
            timed,
            wrong: Vec::new(),
        }
    }

    pub(super) fn and(mut self, wrong: Option<String>) -> Self {
        self.wrong.extend(wrong);
        self
    }

    pub(super) fn unless(self, holds: bool, wrong: impl FnOnce() -> String) -> Self {
        self.and((!holds).then(wrong))
    }
}

/// What does not hold of `part`.
pub async fn play(part: &Part) -> Vec<String> {
    if let Fault::Dgraph(on, trouble) = part.fault {
        return dgraph::play(on, trouble, part).await;
    }
    let mut chain = Chain::start(&ChainOptions {
        small_disk: matches!(part.fault, Fault::Full),
        ..ChainOptions::default()
    })
    .await;
    let root = Root::sampled(&mut rand::rng());
    let rival = match part.fault {
        Fault::Killed("gateway") => Rival::of_nobody(),
        _ => Rival::begin(&mut chain).await,
    };
    if let Fault::Collector(hop, mode, call) = part.fault {
        return collector::play(&mut chain, rival, hop, mode, call, part).await;
    }
    let answered = fault(part.fault, &mut chain, &rival, &root);
    let Ok(answered) = tokio::time::timeout(SAFETY, answered).await else {
        return vec!["no answer came".to_owned()];
    };
    let fires = match part.fault {
        Fault::Asked(hop, ..)
        | Fault::Deadline(hop, ..)
        | Fault::Cancelled(hop)
        | Fault::Stopped(hop, ..) => Some(hop),
        _ => None,
    };
    let (stopped, mut wrong) = end(part, chain, rival, &root, fires, answered).await;
    if let Fault::Sql(..) | Fault::Locked | Fault::Gone | Fault::Full = part.fault {
        let said = stopped.of("graph").map_or("", |ended| &ended.stderr);
        let fired = ["the store failed", "the store is unavailable"]
            .iter()
            .any(|line| said.contains(line));
        wrong.extend((!fired).then(|| format!("the store did not fail: {said}")));
    }
    wrong
}

/// Ends the chain, and judges all that every fault must leave behind it: the hop that was to obey one says that it did,
/// once.
pub(super) async fn end(
    part: &Part,
    mut chain: Chain,
    rival: Rival,
    root: &Root,
    fires: Option<&str>,
    answered: Answered,
) -> (Stopped, Vec<String>) {
    rival.end().await;
    let stopped = chain.stop().await;
    let mut wrong = answered.wrong;
    wrong.extend(part.time.judge(&answered.timed));
    if let Some(hop) = fires {
        let fired = stopped.faults(hop);
        wrong.extend((fired != 1).then(|| format!("the fault fired {fired} times")));
    }
    wrong.extend(ended_well([&stopped.gateway, &stopped.graph]));
    wrong.extend(judge(root, answered.code, &part.expected, chain.records()));
    (stopped, wrong)
}

async fn fault(fault: Fault, chain: &mut Chain, rival: &Rival, root: &Root) -> Answered {
    let began = Instant::now();
    match fault {
        Fault::None(call) => {
            let code = ask(chain, root, call).await;
            Answered::new(code, rival.timed(began, false))
        }
        Fault::Asked(hop, fault, call) => {
            let root = root.clone().with_fault(&format!("{hop}={fault}"));
            let code = ask(chain, &root, call).await;
            Answered::new(code, rival.timed(began, false))
        }
        Fault::Deadline(hop, milliseconds) => {
            let mut root = root.clone().with_fault(&format!("{hop}=stall"));
            root.timeout = Some(Duration::from_millis(milliseconds));
            let code = path(chain.web_client(), &root).await;
            // What stalls never goes on.
            Answered::new(code, rival.timed(began, true))
        }
        Fault::Cancelled(hop) => {
            let root = root.clone().with_fault(&format!("{hop}=stall"));
            let code = cancelled(chain, &root, hop).await;
            Answered::new(code, rival.timed(began, true))
        }
        Fault::Killed(hop) => real::killed(chain, rival, root, hop).await,
        Fault::Blackholed => real::blackholed(chain, rival, root).await,
        Fault::Stopped(hop, milliseconds) => {
            real::stopped(chain, rival, root, hop, milliseconds).await
        }
        Fault::Sql(statements, call) => {
            real::behind_its_back(chain, statements);
            let began = Instant::now();
            let code = ask(chain, root, call).await;
            Answered::new(code, rival.timed(began, true))
        }
        Fault::Locked => real::locked(chain, rival, root).await,
        Fault::Gone => real::gone(chain, rival, root).await,
        Fault::Full => real::full(chain, rival, root).await,
        Fault::Dgraph(..) | Fault::Collector(..) => unreachable!("it is judged by itself"),
    }
}

/// Drops a call that the fault holds up.
async fn cancelled(chain: &mut Chain, root: &Root, hop: &str) -> Code {
    let client = chain.web_client();
    tokio::select! {
        answered = path(client, root) => answered,
        // Dropping the call is what cancels it.
        () = chain.wait_until_held(hop) => Code::Cancelled,
    }
}

pub(super) fn ended_well(services: [&Option<Finished>; 2]) -> Vec<String> {
    let ended = services.into_iter().flatten();
    let badly = ended.filter(|ended| !ended.status.success());
    badly
        .map(|ended| format!("{}: {}", ended.status, ended.stderr))
        .collect()
}
