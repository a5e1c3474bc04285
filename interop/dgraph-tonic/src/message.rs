//! Messages of the one prost into those of the other: both are of the same protocol, and the bytes are what they share.

use throughline_dgraph_client::Error;

/// As dgraph-tonic has it.
pub(crate) fn theirs<M: prost_011::Message + Default>(
    message: &impl prost::Message,
) -> Result<M, Error> {
    M::decode(message.encode_to_vec().as_slice()).map_err(|_| Error::Malformed)
}

/// As our client has it.
pub(crate) fn ours<M: prost::Message + Default>(
    message: &impl prost_011::Message,
) -> Result<M, Error> {
    M::decode(message.encode_to_vec().as_slice()).map_err(|_| Error::Malformed)
}
