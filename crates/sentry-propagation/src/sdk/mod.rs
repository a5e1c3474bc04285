//! The one module that names the Sentry SDK (beside the transport and its options): transactions that continue or head a
//! trace, the headers of outgoing calls, and the sampling context of an envelope.
//!
//! ```
//! use std::sync::Arc;
//! use sentry_core::Hub;
//! use sentry_propagation::{IncomingTrace, Limits, sdk};
//!
//! // One hub per call, as everywhere with the SDK.
//! let hub = Arc::new(Hub::new_from_top(Hub::current()));
//! let started = sdk::start_transaction(&hub, &IncomingTrace::none(), "shop.v1.Cart/Add", "rpc.server");
//! hub.configure_scope(|scope| started.apply_to_scope(scope));
//!
//! Hub::run(hub.clone(), || started.context.run(|| {
//!     let mut headers = http::HeaderMap::new();
//!     if let Some(outgoing) = sdk::outgoing(&hub) {
//!         outgoing.inject(&mut headers, &Limits::default());
//!     }
//! }));
//! Hub::run(hub, || started.transaction.finish());
//! ```

mod child;
mod convert;
mod envelope;
mod head;
mod outgoing;
mod start;

use std::{
    cell::RefCell,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Weak},
};

use sentry_core::{Client, Hub, types::Dsn};

pub use self::{
    child::{Child, start_child},
    envelope::frozen_context,
    outgoing::{outgoing, outgoing_of, trace_context},
    start::{Started, start_transaction},
};
use crate::registry::ClientId;

/// The identity of the client with this DSN: known to whoever has the client, and to its transport.
pub fn client_id(dsn: &Dsn) -> ClientId {
    let mut hasher = DefaultHasher::new();
    dsn.hash(&mut hasher);
    ClientId(hasher.finish())
}

/// Whether the hub has a client that sends anything. A client without a DSN is as good as none.
pub fn is_recording(hub: &Hub) -> bool {
    hub.client().is_some_and(|client| client.is_enabled())
}

fn recording(hub: &Hub) -> Option<(Arc<Client>, ClientId)> {
    let client = hub.client().filter(|client| client.is_enabled())?;
    let id = id_of(&client)?;
    Some((client, id))
}

thread_local! {
    /// The client that was last asked about. A weak reference keeps its place in memory from being another's.
    static LAST: RefCell<(Weak<Client>, ClientId)> = const { RefCell::new((Weak::new(), ClientId(0))) };
}

/// [`client_id`], hashed anew only where a thread goes from one client to another.
fn id_of(client: &Arc<Client>) -> Option<ClientId> {
    LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        if !std::ptr::eq(last.0.as_ptr(), Arc::as_ptr(client)) {
            *last = (Arc::downgrade(client), client_id(client.dsn()?));
        }
        Some(last.1)
    })
    .unwrap_or_else(|_| client.dsn().map(client_id))
}
