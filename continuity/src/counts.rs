//! How many cases a test takes, and the seed that it draws them from: both by variable, the seed always printed.

use std::sync::atomic::{AtomicUsize, Ordering};

use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// The variable that repeats a run.
const SEED: &str = "THROUGHLINE_SEED";

/// The count that `variable` asks for, or `default`, which suits a quick run.
///
/// # Panics
///
/// When the variable is no number.
pub fn count(variable: &str, default: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|error| panic!("{variable}={text}: {error}")),
        Err(_) => default,
    }
}

/// Says what was counted, in a line that `cargo xtask soak` repeats at its end.
#[expect(clippy::print_stdout, reason = "it is read there")]
pub fn figure(what: &str) {
    println!("figure: {what}");
}

/// Says on stderr how far a long run is, at each tenth of it.
#[derive(Debug)]
pub struct Progress {
    test: &'static str,
    all: usize,
    done: AtomicUsize,
}

impl Progress {
    /// Of a test that has so many things to do.
    pub fn new(test: &'static str, all: usize) -> Self {
        Self {
            test,
            all,
            done: AtomicUsize::new(0),
        }
    }

    /// One more is done.
    #[expect(clippy::print_stderr, reason = "who waits for hours wants to know")]
    pub fn one(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let (Self { test, all, .. }, tenth) = (self, (self.all / 10).max(1));
        if done.is_multiple_of(tenth) {
            eprintln!("{test}: {done} of {all}");
        }
    }
}

/// A source of chance for a test, whose seed is printed and can be given again by `THROUGHLINE_SEED`.
#[expect(
    clippy::print_stderr,
    reason = "a failure is repeated by its seed, so it must be seen"
)]
pub fn seeded(test: &str) -> StdRng {
    let seed = count(SEED, rand::random::<u32>() as usize);
    eprintln!("{test}: {SEED}={seed}");
    StdRng::seed_from_u64(seed as u64)
}
