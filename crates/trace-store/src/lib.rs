//! Spans, events, logs and client reports on SQLite, with retention by bytes and age.
//!
//! One writer thread commits in batches; what it acknowledged survives the process
//! (WAL, `synchronous=NORMAL`). Readers have connections of their own. Knows no
//! network and no runtime: every call blocks.
//!
//! ```
//! use throughline_trace_model::{Limits as Bounds, Source, Timestamp, decode_envelope};
//! use throughline_trace_store::{Arrival, Limits, Store};
//!
//! let dir = tempfile::tempdir().unwrap();
//! // What follows is of the year 1970, and is kept all the same.
//! let limits = Limits { age: std::time::Duration::MAX, ..Limits::default() };
//! let store = Store::open(dir.path(), limits).unwrap();
//! let bytes = b"{}\n{\"type\":\"log\"}\n{\"items\":[{\"trace_id\":\"771a43a4192642f0b136d5159a501700\"}]}";
//! let decoded = decode_envelope(bytes, &Source::project("cron"), &Bounds::default());
//! store.append_and_wait(Arrival { decoded, ..Arrival::default() }).unwrap();
//!
//! let trace = store.latest().unwrap().unwrap();
//! let input = store.input(&trace, Timestamp::default()).unwrap().unwrap();
//! assert_eq!(input.logs.len(), 1);
//! ```
mod error;
mod intake;
mod limits;
mod list;
mod read;
mod readers;
mod retention;
mod schema;
mod store;
mod write;
mod writer;

pub use error::Error;
pub use intake::{Intake, Loss};
pub use limits::Limits;
pub use list::{Cursor, Found};
pub use store::{Arrival, Committed, Store};
