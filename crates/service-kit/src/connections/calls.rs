//! The tasks that calls run in. One may outlive its connection: a call whose caller has left is no stream any more, and
//! still has to be ended. It knows nothing of what runs.

use std::future::Future;

use hyper::rt::Executor;
use tokio_util::task::TaskTracker;

/// Where a server's calls run, on the runtime of their connection. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct CallTasks(TaskTracker);

impl CallTasks {
    /// Waits until all have ended. No connection may be open by then.
    pub(super) async fn ended(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

impl<F> Executor<F> for CallTasks
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, call: F) {
        drop(self.0.spawn(call));
    }
}
