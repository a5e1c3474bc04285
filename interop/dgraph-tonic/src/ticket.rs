//! How what goes with a call gets past dgraph-tonic: it takes no headers, but asks for the endpoint's settings in the
//! caller's own task, before it connects. The user agent it is given there is a ticket, for which the proxy is handed
//! the headers: they themselves never leave the process.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use dgraph_tonic::{Endpoint, EndpointConfig};
use http::HeaderMap;
use parking_lot::Mutex;

/// What the user agent begins with.
const PREFIX: &str = "throughline-ticket-";

tokio::task_local! {
    /// The ticket of the call at hand.
    static CURRENT: u64;
}

/// What goes with the calls that are under way.
#[derive(Default)]
pub(crate) struct Tickets {
    next: AtomicU64,
    /// Keyed by chance, so that nobody else on this machine guesses a number.
    numbers: RandomState,
    headers: Mutex<HashMap<u64, HeaderMap>>,
}

/// A ticket; what it stands for is forgotten with it.
pub(crate) struct Ticket {
    number: u64,
    tickets: Arc<Tickets>,
}

impl Tickets {
    pub(crate) fn issue(self: &Arc<Self>, headers: HeaderMap) -> Ticket {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let number = self.numbers.hash_one(number);
        self.headers.lock().insert(number, headers);
        Ticket {
            number,
            tickets: Arc::clone(self),
        }
    }

    /// What goes with a call whose user agent is this.
    pub(crate) fn headers(&self, agent: &[u8]) -> Option<HeaderMap> {
        let agent = std::str::from_utf8(agent).ok()?;
        let number = agent.strip_prefix(PREFIX)?.split(' ').next()?;
        self.headers.lock().get(&number.parse().ok()?).cloned()
    }
}

impl Ticket {
    /// Runs what makes the call.
    pub(crate) async fn present<T>(&self, call: impl Future<Output = T>) -> T {
        CURRENT.scope(self.number, call).await
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.tickets.headers.lock().remove(&self.number);
    }
}

/// Puts the ticket of the call at hand on the connection that it makes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Puncher;

impl EndpointConfig for Puncher {
    fn configure_endpoint(&self, endpoint: Endpoint) -> Endpoint {
        let Ok(number) = CURRENT.try_with(|number| *number) else {
            return endpoint;
        };
        let plain = endpoint.clone();
        let agent = endpoint.user_agent(format!("{PREFIX}{number}"));
        agent.unwrap_or(plain).tcp_nodelay(true)
    }
}
