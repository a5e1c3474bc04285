//! The services that run, in the order in which they need one another.

use std::fmt;
use std::net::{SocketAddr, TcpListener};

use super::child::Child;
use super::data::Data;
use super::dgraph::{Found, Nodes};
use super::{Options, plan};
use crate::workspace::Binaries;

/// The running services, the first started first.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    children: Vec<Child>,
    addresses: Option<Addresses>,
}

/// Where the services listen.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// The inspector.
    pub(crate) inspector: SocketAddr,
    /// The graph service.
    pub(crate) graph: SocketAddr,
    /// The gateway.
    pub(crate) gateway: SocketAddr,
    /// The site, where it could be built.
    pub(crate) site: Option<SocketAddr>,
    /// Dgraph's alpha, where the graph is kept in one.
    pub(crate) dgraph: Option<Alpha>,
}

/// An alpha.
#[derive(Clone, Debug)]
pub(crate) struct Alpha {
    /// `host:port`.
    endpoint: String,
    /// Whether it was started here, and so sends its spans to the inspector.
    pub(crate) ours: bool,
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(site) = self.site {
            writeln!(f, "site       http://{site}   the graph explorer")?;
        }
        writeln!(
            f,
            "gateway    http://{}   grpc-web, for browsers",
            self.gateway
        )?;
        writeln!(f, "graph      http://{}   gRPC", self.graph)?;
        if let Some(Alpha { endpoint, .. }) = &self.dgraph {
            writeln!(f, "dgraph     {endpoint}   gRPC")?;
        }
        write!(
            f,
            "inspector  http://{}   throughline trace list | show | tail",
            self.inspector
        )
    }
}

impl Stack {
    /// Starts the inspector, then a Dgraph if it is wanted, the graph service, the gateway and the site.
    pub(crate) async fn start(
        &mut self,
        binaries: &Binaries,
        data: &Data,
        options: &Options,
        dgraph: Option<Found>,
        with_site: bool,
    ) -> anyhow::Result<()> {
        // First of all: the gateway is to know the origin of its pages.
        let site = with_site.then(|| named(free("site", options.site_listen)));
        let out = options.layers_out.as_ref();
        let listen = free("inspector", options.inspector_listen);
        let inspector = self
            .child(plan::inspector(binaries, data, listen), data)
            .await?;
        let dgraph = match dgraph {
            Some(found) => Some(self.dgraph(found, data, options, inspector).await?),
            None => None,
        };
        let listen = free("graph", options.graph_listen);
        let alpha = dgraph.as_ref().map(|alpha| alpha.endpoint.as_str());
        let mut launch = plan::graph(binaries, data, listen, inspector, alpha, out);
        launch.env.extend(options.faults.then(faults));
        let graph = self.child(launch, data).await?;
        let listen = free("gateway", options.gateway_listen);
        // Where ours is left out there is room for somebody's own.
        let pages = site.unwrap_or_else(|| named(options.site_listen));
        let mut launch = plan::gateway(binaries, listen, graph, inspector, pages, out);
        launch.env.extend(options.faults.then(faults));
        let gateway = self.child(launch, data).await?;
        let site = match site {
            Some(listen) => {
                let launch = plan::site(data, listen, gateway, inspector, options.faults);
                Some(self.child(launch, data).await?)
            }
            None => None,
        };
        self.addresses = Some(Addresses {
            inspector,
            graph,
            gateway,
            site,
            dgraph,
        });
        Ok(())
    }

    /// Starts a Dgraph, unless it runs already.
    async fn dgraph(
        &mut self,
        found: Found,
        data: &Data,
        options: &Options,
        inspector: SocketAddr,
    ) -> anyhow::Result<Alpha> {
        let program = match found {
            Found::Running(endpoint) => {
                eprintln!(
                    "Dgraph at {endpoint} is used; its own spans come if it sends them to http://{inspector}"
                );
                let ours = false;
                return Ok(Alpha { endpoint, ours });
            }
            Found::Program(program) => program,
        };
        let nodes = Nodes::new(program, options.dgraph_port_offset, data, inspector)?;
        self.child(nodes.zero(), data).await?;
        self.child(nodes.alpha(), data).await?;
        Ok(Alpha {
            endpoint: nodes.endpoint(),
            ours: true,
        })
    }

    /// Where the services listen.
    ///
    /// # Panics
    ///
    /// Before [`Stack::start`] is through.
    pub(crate) fn addresses(&self) -> Addresses {
        self.addresses.clone().expect("start is through")
    }

    /// Waits until a service ends of its own accord, and says which.
    pub(crate) async fn first_death(&mut self) -> String {
        let mut deaths: Vec<_> = self
            .children
            .iter_mut()
            .map(|child| Box::pin(child.death()))
            .collect();
        std::future::poll_fn(move |context| {
            for death in &mut deaths {
                if let std::task::Poll::Ready(said) = death.as_mut().poll(context) {
                    return std::task::Poll::Ready(said);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }

    /// Stops all, the last started first, so that the inspector gets the
    /// others' last words.
    pub(crate) async fn stop(&mut self) {
        while let Some(child) = self.children.pop() {
            child.stop().await;
        }
    }

    async fn child(&mut self, launch: plan::Launch, data: &Data) -> anyhow::Result<SocketAddr> {
        let service = launch.service;
        let child = Child::start(launch, data.log(service)).await?;
        let address = child.address();
        eprintln!("{service} listens on http://{address}");
        self.children.push(child);
        Ok(address)
    }
}

/// The address itself, or one with any free port if its own is busy.
fn free(service: &str, wanted: SocketAddr) -> SocketAddr {
    match TcpListener::bind(wanted) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            eprintln!("port {} is busy: {service} takes another", wanted.port());
            SocketAddr::new(wanted.ip(), 0)
        }
        // Any other error is better told by the service itself.
        _ => wanted,
    }
}

/// The same address with a port that can be named before anybody listens on it.
fn named(wanted: SocketAddr) -> SocketAddr {
    if wanted.port() != 0 {
        return wanted;
    }
    TcpListener::bind(wanted)
        .and_then(|listener| listener.local_addr())
        .unwrap_or(wanted)
}

/// What makes a service obey faults.
fn faults() -> (&'static str, String) {
    ("THROUGHLINE_FAULTS", "1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_given_up() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let wanted = taken.local_addr().unwrap();
        assert_eq!(free("graph", wanted).port(), 0);
        drop(taken);
        assert_eq!(free("graph", wanted), wanted);
    }
}
