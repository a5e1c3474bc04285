//! What is started, with which variables. Pure.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::data::Data;
use super::layers::LayersOut;
use crate::workspace::Binaries;

/// A service to start.
#[derive(Debug)]
pub(crate) struct Launch {
    /// Its name.
    pub(crate) service: &'static str,
    /// Its binary.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) args: Vec<&'static str>,
    /// Its variables, besides those that all inherit.
    pub(crate) env: Vec<(&'static str, String)>,
    /// Where it is started, if that is not the workspace's root.
    pub(crate) folder: Option<PathBuf>,
    /// How it is known to be ready.
    pub(crate) ready: Ready,
}

/// How a service says that it takes calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ready {
    /// By a line on its stdout, with the address.
    Announced,
    /// By answering `GET /health` there with 200.
    Healthy(SocketAddr),
}

/// Variables of these prefixes do not reach a child from outside: what is set
/// for another stack must not bend this one.
const WITHHELD: &[&str] = &[
    "SENTRY_",
    "OTEL_",
    "THROUGHLINE_",
    "GRAPH_",
    "GATEWAY_",
    "INSPECTOR_",
    "SITE_",
    "TRACE_LAYERS",
];

/// Whether a variable stays outside.
pub(crate) fn is_withheld(name: &str) -> bool {
    WITHHELD.iter().any(|prefix| name.starts_with(prefix))
}

/// The projects that DSNs name: every service has one of its own.
const PROJECTS: &[(&str, u32)] = &[
    ("throughline", 1),
    ("gateway", 2),
    ("graph", 3),
    ("browser", 4),
    ("ssr", 5),
];

/// Where `service` sends its telemetry.
pub(crate) fn dsn(service: &str, inspector: SocketAddr) -> String {
    let project = PROJECTS
        .iter()
        .find(|(name, _)| *name == service)
        .map_or(0, |(_, id)| *id);
    format!("http://{service}@{inspector}/{project}")
}

/// The inspector, which everything else sends to.
pub(crate) fn inspector(binaries: &Binaries, data: &Data, listen: SocketAddr) -> Launch {
    Launch {
        service: "inspector",
        program: binaries.cli.clone(),
        args: vec!["inspect"],
        env: vec![
            ("INSPECTOR_LISTEN", listen.to_string()),
            ("INSPECTOR_DATA_DIR", shown(&data.path("inspector"))),
        ],
        folder: None,
        ready: Ready::Announced,
    }
}

/// The graph service.
pub(crate) fn graph(
    binaries: &Binaries,
    data: &Data,
    listen: SocketAddr,
    inspector: SocketAddr,
    dgraph: Option<&str>,
    out: Option<&LayersOut>,
) -> Launch {
    let mut env = telemetry("graph", inspector, out);
    env.push(("GRAPH_LISTEN", listen.to_string()));
    let store = match dgraph {
        Some(alpha) => format!("dgraph://{alpha}"),
        None => format!("sqlite:{}", shown(&data.path("graph.db"))),
    };
    env.push(("GRAPH_STORE", store));
    env.push(("GRAPH_WRITE_TOKEN", data.token().to_owned()));
    Launch {
        service: "graph",
        program: binaries.graph.clone(),
        args: Vec::new(),
        env,
        folder: None,
        ready: Ready::Announced,
    }
}

/// The gateway, which lets in pages of this site.
pub(crate) fn gateway(
    binaries: &Binaries,
    listen: SocketAddr,
    graph: SocketAddr,
    inspector: SocketAddr,
    site: SocketAddr,
    out: Option<&LayersOut>,
) -> Launch {
    let mut env = telemetry("gateway", inspector, out);
    env.push(("GATEWAY_ORIGINS", origins(site)));
    env.push(("GATEWAY_LISTEN", listen.to_string()));
    env.push(("GATEWAY_GRAPH_URL", format!("http://{graph}")));
    Launch {
        service: "gateway",
        program: binaries.gateway.clone(),
        args: Vec::new(),
        env,
        folder: None,
        ready: Ready::Announced,
    }
}

/// The site: its server, and what it tells browsers.
pub(crate) fn site(
    data: &Data,
    listen: SocketAddr,
    gateway: SocketAddr,
    inspector: SocketAddr,
    faults: bool,
) -> Launch {
    let mut env = telemetry("ssr", inspector, None);
    env.push(("SITE_LISTEN", listen.to_string()));
    env.push(("SITE_GATEWAY_URL", format!("http://{gateway}")));
    env.push(("SITE_INSPECTOR_URL", format!("http://{inspector}")));
    env.push(("SITE_BROWSER_DSN", dsn("browser", inspector)));
    env.push(("SITE_REPLAYS_SESSION_SAMPLE_RATE", "1".to_owned()));
    env.push(("SITE_WRITE_TOKEN", data.token().to_owned()));
    env.push(("SITE_FAULTS", faults.to_string()));
    Launch {
        service: "site",
        program: crate::site::node(),
        args: vec!["--import", "./sentry.server.config.ts", "server/main.ts"],
        env,
        folder: Some(crate::site::server()),
        ready: Ready::Announced,
    }
}

/// The origins under which a browser on this machine knows the site.
fn origins(site: SocketAddr) -> String {
    let port = site.port();
    format!("http://{site},http://localhost:{port}")
}

