//! A thread with a runtime of its own for each server of this crate: such a
//! server goes on whatever the test's own runtime does, and ends with its handle.

use std::future::Future;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// Runs a future on its own thread until it is dropped.
pub(crate) struct ServerThread {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ServerThread {
    /// `serve` is called on the thread, within its runtime, and yields what the
    /// caller waits for (the bound port) and the future that serves.
    pub(crate) fn start<S, F, R>(name: &str, serve: S) -> (Self, R)
    where
        S: FnOnce() -> (R, F) + Send + 'static,
        F: Future<Output = ()>,
        R: Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime for a test server");
                runtime.block_on(async {
                    let (result, serving) = serve();
                    ready.send(result).ok();
                    tokio::select! {
                        () = serving => {}
                        _ = stopped => {}
                    }
                });
            })
            .expect("a thread for a test server");
        let result = started.recv().expect("the test server could not start");
        (
            Self {
                stop: Some(stop),
                thread: Some(thread),
            },
            result,
        )
    }
}

impl Drop for ServerThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
