//! What can go wrong while a service is set up or served. It knows no exit codes: `main` decides.

use std::net::SocketAddr;

/// An error of the service's frame, not of a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// A URL of a peer is not one.
    #[error("`{url}` is not a URL of a gRPC server: {reason}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A descriptor set for reflection cannot be decoded.
    #[error("the descriptor set for reflection cannot be decoded: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// A file of authorities cannot be used.
    #[error("{}: no certificates of authorities in PEM: {reason}", file.display())]
    Authorities {
        /// The file.
        file: std::path::PathBuf,
        /// Why not.
        reason: String,
    },
    /// A certificate or its key cannot be used.
    #[error("{}: not a certificate that can be used: {reason}", file.display())]
    Certificate {
        /// The file.
        file: std::path::PathBuf,
        /// Why not.
        reason: String,
    },
}
