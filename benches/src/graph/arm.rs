//! One arm: a process of its own that does one thing and says what it took.

use std::path::Path;
use std::time::Instant;

use clap::ValueEnum;
use throughline_graph::KitRunner;
use throughline_graph_store::{
    GetNode, GraphStore as _, ListNodes, RunBlocking, RunError, SqliteOptions, SqliteStore,
    Traverse,
};
use tokio::sync::mpsc;

use super::{bare, data, far, fixed::Fixed, rpc};
use crate::process;

/// What an arm does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arm {
    /// Imports into the store.
    Import,
    /// The same statements without it.
    ImportBare,
    /// Reads one node, again and again.
    Get,
    /// The same statement without the store.
    GetBare,
    /// Reads one node by an RPC, again and again.
    GetRpc,
    /// An equal call that reads nothing.
    GetNothing,
    /// The first page of a list, again and again, after a thousand pages.
    ListFirst,
    /// Page 1 000, the same.
    ListLate,
    /// Searches paths between far nodes.
    Path,
    /// Walks three levels, again and again.
    Traverse,
    /// The same statements without the store.
    TraverseBare,
}

/// Bounds of the walks, as large as they may be asked for.
const FAN_OUT: usize = 1_000;
const NODES: usize = 100_000;
const PAGE: usize = 100;
const LATE: u32 = 1_000;

/// Runs the work in place: both arms have one thread.
#[derive(Clone)]
struct Inline;

impl RunBlocking for Inline {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        Ok(work())
    }
}

/// Does it `times` over a graph of so many edges; says microseconds of CPU, seconds, MB above idle.
pub(crate) fn run(arm: Arm, path: &Path, edges: u32, times: u32) -> anyhow::Result<()> {
    let store = SqliteStore::open(path, SqliteOptions::default(), Inline)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let db = bare::open(path)?;
    let batches = match arm {
        Arm::Import | Arm::ImportBare => data::batches(edges),
        _ => Vec::new(),
    };
    let rows: Vec<_> = match arm {
        Arm::ImportBare => batches.iter().map(bare::Rows::new).collect(),
        _ => Vec::new(),
    };
    let pid = std::process::id();
    let idle = process::megabytes(pid, "VmHWM")?;
    let (cpu, since) = (process::cpu_microseconds(pid)?, Instant::now());
    let mut read = (0, 0);
    match arm {
        Arm::Import => runtime.block_on(async {
            for batch in batches {
                store.import_batch(batch).await?;
            }
            anyhow::Ok(())
        })?,
        Arm::ImportBare => bare::import(&db, &rows)?,
        Arm::Get => runtime.block_on(async {
            for n in 0..times {
                let id = data::id(n % data::nodes(edges));
                let request = GetNode {
                    id,
                    ..GetNode::default()
                };
                std::hint::black_box(store.get_node(request).await?);
            }
            anyhow::Ok(())
        })?,
        Arm::GetBare => {
            for n in 0..times {
                bare::get(&db, &data::id(n % data::nodes(edges)))?;
            }
        }
        Arm::GetRpc => {
            let store = SqliteStore::open(path, SqliteOptions::default(), KitRunner)?;
            runtime.block_on(rpc::get(store, edges, times))?;
        }
        Arm::GetNothing => {
            let mut node = data::node(edges / 10);
            node.etag = "1234".to_owned();
            runtime.block_on(rpc::get(Fixed::new(node), edges, times))?;
        }
        Arm::ListFirst | Arm::ListLate => runtime.block_on(async {
            let page_size = PAGE
                .min(data::nodes(edges) as usize / (LATE as usize + 1))
                .max(1);
            let mut page = ListNodes {
                page_size,
                ..ListNodes::default()
            };
            let first = page.clone();
            for _ in 1..LATE {
                page.page_token = store.list_nodes(page.clone()).await?.next_page_token;
            }
            anyhow::ensure!(!page.page_token.is_empty(), "there are fewer pages");
            let asked = if arm == Arm::ListLate { page } else { first };
            for _ in 0..times {
                let page = store.list_nodes(asked.clone()).await?;
                anyhow::ensure!(page.nodes.len() == page_size, "the page is not full");
            }
            anyhow::Ok(())
        })?,
        Arm::Path => read = runtime.block_on(far::paths(&store, edges))?,
        Arm::Traverse => runtime.block_on(async {
            for n in 0..times {
                let (sender, mut parts) = mpsc::channel(1);
                let request = Traverse {
                    start: vec![data::id(n)],
                    max_fan_out: FAN_OUT,
                    max_nodes: NODES,
                    ..Traverse::default()
                };
                let take = async { while parts.recv().await.is_some() {} };
                let (summary, ()) = tokio::join!(store.traverse(request, sender), take);
                let summary = summary?;
                read = (summary.node_count as usize, summary.edge_count as usize);
            }
            anyhow::Ok(())
        })?,
        Arm::TraverseBare => {
            for n in 0..times {
                read = bare::traverse(&db, &data::id(n), FAN_OUT, NODES)?;
            }
        }
    }
    let seconds = since.elapsed().as_secs_f64();
    let above = process::megabytes(pid, "VmHWM")? - idle;
    println!(
        "{} {seconds} {above} {} {}",
        process::cpu_microseconds(pid)? - cpu,
        read.0,
        read.1
    );
    Ok(())
}
