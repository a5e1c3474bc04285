//! What the end-to-end tests of every crate stand on: a collector that takes
//! envelopes, a proxy that records what passes between two hops, and child
//! processes of this workspace's binaries.
//!
//! It knows the wire and the trace model, and no service: tests name the
//! binaries and the variables. Everything here binds ephemeral ports, ends with
//! the value that stands for it, and waits for conditions, never for a time; the
//! [safety timeout](SAFETY) only turns a test that would hang into one that fails
//! and says what it was waiting for.
//!
//! ```
//! use throughline_testkit::{Collector, Mode};
//!
//! let collector = Collector::start();
//! assert!(collector.dsn("gateway").starts_with("http://gateway@127.0.0.1:"));
//! collector.set_mode(Mode::Hanging);
//! ```

mod assert;
mod binaries;
mod blackhole;
mod collector;
pub mod dgraph;
mod disk;
mod process;
mod proxy;
mod server;
mod wait;

pub use assert::{assert_unbroken, outline};
pub use binaries::{Binaries, binaries};
pub use blackhole::Blackhole;
pub use collector::{Collector, Envelope, Mode};
pub use disk::{Disk, Small};
pub use process::{Finished, Process, ProcessBuilder};
pub use proxy::{RecordedRequest, RecordingProxy};
pub use wait::{SAFETY, comes_true, eventually};
