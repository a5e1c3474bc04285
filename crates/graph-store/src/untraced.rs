//! Work whose statements are not told one by one.
//!
//! A transaction holds a bounded number of spans. A call that may run for hours says
//! after some time that its statements are to be counted by itself, not traced.

use std::cell::Cell;

tokio::task_local! {
    static UNTRACED: ();
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs the future; the statements that it brings a store to run are no spans.
pub async fn untraced<F: Future>(future: F) -> F::Output {
    UNTRACED.scope((), future).await
}

/// Whether this task's statements are not to be traced.
pub(crate) fn asked() -> bool {
    UNTRACED.try_with(|()| ()).is_ok()
}

/// Whether this thread's statements are not to be traced.
pub(crate) fn quiet() -> bool {
    QUIET.get()
}

/// Runs blocking work, without spans if it was so `asked` where the work was started.
pub(crate) fn run<T>(asked: bool, work: impl FnOnce() -> T) -> T {
    /// Sets it back on the way out, a panic included.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let _before = Before(QUIET.replace(asked));
    work()
}
