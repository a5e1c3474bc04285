//! The double's handle.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use parking_lot::Mutex;
use throughline_dgraph_client::api::{Request, TxnContext, dgraph_server::DgraphServer};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::{StreamExt as _, wrappers::TcpListenerStream};

use super::{
    DgraphFault,
    ledger::Ledger,
    relay::{self, Door, Wire},
    service::Service,
    spans::Exporter,
};
use crate::wait::Watched;

/// A call that the double was made.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The method's name, such as `Query`.
    pub method: &'static str,
    /// Its metadata, names and values.
    pub metadata: Vec<(String, String)>,
    /// The message, if it was a Query.
    pub request: Option<Request>,
    /// The message, if it was a CommitOrAbort.
    pub txn: Option<TxnContext>,
}

impl Recorded {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.metadata.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The JSON of the answer to a request, or nothing where the double is to answer by itself.
type Answers = dyn Fn(&Request) -> Option<String> + Send + Sync;

/// The fault that a request is to have, if any.
type Faults = dyn Fn(&Request) -> Option<DgraphFault> + Send + Sync;

pub(super) struct Shared {
    pub(super) version: Mutex<String>,
    pub(super) next: Mutex<VecDeque<DgraphFault>>,
    pub(super) always: Mutex<Option<DgraphFault>>,
    pub(super) chosen: Mutex<Option<Arc<Faults>>>,
    pub(super) answers: Mutex<Option<Arc<Answers>>>,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) recorded: Watched<Vec<Recorded>>,
    /// Calls that hung, and whose callers have left.
    pub(super) left: Watched<usize>,
    pub(super) login: Mutex<Option<Login>>,
    pub(super) wire: Arc<Wire>,
    pub(super) exporter: Mutex<Option<Arc<Exporter>>>,
}

#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: String,
    /// The number of the tokens that are good.
    pub(super) good: u64,
    pub(super) given: u64,
}

/// A double of an alpha, on a port of its own; it ends with this value.
pub struct FakeDgraph {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl FakeDgraph {
    /// Starts one that is ready, has no login, and says it is v25.4.0.
    ///
    /// # Panics
    ///
    /// Where no port can be had on loopback.
    pub async fn start() -> Self {
        let inner = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let outer = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let to = inner.local_addr().expect("an address");
        let address = outer.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            version: Mutex::new("v25.4.0".to_owned()),
            next: Mutex::default(),
            always: Mutex::default(),
            chosen: Mutex::default(),
            answers: Mutex::default(),
            ledger: Mutex::default(),
            recorded: Watched::default(),
            left: Watched::default(),
            login: Mutex::default(),
            wire: Arc::default(),
            exporter: Mutex::default(),
        });
        let service =
            DgraphServer::new(Service(Arc::clone(&shared))).max_decoding_message_size(usize::MAX);
        let server = tonic::transport::Server::builder().add_service(service);
        // Else each answer waits for the relay's delayed acknowledgement.
        let incoming = TcpListenerStream::new(inner)
            .map(|accepted| accepted.and_then(|stream| stream.set_nodelay(true).map(|()| stream)));
        let serve = server.serve_with_incoming(incoming);
        let tasks = vec![
            tokio::spawn(async {
                // It ends when it is aborted.
                let _ = serve.await;
            }),
            tokio::spawn(relay::run(outer, to, Arc::clone(&shared.wire))),
        ];
        Self {
            address,
            shared,
            tasks,
        }
    }

    /// Where it listens, `127.0.0.1:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Says that it is another version.
    pub fn set_version(&self, tag: &str) {
        *self.shared.version.lock() = tag.to_owned();
    }

    /// Has these faults in the next calls, one in each; CheckVersion and Login are not counted.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = DgraphFault>) {
        self.shared.next.lock().extend(faults);
    }

    /// Has this fault in every call, CheckVersion included where it is of the alpha and not of a transaction.
    pub fn fail_always(&self, fault: Option<DgraphFault>) {
        *self.shared.always.lock() = fault;
    }

    /// Has this fault in each query that it is chosen for.
    pub fn fail_if(
        &self,
        chosen: impl Fn(&Request) -> Option<DgraphFault> + Send + Sync + 'static,
    ) {
        *self.shared.chosen.lock() = Some(Arc::new(chosen));
    }

    /// Sends spans to this `host:port` of OTLP over HTTP for each query that it answers to a caller who traces: those
    /// that a real one sent of such a query, and once those that nobody asked for.
    pub fn export_to(&self, address: &str) {
        *self.shared.exporter.lock() = Some(Arc::new(Exporter::new(address)));
    }

    /// Answers queries by these, where they answer.
    pub fn answer(&self, answers: impl Fn(&Request) -> Option<String> + Send + Sync + 'static) {
        *self.shared.answers.lock() = Some(Arc::new(answers));
    }

    /// From now on only who logs in gets in, and timestamps are bound to who got them. What was given to those who have
    /// logged in before is good no more.
    pub fn need_login(&self, user: &str, password: &str) {
        let mut login = self.shared.login.lock();
        let given = login.as_ref().map_or(0, |before| before.given + 1);
        *login = Some(Login {
            user: user.to_owned(),
            password: password.to_owned(),
            good: if given == 0 { 0 } else { given + 1 },
            given,
        });
        self.shared.ledger.lock().hash_needed = true;
    }

    /// Lets all logins expire.
    pub fn expire_logins(&self) {
        if let Some(login) = &mut *self.shared.login.lock() {
            login.good = login.given + 1;
        }
    }

    /// Goes down as if it had been killed, connections included, or comes up again.
    pub fn close(&self, closed: bool) {
        let door = if closed { Door::Closed } else { Door::Open };
        self.shared.wire.door.send_replace(door);
    }

    /// Lets no byte through in either direction, as if it had been stopped, or goes on.
    pub fn hold(&self, held: bool) {
        let door = if held { Door::Held } else { Door::Open };
        self.shared.wire.door.send_replace(door);
    }

    /// Whether it lets no byte through.
    pub fn is_held(&self) -> bool {
        *self.shared.wire.door.borrow() == Door::Held
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.shared.wire.connections.load(Ordering::SeqCst)
    }

    /// The calls so far.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.shared.recorded.read(Vec::clone)
    }

    /// Forgets the calls so far.
    pub fn forget(&self) {
        self.shared.recorded.update(Vec::clear);
    }

    /// Waits until `found` finds what it looks for among the calls.
    pub async fn wait_for<T>(
        &self,
        what: &str,
        found: impl FnMut(&Vec<Recorded>) -> Option<T>,
    ) -> T {
        let describe = |calls: &Vec<Recorded>| {
            let methods: Vec<_> = calls.iter().map(|it| it.method).collect();
            format!("waited in vain until {what}; there were {methods:?}")
        };
        self.shared.recorded.wait(found, describe).await
    }

    /// Waits until so many callers have left calls that hung.
    pub async fn wait_for_left(&self, count: usize) {
        let probe = |left: &usize| (*left >= count).then_some(());
        let describe = |left: &usize| format!("{left} callers have left, not {count}");
        self.shared.left.wait(probe, describe).await;
    }
}

impl Drop for FakeDgraph {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
