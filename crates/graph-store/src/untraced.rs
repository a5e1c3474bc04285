//! Work whose statements are not told one by one.
//!
//! A transaction holds a bounded number of spans. A call that may run for hours says
//! after some time that its statements are to be counted by itself, not traced.

use std::cell::Cell;

tokio::task_local! {
    /// How many steps are still traced, and how many were not.
    static STEPS: Cell<(usize, u64)>;
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs the future; the statements that it brings a store to run are no spans.
pub async fn untraced<F: Future>(future: F) -> F::Output {
    traced_at_most(0, future).await.0
}

/// Runs the future. Whatever it has a store do at once is a step; the statements of so many steps are spans, and the
/// further steps are counted.
pub async fn traced_at_most<F: Future>(steps: usize, future: F) -> (F::Output, u64) {
    let counting = async {
        let output = future.await;
        (output, STEPS.with(|steps| steps.get().1))
    };
    STEPS.scope(Cell::new((steps, 0)), counting).await
}

/// Whether the statements of this task's next step are not to be traced.
pub(crate) fn asked() -> bool {
    let count = |steps: &Cell<(usize, u64)>| match steps.get() {
        (0, counted) => {
            steps.set((0, counted + 1));
            true
        }
        (left, counted) => {
            steps.set((left - 1, counted));
            false
        }
    };
    STEPS.try_with(count).unwrap_or(false)
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
