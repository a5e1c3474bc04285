//! dgraph-tonic's errors into our client's: the status that Dgraph answered is four layers down, and of another tonic.

use dgraph_tonic::{ClientError, DgraphError, Status};
use throughline_dgraph_client::Error;

/// The proxy says so where it never reached Dgraph.
pub(crate) const UNREACHED: &str = "throughline-unreached";

/// What an error of dgraph-tonic means.
pub(crate) fn error(error: &anyhow::Error) -> Error {
    let Some(status) = status(error) else {
        return match error.downcast_ref::<DgraphError>() {
            Some(DgraphError::GrpcError(_)) | None => Error::Lost,
            Some(_) => Error::Malformed,
        };
    };
    if status.metadata().contains_key(UNREACHED) {
        return Error::Unreachable;
    }
    if std::error::Error::source(status).is_some() {
        // Made in this process, since the connection broke.
        return Error::Lost;
    }
    let code = tonic::Code::from_i32(status.code() as i32);
    tonic::Status::new(code, status.message()).into()
}

fn status(error: &anyhow::Error) -> Option<&Status> {
    let inner = match error.downcast_ref::<DgraphError>() {
        Some(DgraphError::GrpcError(inner)) => inner,
        _ => error,
    };
    match inner.downcast_ref::<ClientError>()? {
        ClientError::CannotAlter(status)
        | ClientError::CannotLogin(status)
        | ClientError::CannotRefreshLogin(status)
        | ClientError::CannotQuery(status)
        | ClientError::CannotMutate(status)
        | ClientError::CannotDoRequest(status)
        | ClientError::CannotCommitOrAbort(status)
        | ClientError::CannotCheckVersion(status) => Some(status),
        ClientError::InvalidEndpoint | ClientError::NoEndpointsDefined => None,
    }
}
