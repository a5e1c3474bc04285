//! How fast an import is on a real Dgraph, beside the bare stub that sends the very same requests, one after the other, to
//! the same Dgraph, emptied: what planning costs, and waiting for what is planned.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use parking_lot::Mutex;
use throughline_dgraph_client::transport::{Answered, Asked, Carried, Transport};
use throughline_dgraph_client::{Options, api};
use throughline_graph_store::{DgraphOptions, DgraphStore, GraphStore as _};
use throughline_testkit::dgraph::OwnDgraph;
use tonic::transport::{Channel, Endpoint};

use crate::graph::data;
use crate::report::Report;

use api::dgraph_client::DgraphClient;

/// What the rate must be of the bare stub's.
const LEAST_RATE: f64 = 0.8;
/// Each arm is run so often, by turns; the medians count.
const ROUNDS: usize = 3;

pub(super) async fn run(edges: u32, report: &mut Report) -> anyhow::Result<()> {
    let Some(dgraph) = OwnDgraph::start(None).await else {
        report.note("dgraph, import: skipped, for there is no", "Dgraph");
        return Ok(());
    };
    let endpoint = dgraph.endpoint();
    let requests = recorded(&dgraph, edges).await?;
    report.note(
        "dgraph, import: nodes and edges",
        edges + data::nodes(edges),
    );
    report.note("dgraph, import: requests of both", requests.asked.len());
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        dgraph.clear().await;
        let store = open(Options::new([&endpoint])).await?;
        let batches = data::batches(edges);
        let since = Instant::now();
        for batch in batches {
            store.import_batch(batch).await?;
        }
        ours.push(since.elapsed().as_secs_f64());

        dgraph.clear().await;
        open(Options::new([&endpoint])).await?;
        let mut stub =
            DgraphClient::new(connect(&endpoint).await?).max_decoding_message_size(usize::MAX);
        let asked = requests.for_another(meta(&mut stub).await?);
        let since = Instant::now();
        for request in asked {
            stub.query(request).await?;
        }
        bare.push(since.elapsed().as_secs_f64());
    }
    let [ours, bare] = [ours, bare].map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        seconds[ROUNDS / 2]
    });
    for (name, seconds) in [("ours", ours), ("bare", bare)] {
        let rate = f64::from(edges + data::nodes(edges)) / seconds;
        report.note(
            &format!("dgraph, import, {name}: nodes and edges a second"),
            format!("{rate:.0}"),
        );
    }
    // The rate over the bare one's is the bare one's time over ours.
    report.at_most(
        "dgraph, import: time over the bare stub's",
        ours / bare,
        1.0 / LEAST_RATE,
        "×",
    );
    Ok(())
}

async fn open(options: Options) -> anyhow::Result<DgraphStore> {
    Ok(DgraphStore::open(DgraphOptions::new(options)).await?)
}

async fn connect(endpoint: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{endpoint}"))?;
    Ok(endpoint.tcp_nodelay(true).connect().await?)
}

/// The uid of the node that all writes go through, and the turn.
async fn meta(stub: &mut DgraphClient<Channel>) -> anyhow::Result<String> {
    let request = api::Request {
        query: r#"{ meta(func: eq(tl.meta, "graph")) { uid } }"#.to_owned(),
        read_only: true,
        ..api::Request::default()
    };
    let answer = stub.query(request).await?.into_inner();
    let found: HashMap<String, Vec<HashMap<String, String>>> =
        serde_json::from_slice(&answer.json)?;
    let uid = found.get("meta").and_then(|it| it.first()?.get("uid"));
    Ok(uid.context("no such node")?.clone())
}

/// The requests of an import, and the node that its writes went through.
struct Requests {
    asked: Vec<api::Request>,
    meta: String,
}

impl Requests {
    /// The same for a graph in which that node is another.
    fn for_another(&self, meta: String) -> Vec<api::Request> {
        let mut asked = self.asked.clone();
        let mutations = asked.iter_mut().flat_map(|it| &mut it.mutations);
        let triples = mutations.flat_map(|it| it.set.iter_mut().chain(&mut it.del));
        for triple in triples.filter(|it| it.subject == self.meta) {
            triple.subject.clone_from(&meta);
        }
        asked
    }
}

/// What an import of this graph asks for; with the whole of it in Dgraph.
async fn recorded(dgraph: &OwnDgraph, edges: u32) -> anyhow::Result<Requests> {
    dgraph.clear().await;
    let channel = connect(&dgraph.endpoint()).await?;
    let tape = Arc::new(Tape {
        stub: DgraphClient::new(channel.clone()).max_decoding_message_size(usize::MAX),
        asked: Mutex::default(),
    });
    let store = open(Options {
        transport: Some(Arc::clone(&tape) as Arc<dyn Transport>),
        ..Options::new([dgraph.endpoint()])
    })
    .await?;
    tape.asked.lock().clear();
    for batch in data::batches(edges) {
        store.import_batch(batch).await?;
    }
    let asked = std::mem::take(&mut *tape.asked.lock());
    let meta = meta(&mut DgraphClient::new(channel)).await?;
    Ok(Requests { asked, meta })
}

/// Carries requests, and keeps them.
struct Tape {
    stub: DgraphClient<Channel>,
    asked: Mutex<Vec<api::Request>>,
}

impl Transport for Tape {
    fn carry(&self, _: &str, request: Asked, _: http::HeaderMap, _: Duration) -> Carried<'_> {
        let mut stub = self.stub.clone();
        if let Asked::Query(request) = &request {
            self.asked.lock().push(request.clone());
        }
        Box::pin(async move {
            let other = tonic::Status::unimplemented("an import does not ask for that");
            Ok(match request {
                Asked::Query(request) => {
                    Answered::Response(stub.query(request).await?.into_inner())
                }
                Asked::Alter(request) => Answered::Altered(stub.alter(request).await?.into_inner()),
                Asked::Version(request) => {
                    Answered::Version(stub.check_version(request).await?.into_inner())
                }
                _ => return Err(other.into()),
            })
        })
    }
}
