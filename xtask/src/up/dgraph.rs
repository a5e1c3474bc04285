//! The Dgraph of `up --dgraph`: one that runs already, or a zero and an alpha on this machine, which send their
//! spans to the inspector and report to nobody else. It knows no graph.

use std::env;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::data::Data;
use super::plan::{Launch, Ready};

/// Names an alpha that runs already, `host:port`.
const ENDPOINT: &str = "DGRAPH_ENDPOINT";
/// Names the program.
const PROGRAM: &str = "DGRAPH_BIN";

/// What is said where there is none.
const NONE: &str = "there is no Dgraph. Set DGRAPH_ENDPOINT to an alpha that runs (host:9080), set DGRAPH_BIN to the \
     program, or put `dgraph` on the PATH. The program is in the container dgraph/dgraph:v25.4.0 and at \
     github.com/dgraph-io/dgraph/releases; from v25.3.0 on its own spans join the trace";

/// The port at which a Dgraph takes calls where nobody offsets it.
const GRPC: u16 = 9080;
/// Where a zero's members find it.
const ZERO: u16 = 5080;
const ZERO_HTTP: u16 = 6080;
const ALPHA_HTTP: u16 = 8080;
/// All that a zero and an alpha listen on.
const PORTS: [u16; 5] = [ZERO, ZERO_HTTP, 7080, ALPHA_HTTP, GRPC];

/// Starts one of both in a folder of its own. When its stdin ends so does Dgraph, by force if it takes its time; where
/// nothing is to be kept, the folder goes too.
macro_rules! script {
    ($node:literal) => {
        concat!(
            "exec 3<&0\n",
            "mkdir -p \"$FOLDER\" && cd \"$FOLDER\" || exit 1\n",
            "\"$DGRAPH\" ",
            $node,
            " --bindall=false --port_offset=\"$OFFSET\" --telemetry=\"reports=false; sentry=false;\" \
             --trace=\"$TRACE\" --logtostderr < /dev/null 3<&- &\n",
            "dgraph=$!\n",
            "(cat <&3 > /dev/null; kill $dgraph; sleep 8; kill -9 $dgraph) 2> /dev/null &\n",
            "watch=$!\n",
            "wait $dgraph; ended=$?\n",
            "kill $watch 2> /dev/null\n",
            "[ -n \"$KEEP\" ] || { cd / && rm -rf \"$FOLDER\"; rmdir \"${FOLDER%/*}\" 2> /dev/null; }\n",
            "exit $ended\n",
        )
    };
}

const RUN_ZERO: &str = script!("zero --my=\"$ZERO\" --wal=w --raft=idx=1 --replicas=1");
const RUN_ALPHA: &str = script!(
    "alpha --zero=\"$ZERO\" --postings=p --wal=w --tmp=t --cache=\"size-mb=256; percentage=40,40,20;\" \
     --badger=\"compression=snappy; numgoroutines=2; memtablesize=16777216;\""
);

/// Where a Dgraph can be had.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It runs there.
    Running(String),
    /// This program starts one.
    Program(PathBuf),
}

/// Looks for one; says what to install where there is none.
pub(crate) fn find() -> anyhow::Result<Found> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("dgraph"));
    choose(
        env::var(ENDPOINT).ok(),
        env::var_os(PROGRAM).map(PathBuf::from),
        on_path.into_iter().find(|program| program.is_file()),
    )
}

fn choose(
    endpoint: Option<String>,
    named: Option<PathBuf>,
    on_path: Option<PathBuf>,
) -> anyhow::Result<Found> {
    match (endpoint, named, on_path) {
        (Some(endpoint), ..) => Ok(Found::Running(endpoint)),
        (None, Some(program), _) if !program.is_file() => {
            bail!("{PROGRAM}: there is no {}", program.display())
        }
        (None, Some(program), _) | (None, None, Some(program)) => Ok(Found::Program(program)),
        (None, None, None) => bail!(NONE),
    }
}

/// A zero and an alpha that are to be started.
#[derive(Debug)]
pub(crate) struct Nodes {
    program: PathBuf,
    offset: u16,
    folder: PathBuf,
    /// Data belongs to the ports at which it was written: it is kept where these are the ones that were asked for.
    keep: bool,
    collector: SocketAddr,
}

