//! A real Dgraph: one that runs (`DGRAPH_ENDPOINT`), else a zero and an alpha of a binary (`DGRAPH_BIN`, or `dgraph` on the
//! PATH) on ports of their own, with nothing reported to anybody.

use std::{
    ffi::OsString,
    fs::File,
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use throughline_dgraph_client::{Dgraph, Options};

use super::ports::{ALPHA_GRPC, Offsets, ZERO};
use crate::SAFETY;

/// Lets one test at a time have the process's one Dgraph, which is empty. Nothing, and a line that says so on stderr,
/// where there is no Dgraph.
///
/// # Panics
///
/// Where there is one, and it cannot be used.
pub async fn lock_real(test: &str) -> Option<RealDgraph> {
    static ONE: OnceLock<tokio::sync::Mutex<Option<Started>>> = OnceLock::new();
    let mut one = ONE.get_or_init(tokio::sync::Mutex::default).lock().await;
    if one.is_none() {
        *one = Started::find().await;
    }
    let Some(started) = &*one else {
        skipped(test);
        return None;
    };
    let endpoint = started.endpoint.clone();
    Some(RealDgraph {
        endpoint,
        _one: one,
    })
}

/// Where `cargo xtask test` reads which tests were skipped.
const SKIPPED: &str = "THROUGHLINE_SKIPPED";

/// Says that a test was skipped because there is no Dgraph.
#[allow(clippy::print_stderr, reason = "where a test runner looks for it")]
pub fn skipped(test: &str) {
    eprintln!("skipped, for there is no Dgraph: {test}");
    let Some(path) = std::env::var_os(SKIPPED) else {
        return;
    };
    let file = File::options().append(true).create(true).open(path);
    let line = format!("dgraph {test}\n");
    // In one piece: other tests write to it too.
    let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
    written.expect("the list of skips can be written");
}

/// The right to the process's one Dgraph.
pub struct RealDgraph {
    endpoint: String,
    _one: tokio::sync::MutexGuard<'static, Option<Started>>,
}

impl RealDgraph {
    /// Its alpha, `host:port`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

struct Started {
    endpoint: String,
    /// Its stdin ends with this process, whatever kind of end it has, and with it Dgraph.
    _shell: Option<Child>,
    _offsets: Option<Offsets>,
}

/// Runs both until stdin ends, then ends just these two and removes their folder.
const RUN: &str = r#"cd "$FOLDER" || exit 1
"$DGRAPH" zero --bindall=false --port_offset="$OFFSET" --my="$ZERO" --wal=zw --raft="idx=1" --replicas=1 \
  --telemetry="reports=false; sentry=false;" --logtostderr > zero.log 2>&1 &
zero=$!
"$DGRAPH" alpha --bindall=false --port_offset="$OFFSET" --zero="$ZERO" --postings=p --wal=w --tmp=t \
  --telemetry="reports=false; sentry=false;" --cache="size-mb=64; percentage=40,40,20;" \
  --badger="compression=snappy; numgoroutines=2; memtablesize=16777216;" --logtostderr > alpha.log 2>&1 &
alpha=$!
cat > /dev/null
kill -9 $alpha $zero
wait
cd / && rm -rf "$FOLDER""#;

impl Started {
    async fn find() -> Option<Self> {
        if let Ok(endpoint) = std::env::var("DGRAPH_ENDPOINT") {
            ready(&endpoint).await;
            return Some(Self {
                endpoint,
                _shell: None,
                _offsets: None,
            });
        }
        let binary = program()?;
        let folder = tempfile::tempdir().expect("a folder").keep();
        let offsets = Offsets::claim(1);
        let offset = offsets.first;
        let shell = Command::new("sh")
            .args(["-c", RUN])
            .env("DGRAPH", binary)
            .env("FOLDER", folder)
            .env("OFFSET", offset.to_string())
            .env("ZERO", format!("localhost:{}", ZERO + offset))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let endpoint = format!("127.0.0.1:{}", ALPHA_GRPC + offset);
        ready(&endpoint).await;
        Some(Self {
            endpoint,
            _shell: Some(shell),
            _offsets: Some(offsets),
        })
    }
}

/// The program: `DGRAPH_BIN`, else `dgraph` on the PATH.
pub fn program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("DGRAPH_BIN") {
        return Some(path.into());
    }
    let path: OsString = std::env::var_os("PATH")?;
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join("dgraph"));
    candidates.find(|candidate| candidate.is_file())
}

async fn ready(endpoint: &str) {
    let dgraph = Dgraph::new(Options::new([endpoint])).expect("an endpoint");
    let ready = async {
        while dgraph.version().await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        // Ready is not yet able to write, for a moment.
        while dgraph.drop_all().await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    assert!(
        tokio::time::timeout(SAFETY, ready).await.is_ok(),
        "Dgraph at {endpoint} was never ready"
    );
}
