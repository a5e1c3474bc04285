//! The health checks of `docker-compose.yml`, run as they stand against the programs that they are of: they pass while it
//! runs, and fail once it is gone. Only the port is another one. The site's needs a built site, and is tried by hand.

use std::process::Command;

use serde_norway::Value;
use throughline_testkit::dgraph::{ClusterOptions, DgraphCluster, skipped};
use throughline_testkit::{Process, ProcessBuilder};

use crate::compose::{services, words};
use crate::inspector::inspect;

/// The check of a service, with the port of the one that runs here.
fn probe(service: &str, port: &str) -> Vec<String> {
    let services = services();
    let (_, about) = services
        .iter()
        .find(|(name, _)| name == service)
        .unwrap_or_else(|| panic!("no {service}"));
    let check: &Value = &about["healthcheck"]["test"];
    let words = words(check).into_iter().skip(1).map(|word| {
        let Some((start, rest)) = word.split_once("http://127.0.0.1:") else {
            return word.to_owned();
        };
        let path = rest.trim_start_matches(|it: char| it.is_ascii_digit());
        format!("{start}http://127.0.0.1:{port}{path}")
    });
    words.collect()
}

fn port(url: &str) -> &str {
    url.rsplit_once(':').expect("a port").1
}

async fn passes(probe: &[String]) -> bool {
    let (program, arguments) = probe.split_first().expect("a program");
    let probe = Process::builder(program).args(arguments.iter().map(String::as_str));
    probe.output().await.status.success()
}

async fn check(service: &str, process: ProcessBuilder) -> Process {
    let process = process.spawn().await;
    let probe = probe(service, port(process.url()));
    assert!(passes(&probe).await, "{probe:?} while it runs");
    process
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_ours_passes_while_it_runs_and_fails_once_it_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let inspector = inspect(folder.path());
    let database = folder.path().join("graph.db");
    let graph = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", format!("sqlite:{}", database.display()));
    let graph = check("graph", graph).await;
    let gateway = Process::builder("throughline-gateway")
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GATEWAY_GRAPH_URL", graph.url());
    for (service, process) in [
        ("inspector", check("inspector", inspector).await),
        ("gateway", check("gateway", gateway).await),
        ("graph", graph),
    ] {
        let probe = probe(service, port(process.url()));
        process.stop().await;
        assert!(!passes(&probe).await, "{probe:?} once it is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dgraphs_pass_while_it_runs_and_fail_once_it_is_gone() {
    let curl = |probe: &[String]| {
        let ran = Command::new(&probe[0]).args(&probe[1..]).status();
        ran.map(|ended| ended.success())
    };
    let Some(mut cluster) = DgraphCluster::start(ClusterOptions::default()).await else {
        return skipped("health::dgraphs_pass_while_it_runs_and_fail_once_it_is_gone");
    };
    let [zero, alpha] = [
        probe("dgraph-zero1", &cluster.zero_http_port(0).to_string()),
        probe("dgraph-alpha1", &cluster.alpha_http_port(0).to_string()),
    ];
    if curl(&zero).is_err() {
        return skipped("health::dgraphs_pass_while_it_runs_and_fail_once_it_is_gone (no curl)");
    }
    assert_eq!([curl(&zero).ok(), curl(&alpha).ok()], [Some(true); 2]);
    cluster.kill_alpha(0);
    cluster.kill_zero(0);
    assert_eq!([curl(&zero).ok(), curl(&alpha).ok()], [Some(false); 2]);
}
