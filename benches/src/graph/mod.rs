//! The graph store beside `rusqlite` alone, the same statements at the same durability.
//! Each arm is a process: CPU by the scheduler, memory by its peak, instructions by callgrind.

mod arm;
mod bare;
pub(crate) mod data;
mod far;
mod fixed;
mod rpc;

use std::path::Path;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

pub(crate) use self::arm::{Arm, run as run_arm};
use crate::callgrind;
use crate::report::Report;

/// What importing may cost: the bare rate over ours, in CPU.
const MOST_IMPORT: f64 = 1.0 / 0.4;
const MOST_GET: f64 = 1.3;
const MOST_TRAVERSE: f64 = 1.5;
const MOST_MEMORY: f64 = 32.0;
/// Walks in an arm, and nodes read in the two runs whose difference counts.
const WALKS: u32 = 5;
const GETS: [u32; 2] = [500, 2_500];
/// The same of pages.
const PAGES: [u32; 2] = [20, 120];
/// What page 1 000 may cost of page 1: the place is looked up, the first page has none.
const MOST_LATE: f64 = 1.1;
const MOST_PATH: f64 = 1.2;

/// What an arm said.
struct Took {
    cpu: f64,
    seconds: f64,
    megabytes: f64,
    read: String,
}

pub(crate) async fn run(edges: u32, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (ours, other) = (folder.path().join("ours.db"), folder.path().join("bare.db"));
    report.note("graph: edges, skewed", edges);
    report.note("graph: durability of both", "WAL, synchronous=FULL");
    let store = took(Arm::Import, &ours, edges, 1).await?;
    let bare = took(Arm::ImportBare, &other, edges, 1).await?;
    for (name, took) in [("ours", &store), ("bare", &bare)] {
        let rate = f64::from(edges + data::nodes(edges)) / took.seconds;
        report.note(
            &format!("graph, import, {name}: nodes and edges a second"),
            format!("{rate:.0}"),
        );
    }
    let ratio = store.cpu / bare.cpu;
    report.at_most(
        "graph, import: CPU over the bare statements'",
        ratio,
        MOST_IMPORT,
        "×",
    );

    let bare = cost(Arm::GetBare, &ours, edges, GETS).await?;
    let store = cost(Arm::Get, &ours, edges, GETS).await?;
    let rpc = cost(Arm::GetRpc, &ours, edges, GETS).await?;
    let own = cost(Arm::GetNothing, &ours, edges, GETS).await?;
    for (name, instructions) in [
        ("the bare statement", bare),
        ("the store's", store),
        ("the RPC", rpc),
        ("an equal RPC that reads nothing", own),
    ] {
        let name = format!("graph, GetNode: instructions of {name}");
        report.note(&name, format!("{instructions:.0}"));
    }
    report.note(
        "graph, GetNode: the store's over the bare statement's",
        format!("{:.2}", store / bare),
    );
    report.at_most(
        "graph, GetNode: the RPC less its own, over the bare",
        (rpc - own) / bare,
        MOST_GET,
        "×",
    );

    let (first, late) = (
        cost(Arm::ListFirst, &ours, edges, PAGES).await?,
        cost(Arm::ListLate, &ours, edges, PAGES).await?,
    );
    report.note(
        "graph, ListNodes: instructions of page 1",
        format!("{first:.0}"),
    );
    report.at_most(
        "graph, ListNodes: page 1 000 over page 1",
        late / first,
        MOST_LATE,
        "×",
    );

    let path = took(Arm::Path, &ours, edges, 1).await?;
    let counts: Vec<f64> = path.read.split(", ").flat_map(str::parse).collect();
    let [read, least] = counts[..] else {
        anyhow::bail!("no counts in {:?}", path.read);
    };
    report.note("graph, FindPath: edges read by 40 far searches", read);
    report.at_most(
        "graph, FindPath: over the fewest that would do",
        read / least,
        MOST_PATH,
        "×",
    );

    let store = took(Arm::Traverse, &ours, edges, WALKS).await?;
    let bare = took(Arm::TraverseBare, &ours, edges, WALKS).await?;
    report.note(
        "graph, Traverse: nodes and edges of the last walk",
        &store.read,
    );
    report.note("graph, Traverse: the same of the bare loop", &bare.read);
    report.at_most(
        "graph, Traverse: CPU over the bare loop's",
        store.cpu / bare.cpu,
        MOST_TRAVERSE,
        "×",
    );
    report.at_most(
        "graph, Traverse: peak above idle",
        store.megabytes,
        MOST_MEMORY,
        "MB",
    );
    Ok(())
}

fn command(
    program: impl AsRef<std::ffi::OsStr>,
    arm: Arm,
    path: &Path,
    edges: u32,
    times: u32,
) -> Command {
    let mut command = Command::new(program);
    let name = clap::ValueEnum::to_possible_value(&arm)
        .map_or_else(String::new, |it| it.get_name().to_owned());
    command.args(["graph-arm", &name]).arg(path);
    command.args([edges.to_string(), times.to_string()]);
    command
}

async fn took(arm: Arm, path: &Path, edges: u32, times: u32) -> anyhow::Result<Took> {
    let output = command(std::env::current_exe()?, arm, path, edges, times)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{arm:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let words: Vec<_> = said.split_whitespace().collect();
    let number = |at: usize| words.get(at).and_then(|it| it.parse().ok());
    Ok(Took {
        cpu: number(0).context("no CPU")?,
        seconds: number(1).context("no seconds")?,
        megabytes: number(2).context("no megabytes")?,
        read: words.get(3..).unwrap_or_default().join(", "),
    })
}

/// Instructions of doing it once.
async fn cost(arm: Arm, path: &Path, edges: u32, times: [u32; 2]) -> anyhow::Result<f64> {
    let here = std::env::current_exe()?;
    let program = |times| command(&here, arm, path, edges, times);
    Ok(callgrind::cost(times, program).await?.instructions)
}
