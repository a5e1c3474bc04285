//! The graph in Dgraph beside the bare `api.Dgraph` stub that makes the same calls. What a read costs the caller is
//! counted against a double, which answers both alike; how fast an import is takes a real Dgraph.

mod arm;
mod import;
mod trips;

use anyhow::ensure;
use throughline_testkit::dgraph::FakeDgraph;
use tokio::process::Command;

pub(crate) use self::arm::{Arm, run as run_arm};
use crate::callgrind;
use crate::report::Report;

/// What a read may cost of the bare stub's.
const MOST_READ: f64 = 1.1;
/// Reads in the two runs whose difference counts.
const READS: [u32; 2] = [500, 2_500];

pub(crate) async fn run(edges: u32, report: &mut Report) -> anyhow::Result<()> {
    let double = FakeDgraph::start().await;
    double.answer(|_| Some(arm::ANSWER.to_owned()));
    let mut costs = Vec::new();
    for arm in [Arm::Bare, Arm::Client, Arm::Store, Arm::StoreTraced] {
        double.forget();
        let cost = cost(arm, &double.address()).await?;
        same_calls(arm, &double)?;
        report.note(
            &format!("dgraph, a read: instructions of {}", arm.name()),
            format!("{cost:.0}"),
        );
        costs.push(cost);
    }
    let [bare, client, store, traced] = costs[..] else {
        anyhow::bail!("an arm for each");
    };
    let over = |cost: f64| cost / bare;
    report.at_most(
        "dgraph, a read: the client over the stub",
        over(client),
        MOST_READ,
        "×",
    );
    report.at_most(
        "dgraph, a read: the store over the stub",
        over(store),
        MOST_READ,
        "×",
    );
    report.note(
        "dgraph, a read: the store with its spans, over the stub",
        format!("{:.2}", over(traced)),
    );
    trips::run(report).await?;
    import::run(edges, report).await
}

/// All arms must have asked for the same in the same words.
fn same_calls(arm: Arm, double: &FakeDgraph) -> anyhow::Result<()> {
    let calls = double.recorded();
    let mut reads = calls.iter().filter_map(|call| call.request.as_ref());
    ensure!(
        reads.any(|it| it.query == arm::QUERY && it.vars.len() == 1 && it.read_only),
        "{} asks for something else",
        arm.name()
    );
    Ok(())
}

/// Instructions of one read.
async fn cost(arm: Arm, address: &str) -> anyhow::Result<f64> {
    let here = std::env::current_exe()?;
    let program = |times: u32| {
        let mut program = Command::new(&here);
        program.args(["dgraph-arm", &arm.name(), address, &times.to_string()]);
        program
    };
    Ok(callgrind::cost(READS, program).await?.instructions)
}
