//! What happens to a chain whose graph is in a Dgraph: the real one, as a process of its own, or a double in the driver.
//! What can be mended is mended, and must work again without a restart of the service.

use std::time::{Duration, Instant};

use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{BatchGetNodesRequest, ImportGraphRequest, Node};
use throughline_testkit::dgraph::{FakeDgraph, OwnDgraph, skipped};
use throughline_testkit::{Mode, SAFETY, eventually};
use tokio::sync::{Mutex, MutexGuard};
use tonic::{Code, Status};

use super::ask::{ask, path};
use super::play::{Answered, end};
use super::time::Rival;
use super::{Call, Part, collector, double};
use crate::{Chain, ChainOptions, Root};

/// Which Dgraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// A double.
    Double,
    /// A real one, where there is one.
    Real,
}

/// What happens.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Dgraph refuses a statement.
    Refused,
    /// The task panics that calls Dgraph.
    Panic,
    /// A query does not end, with this many milliseconds until the caller's deadline.
    Deadline(u64),
    /// A query does not end, and the caller leaves.
    Cancelled,
    /// The alpha is killed while it works at a query.
    KilledInQuery,
    /// The alpha is killed while an import is under way.
    KilledInImport,
    /// The alpha is stopped, with this many milliseconds until the caller's deadline, and goes on once the caller has
    /// an answer.
    Stopped(u64),
    /// The graph service's collector is bad for a call, and good for the next.
    Collector(Mode),
}

/// The Dgraph of one part.
enum Engine {
    Double(FakeDgraph),
    Real(MutexGuard<'static, Option<OwnDgraph>>),
}

pub(super) async fn play(on: On, trouble: Trouble, part: &Part) -> Vec<String> {
    let Some(mut engine) = Engine::of(on).await else {
        skipped(&format!("the matrix, dgraph: {}", part.name));
        return Vec::new();
    };
    let mut chain = Chain::start(&ChainOptions {
        store: Some(format!("dgraph://{}", engine.endpoint())),
        ..ChainOptions::default()
    })
    .await;
    let root = Root::sampled(&mut rand::rng());
    let rival = Rival::begin(&mut chain).await;
    if let Trouble::Collector(mode) = trouble {
        return collector::play(&mut chain, rival, "graph", mode, Call::Read, part).await;
    }
    let happens = engine.happens(trouble, &mut chain, &rival, &root);
    let Ok(answered) = tokio::time::timeout(SAFETY, happens).await else {
        return vec!["no answer came".to_owned()];
    };
    let fires = match trouble {
        Trouble::None | Trouble::KilledInImport | Trouble::Stopped(_) => None,
        _ => Some("store"),
    };
    end(part, chain, rival, &root, fires, answered).await.1
}

impl Engine {
    /// One that holds nothing; the real one is the process's, and each part has it for itself.
    async fn of(on: On) -> Option<Self> {
        static REAL: Mutex<Option<OwnDgraph>> = Mutex::const_new(None);
        if on == On::Double {
            return Some(Self::Double(double::start().await));
        }
        let mut real = REAL.lock().await;
        if real.is_none() {
            *real = OwnDgraph::start(None).await;
        }
        real.as_ref()?.clear().await;
        Some(Self::Real(real))
    }

    fn endpoint(&self) -> String {
        match self {
            Self::Double(double) => double.address(),
            Self::Real(real) => own(real).endpoint(),
        }
    }

    async fn happens(
        &mut self,
        trouble: Trouble,
        chain: &mut Chain,
        rival: &Rival,
        root: &Root,
    ) -> Answered {
        let asks = |fault: &str| root.clone().with_fault(fault);
        let began = Instant::now();
        match trouble {
            Trouble::None | Trouble::Refused | Trouble::Panic => {
                let fault = match trouble {
                    Trouble::Refused => "store=error:INTERNAL",
                    Trouble::Panic => "store=panic",
                    _ => "",
                };
                let code = ask(chain, &asks(fault), Call::Read).await;
                Answered::new(code, rival.timed(began, false))
            }
            Trouble::Deadline(milliseconds) => {
                let mut root = asks("store=stall");
                root.timeout = Some(Duration::from_millis(milliseconds));
                let code = path(chain.web_client(), &root).await;
                // It would have gone on for long.
                let timed = rival.timed(began, true);
                self.query_ended().await;
                mended(chain, Answered::new(code, timed)).await
            }
            Trouble::Cancelled => {
                let root = asks("store=stall");
                let client = chain.web_client();
                let code = tokio::select! {
                    answered = path(client, &root) => answered,
                    // Dropping the call is what cancels it.
                    () = self.in_query(chain) => Code::Cancelled,
                };
                let timed = rival.timed(began, true);
                self.query_ended().await;
                mended(chain, Answered::new(code, timed)).await
            }
            Trouble::KilledInQuery => {
                let (client, root) = (chain.web_client(), asks("store=stall"));
                let call = tokio::spawn(async move { path(client, &root).await });
                self.in_query(chain).await;
                self.kill();
                let code = call.await.expect("the call does not panic");
                let answered = Answered::new(code, rival.timed(began, true));
                self.revive().await;
                mended(chain, answered).await
            }
            Trouble::KilledInImport => self.import(chain, rival, root).await,
            Trouble::Stopped(milliseconds) => {
                let mut root = root.clone();
                root.timeout = Some(Duration::from_millis(milliseconds));
                self.stop(true).await;
                let code = path(chain.web_client(), &root).await;
                let timed = rival.timed(began, self.is_stopped());
                self.stop(false).await;
                mended(chain, Answered::new(code, timed)).await
            }
            Trouble::Collector(_) => unreachable!("it is judged by itself"),
        }
    }

