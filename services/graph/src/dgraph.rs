//! The Dgraph store as this service opens it: each call's trace and deadline go along.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use throughline_dgraph_client::{Carrier, Login, Options, Tls};
use throughline_graph_store::{DgraphOptions, DgraphStore};
use throughline_service_kit::{Deadline, Telemetry, TraceWriter};

use crate::DgraphFlags;

/// What goes with each call to Dgraph.
struct Along(TraceWriter);

impl Carrier for Along {
    fn write(&self, headers: &mut http::HeaderMap) {
        self.0.write(headers);
    }

    fn remaining(&self) -> Option<Duration> {
        Deadline::current().map(Deadline::remaining)
    }
}

/// Opens the graph in a Dgraph.
pub async fn open_dgraph(
    alphas: &[String],
    namespace: u64,
    flags: &DgraphFlags,
    telemetry: &Telemetry,
) -> anyhow::Result<DgraphStore> {
    let mut options = Options::new(alphas);
    options.carrier = std::sync::Arc::new(Along(telemetry.trace_writer()));
    options.login = flags.login(namespace)?;
    options.tls = flags.tls()?;
    DgraphStore::open(DgraphOptions::new(options))
        .await
        .with_context(|| format!("cannot open the graph in Dgraph at {}", alphas.join(", ")))
}

impl DgraphFlags {
    fn login(&self, namespace: u64) -> anyhow::Result<Option<Login>> {
        match (&self.user, &self.password) {
            (Some(user), Some(password)) => Ok(Some(Login {
                user: user.clone(),
                password: password.clone(),
                namespace,
            })),
            (None, None) if namespace == 0 => Ok(None),
            (None, None) => anyhow::bail!(
                "a namespace needs a login: set GRAPH_DGRAPH_USER and GRAPH_DGRAPH_PASSWORD"
            ),
            _ => anyhow::bail!("set GRAPH_DGRAPH_USER and GRAPH_DGRAPH_PASSWORD, or neither"),
        }
    }

    fn tls(&self) -> anyhow::Result<Option<Tls>> {
        let Some(path) = &self.authorities else {
            return Ok(None);
        };
        let identity = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((
                read("GRAPH_DGRAPH_CERT", certificate)?,
                read("GRAPH_DGRAPH_KEY", key)?,
            )),
            _ => None,
        };
        Ok(Some(Tls {
            authorities: read("GRAPH_DGRAPH_CA", path)?,
            identity,
        }))
    }
}

fn read(variable: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{variable}: cannot read {}", path.display()))
}
