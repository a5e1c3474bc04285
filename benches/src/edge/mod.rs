//! CPU of one call through our gateway, Envoy and nginx: the same calls to the
//! same service behind, every answer compared, five rounds interleaved.
//!
//! Envoy translates grpc-web as we do; nginx does not, so that it is compared in
//! gRPC. None of them traces, except the arm that says so.

mod peers;
mod upstream;

use std::net::SocketAddr;

use throughline_api::graph::v1::GetNodeRequest;
use throughline_testkit::{Collector, Process};

use crate::beside;
use crate::load::{Answer, Caller, Framing};
use crate::process::cpu_microseconds;
use crate::report::Report;

/// The method that is called; what answers it is no graph service.
const PATH: &str = "/throughline.graph.v1.GraphService/GetNode";

const ROUNDS: usize = 5;

/// Calls in flight.
const AT_ONCE: u32 = 16;

/// Most of Envoy's CPU that our gateway may take.
const MOST_OF_ENVOY: f64 = 0.6;

/// Most of nginx's.
const MOST_OF_NGINX: f64 = 1.0;

/// One proxy under one kind of call.
struct Lane {
    name: &'static str,
    pid: u32,
    caller: Caller,
    rounds: Vec<f64>,
}

pub(crate) async fn run(calls: u32, report: &mut Report) -> anyhow::Result<()> {
    let upstream = upstream::start()?;
    let folder = tempfile::tempdir()?;
    let collector = Collector::start();
    let plain = gateway(upstream, None).await?;
    let traced = gateway(upstream, Some(&collector.dsn("gateway"))).await?;
    let envoy = peers::envoy(folder.path(), upstream).await?;
    let nginx = peers::nginx(folder.path(), upstream).await?;

    let mut lanes = Vec::new();
    for (name, pid, to, framing) in [
        (
            "gateway, grpc-web",
            plain.id(),
            address(&plain)?,
            Framing::GrpcWeb,
        ),
        (
            "gateway, grpc-web, sampled",
            traced.id(),
            address(&traced)?,
            Framing::GrpcWeb,
        ),
        (
            "Envoy, grpc-web",
            envoy.id(),
            envoy.address,
            Framing::GrpcWeb,
        ),
        ("gateway, gRPC", plain.id(), address(&plain)?, Framing::Grpc),
        (
            "gateway, gRPC, sampled",
            traced.id(),
            address(&traced)?,
            Framing::Grpc,
        ),
        ("nginx, gRPC", nginx.id(), nginx.address, Framing::Grpc),
    ] {
        let request = GetNodeRequest {
            id: "crate:serde@1.0.0".to_owned(),
            ..GetNodeRequest::default()
        };
        lanes.push(Lane {
            name,
            pid: pid.unwrap_or_default(),
            caller: Caller::connect(to, PATH, framing, &request).await?,
            rounds: Vec::new(),
        });
    }
    let expected = Answer {
        message: upstream::MESSAGE.into(),
        status: 0,
    };
    for lane in &lanes {
        // The first calls connect, and fill caches.
        let warm = lane.caller.calls(500, AT_ONCE, |_| None, &expected);
        warm.await?;
    }
    for round in 1..=ROUNDS {
        eprintln!("gateway: round {round} of {ROUNDS}, {calls} calls in each lane");
        for lane in &mut lanes {
            let before = cpu_microseconds(lane.pid)?;
            lane.caller
                .calls(calls, AT_ONCE, |_| None, &expected)
                .await?;
            let used = cpu_microseconds(lane.pid)? - before;
            lane.rounds.push(used / f64::from(calls));
        }
    }
    for lane in &mut lanes {
        lane.rounds.sort_by(f64::total_cmp);
        let (least, most) = (lane.rounds[0], lane.rounds[ROUNDS - 1]);
        let range = format!("{:.1} µs ({least:.1}–{most:.1})", lane.median());
        report.note(&format!("{}: CPU of a call", lane.name), range);
    }
    let median = |at: usize| lanes[at].median();
    for (ours, theirs, most) in [
        (0, 2, MOST_OF_ENVOY),
        (1, 2, MOST_OF_ENVOY),
        (3, 5, MOST_OF_NGINX),
        (4, 5, MOST_OF_NGINX),
    ] {
        let name = format!("{} over {}", lanes[ours].name, lanes[theirs].name);
        report.at_most(&name, median(ours) / median(theirs), most, "×");
    }
    Ok(())
}

impl Lane {
    /// Of rounds in order.
    fn median(&self) -> f64 {
        self.rounds[self.rounds.len() / 2]
    }
}

fn address(process: &Process) -> anyhow::Result<SocketAddr> {
    Ok(process.addr().parse()?)
}

async fn gateway(upstream: SocketAddr, dsn: Option<&str>) -> anyhow::Result<Process> {
    let mut gateway = Process::builder_at(beside("throughline-gateway")?)
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GATEWAY_GRAPH_URL", format!("http://{upstream}"))
        .env("RUST_LOG", "off");
    if let Some(dsn) = dsn {
        gateway = gateway.env("SENTRY_DSN", dsn);
    }
    Ok(gateway.spawn().await)
}
