//! The status code that an error stands for, read without taking the error or
//! changing its type: the layers hand on exactly what they were given.
//!
//! Knows the errors of tonic's channel only with the feature `tonic`.

use std::any::Any;
use std::error::Error;
use std::io;

use crate::Code;

type BoxError = Box<dyn Error + Send + Sync>;

/// Longest chain of sources that is walked: an error may be its own source.
const MAX_SOURCES: usize = 16;

/// The code that `error` stands for, `Unknown` where nothing is known of it.
pub(crate) fn code_of<E: 'static>(error: &E) -> Code {
    known(error).map_or(Code::Unknown, code_of_chain)
}

/// Errors are generic here and promise only to become a box. These are the
/// types that can be looked at without that.
fn known(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<BoxError>() {
        return Some(&**error);
    }
    #[cfg(feature = "tonic")]
    {
        if let Some(error) = error.downcast_ref::<tonic::transport::Error>() {
            return Some(error);
        }
        if let Some(error) = error.downcast_ref::<tonic::Status>() {
            return Some(error);
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return Some(error);
        }
    }
    error
        .downcast_ref::<io::Error>()
        .map(|error| error as &(dyn Error + 'static))
}

fn code_of_chain(error: &(dyn Error + 'static)) -> Code {
    chain(error).find_map(code_of_one).unwrap_or(Code::Unknown)
}

/// An error and its sources.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source()).take(MAX_SOURCES)
}

fn code_of_one(error: &(dyn Error + 'static)) -> Option<Code> {
    #[cfg(feature = "tonic")]
    if let Some(code) = code_of_tonic(error) {
        return Some(code);
    }
    let error = error.downcast_ref::<io::Error>()?;
    match error.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::NotConnected
        | io::ErrorKind::AddrNotAvailable => Some(Code::Unavailable),
        io::ErrorKind::TimedOut => Some(Code::DeadlineExceeded),
        _ => None,
    }
}

#[cfg(feature = "tonic")]
fn code_of_tonic(error: &(dyn Error + 'static)) -> Option<Code> {
    if let Some(status) = error.downcast_ref::<tonic::Status>() {
        // tonic makes "Timeout expired" a cancel; the cause is still inside.
        let expired = chain(status).any(<dyn Error>::is::<tonic::TimeoutExpired>);
        return Some(if expired {
            Code::DeadlineExceeded
        } else {
            status.code().into()
        });
    }
    if error.is::<tonic::TimeoutExpired>() {
        return Some(Code::DeadlineExceeded);
    }
    if error.is::<tonic::ConnectError>() {
        return Some(Code::Unavailable);
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return Some(code_of_reset(error.reason()));
    }
    let error = error.downcast_ref::<hyper::Error>()?;
    if error.is_timeout() {
        return Some(Code::Unavailable);
    }
    // Whether it has a cause in h2 shows at the next step of the chain.
    (error.is_canceled()).then_some(Code::Cancelled)
}

/// The mapping of the gRPC specification from HTTP/2 error codes.
#[cfg(feature = "tonic")]
fn code_of_reset(reason: Option<h2::Reason>) -> Code {
    match reason {
        Some(
            h2::Reason::NO_ERROR
            | h2::Reason::PROTOCOL_ERROR
            | h2::Reason::INTERNAL_ERROR
            | h2::Reason::FLOW_CONTROL_ERROR
            | h2::Reason::SETTINGS_TIMEOUT
            | h2::Reason::FRAME_SIZE_ERROR
            | h2::Reason::COMPRESSION_ERROR
            | h2::Reason::CONNECT_ERROR,
        ) => Code::Internal,
        Some(h2::Reason::REFUSED_STREAM) => Code::Unavailable,
        Some(h2::Reason::CANCEL) => Code::Cancelled,
        Some(h2::Reason::ENHANCE_YOUR_CALM) => Code::ResourceExhausted,
        Some(h2::Reason::INADEQUATE_SECURITY) => Code::PermissionDenied,
        _ => Code::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(error: impl Into<BoxError>) -> Code {
        code_of::<BoxError>(&error.into())
    }

    #[test]
    fn boxed_and_bare_errors_are_read() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(code_of(&refused()), Code::Unavailable);
        assert_eq!(boxed(refused()), Code::Unavailable);
        assert_eq!(boxed("what?"), Code::Unknown);
        assert_eq!(code_of(&std::fmt::Error), Code::Unknown);
    }

    #[cfg(feature = "tonic")]
    #[test]
    fn the_errors_of_tonic_are_read() {
        assert_eq!(boxed(tonic::TimeoutExpired(())), Code::DeadlineExceeded);
        assert_eq!(
            boxed(tonic::ConnectError("no route".into())),
            Code::Unavailable
        );
        assert_eq!(code_of(&tonic::Status::not_found("it")), Code::NotFound);
        assert_eq!(
            code_of(&tonic::Status::from_error(Box::new(tonic::TimeoutExpired(
                ()
            )))),
            Code::DeadlineExceeded
        );
        assert_eq!(boxed(h2::Error::from(h2::Reason::CANCEL)), Code::Cancelled);
    }
}
