//! A Dgraph of three zeros and three alphas whose leaders are killed while the graph service writes: what was acknowledged is
//! there, nothing is torn, and the service goes on without a start. `THROUGHLINE_CLUSTER_KILLS` says how often; not at all
//! where it is not set.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_continuity::{Progress, WRITE_TOKEN, count, figure};
use throughline_testkit::dgraph::{ClusterOptions, DgraphCluster, skipped};
use throughline_testkit::{Process, eventually};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::pairs::{check_pairs, write_pair};

const WRITERS: usize = 4;
/// Acknowledged writes before a kill and after it.
const WRITES: usize = 20;

#[derive(Default)]
struct Ledger {
    next: AtomicUsize,
    failed: AtomicUsize,
    over: AtomicBool,
    acknowledged: Mutex<BTreeSet<usize>>,
}

impl Ledger {
    fn acknowledged(&self) -> BTreeSet<usize> {
        self.acknowledged.lock().expect("nobody panicked").clone()
    }

    /// Writes one after the other, until it is over.
    async fn write(self: Arc<Self>, mut client: GraphServiceClient<Channel>) {
        while !self.over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if write_pair(&mut client, number).await {
                let mut acknowledged = self.acknowledged.lock().expect("nobody panicked");
                acknowledged.insert(number);
            } else {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Waits for so many more acknowledgements; how long the first took.
    async fn go_on(&self) -> Duration {
        let (begun, before) = (Instant::now(), self.acknowledged().len());
        eventually("a write is acknowledged", || {
            self.acknowledged().len() > before
        })
        .await;
        let first = begun.elapsed();
        eventually("writes are acknowledged", || {
            self.acknowledged().len() >= before + WRITES
        })
        .await;
        first
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leaders_are_killed_and_nothing_acknowledged_is_lost() {
    let kills = count("THROUGHLINE_CLUSTER_KILLS", 0);
    if kills == 0 {
        return;
    }
    let options = ClusterOptions {
        zeros: 3,
        alphas: 3,
        ..ClusterOptions::default()
    };
    let Some(mut cluster) = DgraphCluster::start(options).await else {
        skipped("cluster::leaders_are_killed_and_nothing_acknowledged_is_lost");
        return;
    };
    let store = format!("dgraph://{}", cluster.endpoints().join(","));
    let service = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", store)
        .env("GRAPH_WRITE_TOKEN", WRITE_TOKEN)
        .spawn()
        .await;
    let client = GraphServiceClient::connect(service.url().to_owned());
    let mut client = client.await.expect("it connects");
    let ledger = Arc::new(Ledger::default());
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(ledger.clone().write(client.clone()));
    }
    let progress = Progress::new("kill leaders", kills);
    let (mut after_alpha, mut after_zero) = (Vec::new(), Vec::new());
    for _ in 0..kills {
        progress.one();
        ledger.go_on().await;
        let alpha = leader(&cluster, |(alpha, _)| alpha).await;
        cluster.kill_alpha(alpha);
        after_alpha.push(ledger.go_on().await);
        cluster.start_alpha(alpha);
        cluster.wait_for_alpha(alpha).await;
        let zero = leader(&cluster, |(_, zero)| zero).await;
        cluster.kill_zero(zero);
        after_zero.push(ledger.go_on().await);
        cluster.start_zero(zero);
        ledger.go_on().await;
    }
    ledger.over.store(true, Ordering::Relaxed);
    writers.join_all().await;

    let acknowledged = ledger.acknowledged();
    let sent = ledger.next.load(Ordering::Relaxed);
    check_pairs(&mut client, sent, &acknowledged).await;
    // The same process as at the beginning.
    service.stop().await;
    let longest = |of: &[Duration]| of.iter().max().map_or(0, Duration::as_millis);
    figure(&format!(
        "cluster: {kills} leading alphas and as many leading zeros killed; of {sent} writes sent {} were acknowledged, all of \
         which are there, and {} were refused; the next one took {} ms after an alpha and {} ms after a zero, at the longest",
        acknowledged.len(),
        ledger.failed.load(Ordering::Relaxed),
        longest(&after_alpha),
        longest(&after_zero),
    ));
}

async fn leader(
    cluster: &DgraphCluster,
    which: impl Fn((Option<u16>, Option<u16>)) -> Option<u16>,
) -> u16 {
    let elected = async {
        loop {
            match which(cluster.leaders().await) {
                Some(leader) => return leader,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    tokio::time::timeout(throughline_testkit::SAFETY, elected)
        .await
        .expect("one is elected")
}
