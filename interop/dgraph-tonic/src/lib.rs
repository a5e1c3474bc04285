//! Requests of [`throughline-dgraph-client`](throughline_dgraph_client), and so of the graph's store, carried by the crate
//! dgraph-tonic: for teams that have it in their tree and want one client. The default is the client's own channels, which
//! do more for less.
//!
//! Turns between alphas, repeats, typed errors and spans stay with our client; dgraph-tonic carries what it asks. dgraph-tonic
//! lets nobody add a header, so that it speaks to a proxy in this process, on loopback, which adds the trace context, the
//! deadline and TLS, and keeps one connection to each alpha. What it says to `tracing` goes nowhere: its spans hold
//! passwords, statements and values.
//!
//! ```no_run
//! use throughline_dgraph_client::{Dgraph, Options};
//! use throughline_dgraph_tonic::{DgraphTonic, TonicOptions};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let carried = DgraphTonic::new(TonicOptions::default())?;
//! let options = Options {
//!     transport: Some(std::sync::Arc::new(carried)),
//!     ..Options::new(["127.0.0.1:9080"])
//! };
//! Dgraph::new(options)?.version().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it cannot do
//!
//! - Read at a given timestamp: a [`Read`](throughline_dgraph_client::Read) of several queries, and `read_at`, are refused with
//!   [`Error::Options`](throughline_dgraph_client::Error::Options). The graph's store needs neither.
//! - Say when a transaction of several requests was committed: `commit` answers 0.
//! - Transactions of several requests under access control: it does not send back the `hash` that Dgraph asks for. Upserts
//!   of one request, which is all that the store makes, work.
//! - A trace for each request of a transaction of several: all of them have the trace of the first.
//! - Connect once: it makes a TCP connection for each transaction, here to the proxy, otherwise to Dgraph.
//!
//! Measured side by side, 1 000 reads: 1 connection, 490 ms of CPU and 1.1 ms each at the median, against 1, 180 ms and 0.7 ms of our
//! client's own channels, and 1 000, 310 ms and 1.0 ms of dgraph-tonic alone (`docs/performance.md`).
#![cfg(feature = "dgraph-tonic")]

mod carry;
mod error;
mod login;
mod message;
mod open;
mod proxy;
mod ticket;

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use throughline_dgraph_client::{Error, Login, Tls};

use self::{login::Client, open::Open, proxy::Proxy, ticket::Tickets};

/// How dgraph-tonic is set up.
#[derive(Clone, Default)]
pub struct TonicOptions {
    /// Who logs in; the client's own options name nobody then.
    pub login: Option<Login>,
    /// TLS to the alphas, spoken by the proxy.
    pub tls: Option<Tls>,
    /// The bounds.
    pub limits: TonicLimits,
}

/// The bounds.
#[derive(Clone, Debug)]
pub struct TonicLimits {
    /// Transactions of several requests that are open at once; the oldest is given up for one more.
    pub open: usize,
    /// Answers that are kept in memory on their way, in bytes each.
    pub window: u32,
}

impl Default for TonicLimits {
    fn default() -> Self {
        Self {
            open: 256,
            window: 1 << 20,
        }
    }
}

/// A transport for [`Options`](throughline_dgraph_client::Options).
pub struct DgraphTonic {
    proxy: Proxy,
    tickets: Arc<Tickets>,
    options: TonicOptions,
    clients: Mutex<HashMap<String, Arc<Client>>>,
    open: Mutex<Open>,
}

impl DgraphTonic {
    /// Makes it; it listens, on loopback, when an alpha is first asked, and needs a runtime then.
    ///
    /// # Errors
    /// Where the TLS options cannot be used.
    pub fn new(options: TonicOptions) -> Result<Self, Error> {
        let tickets = Arc::new(Tickets::default());
        let proxy = Proxy::new(Arc::clone(&tickets), &options)?;
        let open = Mutex::new(Open::new(options.limits.open));
        Ok(Self {
            proxy,
            tickets,
            options,
            clients: Mutex::default(),
            open,
        })
    }

    /// The client of one alpha, made when it is first asked for.
    fn client(&self, alpha: &str) -> Result<Arc<Client>, Error> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(alpha) {
            return Ok(Arc::clone(client));
        }
        let origin = self.proxy.listen(alpha)?;
        let client = Arc::new(Client::new(origin, self.options.login.clone())?);
        clients.insert(alpha.to_owned(), Arc::clone(&client));
        Ok(client)
    }
}
