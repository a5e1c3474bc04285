//! What keeps a gateway from starting. What goes wrong with a call is a gRPC status, not one of these.

use std::path::PathBuf;

/// Why a gateway cannot be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The descriptor set cannot be decoded.
    #[error("the descriptor set cannot be decoded: {0}")]
    Descriptors(#[from] prost::DecodeError),
    /// The file of descriptors cannot be read.
    #[error("GATEWAY_DESCRIPTORS: {} cannot be read: {source}", file.display())]
    DescriptorFile {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A service that is to be admitted is not in the descriptor set.
    #[error(
        "there is no service `{service}` among the descriptors, which have {known:?}; GATEWAY_DESCRIPTORS adds to them"
    )]
    UnknownService {
        /// The service asked for.
        service: String,
        /// The services that there are.
        known: Vec<String>,
    },
    /// The frame that all services share could not be set up.
    #[error(transparent)]
    Frame(#[from] throughline_service_kit::Error),
}
