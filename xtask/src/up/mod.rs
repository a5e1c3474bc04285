//! `cargo xtask up`: the whole stack on this machine, and one trace through it.

pub(crate) mod child;
mod data;
mod dgraph;
mod layers;
pub(crate) mod plan;
mod query;
mod stack;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;

use self::data::Data;
use self::layers::LayersOut;
use self::stack::Stack;

/// Options of `up`.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// End after the trace: exit 0, or 1 if it is broken
    #[arg(long)]
    once: bool,
    /// Where the gateway listens; another port if it is busy
    #[arg(long, env = "GATEWAY_LISTEN", default_value = "127.0.0.1:8080")]
    gateway_listen: SocketAddr,
    /// Where the graph service listens; another port if it is busy
    #[arg(long, env = "GRAPH_LISTEN", default_value = "127.0.0.1:50051")]
    graph_listen: SocketAddr,
    /// Where the inspector listens; another port if it is busy
    #[arg(long, env = "INSPECTOR_LISTEN", default_value = "127.0.0.1:8969")]
    inspector_listen: SocketAddr,
    /// Where the site listens; another port if it is busy
    #[arg(long, env = "SITE_LISTEN", default_value = "127.0.0.1:4321")]
    site_listen: SocketAddr,
    /// Leave the site out, as `--once` does; the gateway lets in a site of your own at its address
    #[arg(long)]
    no_site: bool,
    /// Have the services obey faults, and the site show its lab, where each hop can be broken
    #[arg(long)]
    faults: bool,
    /// Keep the graph in a Dgraph: in the one that DGRAPH_ENDPOINT names, else in one that is started from DGRAPH_BIN or
    /// `dgraph` on the PATH
    #[arg(long)]
    dgraph: bool,
    /// How far a Dgraph's ports are from its own (9080 and four more); others if one is busy
    #[arg(long, env = "DGRAPH_PORT_OFFSET", default_value_t = 0)]
    dgraph_port_offset: u16,
    /// Take the trace layer out of a service's side, to see the break found
    #[arg(long, value_name = "SERVICE:SIDE", hide = true)]
    layers_out: Option<LayersOut>,
}

/// How `up` ended.
enum Outcome {
    /// The trace is whole, and someone who stayed has seen enough.
    Whole,
    /// The trace is broken, or cannot be judged.
    Broken,
    /// Ctrl-C, or a kill that can be caught, before the trace was there.
    Interrupted,
}

/// Runs `up`. Whatever happens, the children are stopped before it returns.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    // Ours as long as the services run, not only until they are up.
    let data = Data::open(&crate::workspace::root())?;
    let mut stack = Stack::default();
    let interrupted = interrupted()?;
    let outcome = tokio::select! {
        outcome = bring_up(&mut stack, &data, &options) => outcome,
        () = interrupted => Ok(Outcome::Interrupted),
    };
    let outcome = match outcome {
        Ok(Outcome::Whole | Outcome::Broken) if !options.once => stay(&mut stack, outcome).await,
        outcome => outcome,
    };
    stack.stop().await;
    Ok(match outcome? {
        Outcome::Whole => ExitCode::SUCCESS,
        Outcome::Broken => ExitCode::FAILURE,
        Outcome::Interrupted => ExitCode::from(130),
    })
}

async fn bring_up(stack: &mut Stack, data: &Data, options: &Options) -> anyhow::Result<Outcome> {
    let dgraph = options.dgraph.then(dgraph::find).transpose()?;
    eprintln!("building the services (dev profile)");
    let binaries = crate::workspace::build().await?;
    // Who asks for one trace in the terminal looks at no page.
    let with_site = !options.no_site && !options.once && site_is_built().await;
    stack
        .start(&binaries, data, options, dgraph, with_site)
        .await?;
    if let Some(site) = stack.addresses().site {
        println!("http://{site} shows this workspace's dependency graph");
    }
    let whole = tokio::select! {
        whole = query::run(&binaries, data, stack.addresses(), options.layers_out.as_ref()) => whole?,
        died = stack.first_death() => anyhow::bail!(died),
    };
    println!("\n{}", stack.addresses());
    println!("data and logs  {}", data.shown());
    Ok(if whole {
        Outcome::Whole
    } else {
        Outcome::Broken
    })
}

/// Builds the site; says why there is none if it cannot be had.
async fn site_is_built() -> bool {
    let built = crate::site::build().await;
    if let Err(why) = &built {
        eprintln!("there is no site: {why}");
    }
    built.is_ok()
}

/// Stays until Ctrl-C, or until a service dies.
async fn stay(stack: &mut Stack, outcome: anyhow::Result<Outcome>) -> anyhow::Result<Outcome> {
    println!("\nrunning; Ctrl-C stops all of it");
    let interrupted = interrupted()?;
    tokio::select! {
        died = stack.first_death() => anyhow::bail!(died),
        () = interrupted => outcome,
    }
}

/// Ready at the first SIGINT or SIGTERM; from the call on, neither kills us.
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