impl Nodes {
    /// On the ports with the offset that was asked for, or on others where one of these is busy.
    pub(crate) fn new(
        program: PathBuf,
        wanted: u16,
        data: &Data,
        collector: SocketAddr,
    ) -> anyhow::Result<Self> {
        let begin = u16::try_from(std::process::id() % 20_000).unwrap_or(0);
        // Below those that Linux gives to connections, one of which could come before Dgraph does.
        let others = (0..1_000).map(|step| 20_000 + (begin + step * 37) % 3_600);
        let offset = std::iter::once(wanted)
            .chain(others)
            .find(|offset| is_free(*offset))
            .context("there are no free ports for a Dgraph")?;
        let keep = offset == wanted;
        if !keep {
            eprintln!(
                "port {} or a neighbour is busy: Dgraph takes others, and its data goes with it",
                GRPC.saturating_add(wanted)
            );
        }
        let folder = data.path("dgraph").join(offset.to_string());
        Ok(Self {
            program,
            offset,
            folder,
            keep,
            collector,
        })
    }

    /// Where its alpha will take calls.
    pub(crate) fn endpoint(&self) -> String {
        local(GRPC + self.offset).to_string()
    }

    /// The zero, which the alpha needs.
    pub(crate) fn zero(&self) -> Launch {
        self.launch("dgraph.zero", RUN_ZERO, ZERO_HTTP)
    }

    /// The alpha.
    pub(crate) fn alpha(&self) -> Launch {
        self.launch("dgraph.alpha", RUN_ALPHA, ALPHA_HTTP)
    }

    fn launch(&self, service: &'static str, script: &'static str, health: u16) -> Launch {
        let folder = self.folder.join(service);
        let trace = format!("ratio=1.0; jaeger={}; service={service};", self.collector);
        let keep = if self.keep { "yes" } else { "" };
        Launch {
            service,
            program: "/bin/sh".into(),
            args: vec!["-c", script],
            env: vec![
                ("DGRAPH", self.program.display().to_string()),
                ("FOLDER", folder.display().to_string()),
                ("OFFSET", self.offset.to_string()),
                ("ZERO", format!("localhost:{}", ZERO + self.offset)),
                ("TRACE", trace),
                ("KEEP", keep.to_owned()),
            ],
            folder: None,
            ready: Ready::Healthy(local(health + self.offset)),
        }
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn is_free(offset: u16) -> bool {
    PORTS.iter().all(|port| {
        let port = port.checked_add(offset);
        port.is_some_and(|port| TcpListener::bind(local(port)).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_runs_is_taken_before_one_that_can_be_started() {
        let program = || Some(PathBuf::from("/bin/sh"));
        let chosen = choose(Some("a:1".to_owned()), program(), None).unwrap();
        assert_eq!(chosen, Found::Running("a:1".to_owned()));
        let named = choose(None, program(), Some("/else/dgraph".into())).unwrap();
        assert_eq!(named, Found::Program("/bin/sh".into()));
        let found = choose(None, None, program()).unwrap();
        assert_eq!(found, Found::Program("/bin/sh".into()));
    }

    #[test]
    fn what_is_missing_is_named() {
        let none = choose(None, None, None).unwrap_err().to_string();
        for way in [ENDPOINT, PROGRAM, "PATH", "dgraph/dgraph:v25"] {
            assert!(none.contains(way), "{none}");
        }
        let wrong = choose(None, Some("/no/such/dgraph".into()), None);
        let wrong = wrong.unwrap_err().to_string();
        assert!(
            wrong.contains(PROGRAM) && wrong.contains("/no/such/dgraph"),
            "{wrong}"
        );
    }

    #[test]
    fn a_busy_port_moves_all_of_them() {
        let root = tempfile::tempdir().unwrap();
        let data = Data::open(root.path()).unwrap();
        let wanted = (20_000..50_000).find(|it| is_free(*it)).unwrap();
        let nodes = |taken: bool| {
            let nodes = Nodes::new("/bin/sh".into(), wanted, &data, local(1)).unwrap();
            assert_eq!(nodes.keep, !taken);
            assert_eq!(nodes.offset == wanted, !taken);
        };
        nodes(false);
        let one = TcpListener::bind(local(7080 + wanted)).unwrap();
        nodes(true);
        drop(one);
    }
}
