//! Whose traces are continued.

use clap::ValueEnum;

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
