//! The gateway as an operator runs it: a child process, set up by flags and environment, ended with this one.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The suite's protocol, for the gateway's route table and the service's reflection.
pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
const SERVICE: &str = "connectrpc.conformance.v1.ConformanceService";

/// A running gateway.
pub(crate) struct Gateway {
    address: SocketAddr,
    // Kept: the child ends when its stdin does, and with it when this process ends, however it ends.
    _child: Child,
    _descriptors: NamedTempFile,
}

impl Gateway {
    /// Starts the gateway at `binary` before the service at `service`, and waits until it takes calls.
    pub(crate) async fn start(binary: &Path, service: SocketAddr) -> anyhow::Result<Self> {
        let mut descriptors = NamedTempFile::new()?;
        descriptors.write_all(DESCRIPTORS)?;
        let mut child = Command::new(binary)
            .args(["--listen", "127.0.0.1:0", "--service", SERVICE])
            .args(["--graph-url", &format!("http://{service}")])
            .arg("--descriptors")
            .arg(descriptors.path())
            // The one header of an application that the suite's requests carry.
            .args(["--pass-header", "x-conformance-test"])
            // The suite compares what an error says, whatever its code.
            .arg("--internal-details")
            .env("THROUGHLINE_STOP_ON_EOF", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| binary.display().to_string())?;
        let stdout = child.stdout.take().context("stdout is a pipe")?;
        let line = BufReader::new(stdout).lines().next_line().await?;
        let line = line.context("the gateway ended before it listened")?;
        let (_, address) = line
            .split_once(" listening on http://")
            .with_context(|| format!("the gateway said {line:?}"))?;
        Ok(Self {
            address: address.parse()?,
            _child: child,
            _descriptors: descriptors,
        })
    }

    /// Where it takes calls.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}