/// The variables that make a process of `service` send to the inspector.
pub(crate) fn telemetry(
    service: &str,
    inspector: SocketAddr,
    out: Option<&LayersOut>,
) -> Vec<(&'static str, String)> {
    let mut env = vec![
        ("SENTRY_DSN", dsn(service, inspector)),
        ("SENTRY_ENVIRONMENT", "local".to_owned()),
    ];
    if let Some(left) = out.and_then(|out| out.left_to(service)) {
        env.push(("TRACE_LAYERS", left.to_owned()));
    }
    env
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// All that is started on these addresses, the inspector first, each with where it listens.
#[cfg(test)]
pub(crate) fn samples(
    inspector_at: SocketAddr,
    graph_at: SocketAddr,
    gateway_at: SocketAddr,
    site_at: SocketAddr,
) -> [(Launch, SocketAddr); 4] {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::open(folder.path()).unwrap();
    let binaries = Binaries {
        cli: "/b/throughline".into(),
        graph: "/b/throughline-graph".into(),
        gateway: "/b/throughline-gateway".into(),
    };
    [
        (inspector(&binaries, &data, inspector_at), inspector_at),
        (
            graph(&binaries, &data, graph_at, inspector_at, None, None),
            graph_at,
        ),
        (
            gateway(&binaries, gateway_at, graph_at, inspector_at, site_at, None),
            gateway_at,
        ),
        (
            site(&data, site_at, gateway_at, inspector_at, false),
            site_at,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn get<'a>(env: &'a [(&str, String)], name: &str) -> Option<&'a str> {
        env.iter()
            .find(|(of, _)| *of == name)
            .map(|(_, value)| value.as_str())
    }

    #[test]
    fn each_service_has_a_dsn_of_its_own() {
        assert_eq!(
            dsn("throughline", address(1)),
            "http://throughline@127.0.0.1:1/1"
        );
        assert_eq!(dsn("gateway", address(1)), "http://gateway@127.0.0.1:1/2");
        assert_eq!(dsn("graph", address(1)), "http://graph@127.0.0.1:1/3");
    }

    #[test]
    fn a_layer_is_taken_out_of_one_service_only() {
        let out: LayersOut = "gateway:client".parse().unwrap();
        let gateway = telemetry("gateway", address(1), Some(&out));
        assert_eq!(get(&gateway, "TRACE_LAYERS"), Some("server"));
        let graph = telemetry("graph", address(1), Some(&out));
        assert_eq!(get(&graph, "TRACE_LAYERS"), None);
        assert_eq!(
            get(&telemetry("gateway", address(1), None), "TRACE_LAYERS"),
            None
        );
    }

    #[test]
    fn the_stack_is_chained_by_address() {
        let root = std::env::temp_dir().join(format!("xtask-plan-{}", std::process::id()));
        let data = Data::open(&root).unwrap();
        let binaries = Binaries {
            cli: "/b/cli".into(),
            graph: "/b/graph".into(),
            gateway: "/b/gateway".into(),
        };
        let gateway = gateway(
            &binaries,
            address(1),
            address(2),
            address(3),
            address(4),
            None,
        );
        assert_eq!(
            get(&gateway.env, "GATEWAY_GRAPH_URL"),
            Some("http://127.0.0.1:2")
        );
        assert_eq!(
            get(&gateway.env, "SENTRY_DSN"),
            Some("http://gateway@127.0.0.1:3/2")
        );
        assert_eq!(
            get(&gateway.env, "GATEWAY_ORIGINS"),
            Some("http://127.0.0.1:4,http://localhost:4")
        );
        let site = site(&data, address(4), address(1), address(3), false);
        assert_eq!(get(&site.env, "SITE_WRITE_TOKEN"), Some(data.token()));
        assert_eq!(
            get(&site.env, "SITE_BROWSER_DSN"),
            Some("http://browser@127.0.0.1:3/4"),
            "its pages have a DSN of their own"
        );
        let on_dgraph = graph(
            &binaries,
            &data,
            address(2),
            address(3),
            Some("a:9080"),
            None,
        );
        assert_eq!(get(&on_dgraph.env, "GRAPH_STORE"), Some("dgraph://a:9080"));
        let graph = graph(&binaries, &data, address(2), address(3), None, None);
        assert_eq!(get(&graph.env, "GRAPH_WRITE_TOKEN"), Some(data.token()));
        let inspector = inspector(&binaries, &data, address(3));
        assert_eq!(
            get(&inspector.env, "SENTRY_DSN"),
            None,
            "it sends nothing of its own"
        );

        let second = Data::open(&root).unwrap();
        assert_ne!(second.path("graph.db"), data.path("graph.db"));
        assert_ne!(second.token(), data.token());
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn what_is_set_for_another_stack_stays_outside() {
        for name in [
            "SENTRY_DSN",
            "TRACE_LAYERS",
            "GRAPH_STORE",
            "THROUGHLINE_FAULTS",
        ] {
            assert!(is_withheld(name), "{name}");
        }
        for name in ["PATH", "HOME", "RUST_LOG", "LOG_FORMAT", "NO_COLOR"] {
            assert!(!is_withheld(name), "{name}");
        }
    }
}