    /// Imports until the alpha is killed. Each batch that the answer says is in must be there afterwards.
    async fn import(&mut self, chain: &mut Chain, rival: &Rival, root: &Root) -> Answered {
        let client = GraphServiceClient::connect(chain.graph_url().to_owned()).await;
        let mut client = client.expect("it connects");
        let request = root.request(tokio_stream::iter((1..).map(batch)));
        let call = tokio::spawn(async move { client.import_graph(request).await });
        self.in_import(chain).await;
        let began = Instant::now();
        self.kill();
        let answer = call.await.expect("the call does not panic");
        let timed = rival.timed(began, true);
        self.revive().await;
        let (code, failed) = match answer {
            Ok(_) => (Code::Ok, None),
            Err(status) => (status.code(), failed_batch(&status)),
        };
        let Some(failed) = failed else {
            let answered = Answered::new(code, timed);
            return answered.unless(false, || "no batch is said to have failed".to_owned());
        };
        let lost = self.lost(chain, failed).await;
        let answered = Answered::new(code, timed).unless(failed > BATCHES, || {
            format!("the import failed at batch {failed} already")
        });
        let answered = answered.unless(lost.is_empty(), || {
            format!("acknowledged, and gone: {lost:?}")
        });
        mended(chain, answered).await
    }

    /// Waits until the alpha works at the query that does not end.
    async fn in_query(&self, chain: &mut Chain) {
        chain.wait_until_held("store").await;
        match self {
            Self::Double(double) => {
                let found = |calls: &Vec<_>| calls.iter().any(double::is_long).then_some(());
                double.wait_for("the query runs", found).await;
            }
            Self::Real(real) => own(real).wait_for_queries(1).await,
        }
    }

    /// Waits until the alpha works at it no more.
    async fn query_ended(&self) {
        match self {
            Self::Double(double) => double.wait_for_left(1).await,
            Self::Real(real) => own(real).wait_for_queries(0).await,
        }
    }

    /// Waits until some batches are in.
    async fn in_import(&self, chain: &Chain) {
        match self {
            Self::Double(double) => {
                let found = |calls: &Vec<_>| (commits(calls) > BATCHES).then_some(());
                double.wait_for("some batches are in", found).await;
            }
            Self::Real(_) => {
                while there(chain, &[id(BATCHES)]).await.is_empty() {
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Of the batches before `failed`, those that are not there.
    async fn lost(&self, chain: &Chain, failed: usize) -> Vec<String> {
        let acknowledged: Vec<String> = (1..failed).map(id).collect();
        match self {
            // It keeps nothing, and counts.
            Self::Double(double) => {
                let kept = commits(&double.recorded());
                acknowledged.into_iter().skip(kept).collect()
            }
            Self::Real(_) => {
                let found = there(chain, &acknowledged).await;
                let gone = |id: &String| !found.contains(id);
                acknowledged.into_iter().filter(gone).collect()
            }
        }
    }

    fn kill(&mut self) {
        match self {
            Self::Double(double) => double.close(true),
            Self::Real(real) => own_mut(real).kill_alpha(),
        }
    }

    async fn revive(&mut self) {
        match self {
            Self::Double(double) => double.close(false),
            Self::Real(real) => own_mut(real).start_alpha().await,
        }
    }

    async fn stop(&self, stopped: bool) {
        match self {
            Self::Double(double) => double.hold(stopped),
            Self::Real(real) => {
                own(real).signal_alpha(if stopped { "STOP" } else { "CONT" });
                eventually("the signal arrives", || {
                    own(real).alpha_is_stopped() == stopped
                })
                .await;
            }
        }
    }

    fn is_stopped(&self) -> bool {
        match self {
            Self::Double(double) => double.is_held(),
            Self::Real(real) => own(real).alpha_is_stopped(),
        }
    }
}

fn own(real: &Option<OwnDgraph>) -> &OwnDgraph {
    real.as_ref().expect("it was started")
}

fn own_mut(real: &mut Option<OwnDgraph>) -> &mut OwnDgraph {
    real.as_mut().expect("it was started")
}

/// So many batches are in before the alpha is killed.
const BATCHES: usize = 3;

fn id(number: usize) -> String {
    format!("import-{number}")
}

/// A batch of one node.
fn batch(number: usize) -> ImportGraphRequest {
    ImportGraphRequest {
        sequence: i64::try_from(number).unwrap_or(i64::MAX),
        nodes: vec![Node {
            id: id(number),
            r#type: "Letter".to_owned(),
            ..Node::default()
        }],
        ..ImportGraphRequest::default()
    }
}

fn commits(calls: &[throughline_testkit::dgraph::Recorded]) -> usize {
    calls.iter().filter(|call| double::is_commit(call)).count()
}

/// The batch that the status says has failed: all before it are in.
fn failed_batch(status: &Status) -> Option<usize> {
    let (number, _) = status.message().strip_prefix("batch ")?.split_once(':')?;
    number.parse().ok()
}

/// Those of the nodes that are there.
async fn there(chain: &Chain, ids: &[String]) -> Vec<String> {
    let root = Root {
        sampled: Some(false),
        ..Root::sampled(&mut rand::rng())
    };
    let request = BatchGetNodesRequest {
        ids: ids.to_vec(),
        read_mask: None,
    };
    let found = chain.client().batch_get_nodes(root.request(request)).await;
    let found = found
        .map(|found| found.into_inner().nodes)
        .unwrap_or_default();
    found.into_iter().map(|node| node.id).collect()
}

/// The same call succeeds, in the same process.
async fn mended(chain: &Chain, answered: Answered) -> Answered {
    let again = Root::sampled(&mut rand::rng());
    let code = ask(chain, &again, Call::Read).await;
    answered.unless(code == Code::Ok, || {
        format!("once it was mended, the caller saw {code:?}")
    })
}
