//! One request to stop, seen by everything that has to. It must not know what is being stopped.

use std::io::Read;

use tokio_util::sync::CancellationToken;

use crate::spawn;

/// When `1`, the end of standard input stops the service, so that no child outlives a killed parent.
const ENV_STOP_ON_EOF: &str = "THROUGHLINE_STOP_ON_EOF";

/// A request to stop that clones share.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let shutdown = throughline_service_kit::Shutdown::new();
/// let seen = shutdown.clone();
/// shutdown.request();
/// seen.requested().await;
/// # });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
}

impl Shutdown {
    /// One that only [`request`](Self::request) sets off.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that SIGINT and SIGTERM set off too, and end of stdin where `THROUGHLINE_STOP_ON_EOF=1`.
    pub fn on_signals() -> Self {
        let shutdown = Self::new();
        watch_signals(&shutdown);
        if std::env::var(ENV_STOP_ON_EOF).is_ok_and(|value| value == "1") {
            let shutdown = shutdown.clone();
            // A thread of its own: a runtime waits for its blocking tasks when it ends, and this one may never.
            let reader = std::thread::Builder::new().name("stdin".to_owned());
            if let Err(error) = reader.spawn(move || until_end_of_stdin(&shutdown)) {
                tracing::warn!(%error, "the end of standard input will not stop this process");
            }
        }
        shutdown
    }

    /// Asks everything that waits to stop. Asking twice is asking once.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// Whether a stop was asked for.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Returns when a stop is asked for.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }
}

/// The handlers are there when this returns: a signal that comes at once would end the process otherwise.
#[cfg(unix)]
fn watch_signals(shutdown: &Shutdown) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        tracing::warn!(
            "no handler for signals could be installed: a signal ends the process at once"
        );
        return;
    };
    let shutdown = shutdown.clone();
    spawn::detached(async move {
        let name = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        tracing::debug!(signal = name, "stopping");
        shutdown.request();
    });
}

#[cfg(not(unix))]
fn watch_signals(shutdown: &Shutdown) {
    let shutdown = shutdown.clone();
    spawn::detached(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            shutdown.request();
        }
    });
}

fn until_end_of_stdin(shutdown: &Shutdown) {
    let mut stdin = std::io::stdin().lock();
    let mut scratch = [0; 256];
    while matches!(stdin.read(&mut scratch), Ok(read) if read > 0) {}
    tracing::debug!("end of standard input: stopping");
    shutdown.request();
}
