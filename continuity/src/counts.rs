//! How many cases a test takes, and the seed that it draws them from: both by variable, the seed always printed.

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
