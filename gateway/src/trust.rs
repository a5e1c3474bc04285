//! Whose traces are continued, as an option. The rule itself is `sentry-propagation`'s.

use clap::ValueEnum;
use sentry_propagation::TrustPolicy;

/// Whose traces are continued. Anybody else's call gets a trace of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TrustMode {
    /// Nobody's.
    None,
    /// Those of pages of listed origins, and, without an Origin, of this machine and of who has the token.
    #[default]
    Origins,
    /// Everybody's.
    All,
}

impl From<TrustMode> for TrustPolicy {
    fn from(mode: TrustMode) -> Self {
        match mode {
            TrustMode::None => Self::None,
            TrustMode::Origins => Self::Origins,
            TrustMode::All => Self::All,
        }
    }
}
