//! Resident memory: idle, and after many calls through all services, of which
//! some panic in the gateway and some in the graph service.

use std::time::Duration;

use throughline_api::graph::v1::{GetStatsRequest, GetStatsResponse};
use throughline_testkit::{Process, ProcessBuilder};

use crate::beside;
use crate::load::{Caller, Framing};
use crate::process::megabytes;
use crate::report::Report;

/// The method that is called: it reads the store, and needs no data.
pub(crate) const PATH: &str = "/throughline.graph.v1.GraphService/GetStats";

/// The services, and the memory that each may take when idle.
const IDLE: [(&str, f64); 3] = [("gateway", 10.0), ("graph", 12.0), ("inspector", 20.0)];

/// What the peak may be, in times of the idle.
const MOST_PEAK: f64 = 2.0;

/// What the second half of the calls may add to what is resident after the first.
const MOST_GROWTH: f64 = 1.1;

/// Time for a service to finish its start, or what it does after a load.
const SETTLED: Duration = Duration::from_secs(3);

/// Calls in flight.
const AT_ONCE: u32 = 16;

/// The chain of services, telemetry going to `inspector`.
pub(crate) struct Chain {
    pub(crate) gateway: Process,
    pub(crate) graph: Process,
}

impl Chain {
    pub(crate) async fn start(
        folder: &std::path::Path,
        dsn: impl Fn(&str, u32) -> String,
    ) -> anyhow::Result<Self> {
        let service = |name: &str, project| -> anyhow::Result<ProcessBuilder> {
            let path = beside(&format!("throughline-{name}"))?;
            Ok(Process::builder_at(path)
                .env("SENTRY_DSN", dsn(name, project))
                .env("SENTRY_ENVIRONMENT", "bench")
                .env("RUST_LOG", "off")
                // With it std's own panic hook would resolve names in the process.
                .env("RUST_BACKTRACE", "1")
                .arg("--faults"))
        };
        let store = format!("sqlite:{}", folder.join("graph.db").display());
        let graph = service("graph", 3)?
            .env("GRAPH_LISTEN", "127.0.0.1:0")
            .env("GRAPH_STORE", store)
            .spawn()
            .await;
        let gateway = service("gateway", 2)?
            .env("GATEWAY_LISTEN", "127.0.0.1:0")
            .env("GATEWAY_GRAPH_URL", graph.url())
            .spawn()
            .await;
        Ok(Self { gateway, graph })
    }
}

pub(crate) async fn run(calls: u32, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let inspector = Process::builder_at(beside("throughline")?)
        .arg("inspect")
        .env("INSPECTOR_LISTEN", "127.0.0.1:0")
        .env("INSPECTOR_DATA_DIR", folder.path().join("inspector"))
        .spawn()
        .await;
    let at = inspector.addr().to_owned();
    let chain = Chain::start(folder.path(), |name, project| {
        format!("http://{name}@{at}/{project}")
    })
    .await?;
    let pids = [&chain.gateway, &chain.graph, &inspector].map(|it| it.id().unwrap_or_default());
    tokio::time::sleep(SETTLED).await;

    let mut idle = [0.0; 3];
    for (n, (name, most)) in IDLE.into_iter().enumerate() {
        idle[n] = megabytes(pids[n], "VmRSS")?;
        report.at_most(&format!("memory, {name}: idle"), idle[n], most, "MB");
        report.note(
            &format!("memory, {name}: idle, pages of program files in it"),
            format!("{:.1} MB", megabytes(pids[n], "RssFile")?),
        );
    }

    let gateway = chain.gateway.addr().parse()?;
    let mut caller = Caller::connect(gateway, PATH, Framing::GrpcWeb, &GetStatsRequest {}).await?;
    let expected = caller.call(None).await?;
    anyhow::ensure!(expected.status == 0, "{expected:?}");
    let _: GetStatsResponse = prost::Message::decode(expected.message.clone())?;
    let mut halves = [[0.0; 3]; 2];
    for (half, said) in halves.iter_mut().zip(["first", "second"]) {
        eprintln!("memory: the {said} {} calls", calls / 2);
        caller.calls(calls / 2, AT_ONCE, fault, &expected).await?;
        tokio::time::sleep(SETTLED).await;
        for (n, pid) in pids.into_iter().enumerate() {
            half[n] = megabytes(pid, "VmRSS")?;
        }
    }

    for (n, (name, _)) in IDLE.into_iter().enumerate() {
        let peak = megabytes(pids[n], "VmHWM")?;
        report.note(
            &format!("memory, {name}: peak over {calls} calls"),
            format!("{peak:.1} MB"),
        );
        report.at_most(
            &format!("memory, {name}: peak over idle"),
            peak / idle[n],
            MOST_PEAK,
            "×",
        );
        report.at_most(
            &format!("memory, {name}: after the second half, over the first"),
            halves[1][n] / halves[0][n],
            MOST_GROWTH,
            "×",
        );
    }
    Ok(())
}

/// One call of a thousand panics in each of the two services.
fn fault(call: u32) -> Option<&'static str> {
    match call % 1_000 {
        250 => Some("graph=panic"),
        750 => Some("gateway=panic"),
        _ => None,
    }
}
