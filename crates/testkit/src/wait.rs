//! Waiting for a condition, with a bound that is there for safety alone.

use std::future::{Future, ready};
use std::time::Duration;

use tokio::sync::watch;

/// How long any wait of this crate lasts before it fails the test. Far above
/// what a loaded machine needs, so that no test depends on it.
pub const SAFETY: Duration = Duration::from_secs(60);

/// How often a condition is looked at that nothing announces.
const LOOK: Duration = Duration::from_millis(20);

/// Waits for a condition that nothing announces, such as the end of a process that
/// is not our child.
///
/// # Panics
///
/// After [`SAFETY`], with `what`.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let came = comes_true(|| ready(holds())).await;
    assert!(came, "waited in vain until {what}");
}

/// Asks again and again for a condition that nothing announces, until it holds; `false` when it does not within
/// [`SAFETY`], so that who asks can say what there was instead.
pub async fn comes_true<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) -> bool {
    let waited = tokio::time::timeout(SAFETY, async {
        while !holds().await {
            tokio::time::sleep(LOOK).await;
        }
    });
    waited.await.is_ok()
}

/// A value that grows, and on which tests wait.
pub(crate) struct Watched<T>(watch::Sender<T>);

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Default> Default for Watched<T> {
    fn default() -> Self {
        Self(watch::Sender::new(T::default()))
    }
}

impl<T> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(watch::Sender::new(value))
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut T)) {
        self.0.send_modify(change);
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.borrow())
    }

    /// Waits until `probe` finds what it looks for, looking again after each update.
    ///
    /// # Panics
    ///
    /// After [`SAFETY`], with what `describe` says of the value as it stands.
    pub(crate) async fn wait<R>(
        &self,
        mut probe: impl FnMut(&T) -> Option<R>,
        describe: impl FnOnce(&T) -> String,
    ) -> R {
        let mut seen = self.0.subscribe();
        let search = async {
            loop {
                if let Some(found) = probe(&seen.borrow_and_update()) {
                    return found;
                }
                // We hold a sender, so that the channel cannot close under us.
                if seen.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        match tokio::time::timeout(SAFETY, search).await {
            Ok(found) => found,
            Err(_) => panic!("{}", describe(&self.0.borrow())),
        }
    }
}
