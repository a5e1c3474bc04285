//! How a call ended, out of what came in which order: head, trailers, an end
//! without either, or nobody waiting any more.
//!
//! Pure, and the same for both sides; knows nothing of spans.

use std::time::Instant;

use http::{HeaderMap, StatusCode, response};

use crate::Code;
use crate::deadline::Deadline;

/// What is known so far about the end of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    deadline: Deadline,
    http: StatusCode,
}

impl Ending {
    pub(crate) fn new(deadline: Deadline) -> Self {
        Self {
            deadline,
            http: StatusCode::OK,
        }
    }

    /// The status of a call whose response has this head, if that is all there
    /// will be.
    pub(crate) fn head(&mut self, head: &response::Parts, at_end: bool) -> Option<Code> {
        self.http = head.status;
        Code::in_headers(&head.headers).or_else(|| at_end.then(|| self.without_status()))
    }

    /// The status of a call that ends with these trailers.
    pub(crate) fn trailers(&self, trailers: &HeaderMap) -> Code {
        Code::in_headers(trailers).unwrap_or_else(|| self.without_status())
    }

    /// The status of a call that ends without one.
    pub(crate) fn without_status(&self) -> Code {
        Code::from_http(self.http)
    }

    /// The status of a call that is dropped: past its last frame (`at_end`),
    /// by a panic, at its deadline, or before its time.
    pub(crate) fn dropped(&self, at_end: bool) -> Code {
        if at_end || self.http != StatusCode::OK {
            self.without_status()
        } else if std::thread::panicking() {
            Code::Internal
        } else {
            self.deadline.code_of_drop(Instant::now())
        }
    }
}

#[cfg(test)]
mod tests {

    use http::{HeaderValue, Response};

    use super::*;

    fn ending(timeout: Option<&'static str>) -> Ending {
        let mut headers = HeaderMap::new();
        if let Some(timeout) = timeout {
            headers.insert("grpc-timeout", HeaderValue::from_static(timeout));
        }
        Ending::new(Deadline::of(&headers, &crate::Limits::default()))
    }

    fn head(http: u16, grpc: Option<&'static str>) -> response::Parts {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(http).unwrap();
        if let Some(grpc) = grpc {
            response
                .headers_mut()
                .insert("grpc-status", HeaderValue::from_static(grpc));
        }
        response.into_parts().0
    }

    #[test]
    fn the_head_goes_before_http() {
        assert_eq!(ending(None).head(&head(200, None), false), None);
        assert_eq!(
            ending(None).head(&head(503, Some("5")), false),
            Some(Code::NotFound)
        );
        assert_eq!(
            ending(None).head(&head(503, None), true),
            Some(Code::Unavailable)
        );
    }

    #[test]
    fn trailers_go_before_http() {
        let mut ending = ending(None);
        ending.head(&head(401, None), false);
        let mut trailers = HeaderMap::new();
        assert_eq!(ending.trailers(&trailers), Code::Unauthenticated);
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        assert_eq!(ending.trailers(&trailers), Code::Ok);
    }

    #[test]
    fn a_drop_has_its_reasons() {
        assert_eq!(ending(None).dropped(false), Code::Cancelled);
        assert_eq!(ending(None).dropped(true), Code::Unknown);
        assert_eq!(ending(Some("1n")).dropped(false), Code::DeadlineExceeded);
        assert_eq!(ending(Some("1H")).dropped(false), Code::Cancelled);
        let mut refused = ending(None);
        refused.head(&head(404, None), false);
        assert_eq!(refused.dropped(false), Code::Unimplemented);
    }

    #[test]
    fn a_drop_by_a_panic_is_internal() {
        struct Guard(std::sync::mpsc::Sender<Code>);
        impl Drop for Guard {
            fn drop(&mut self) {
                let _ = self.0.send(ending(None).dropped(false));
            }
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        let _ = std::thread::spawn(move || {
            let _guard = Guard(sender);
            std::panic::resume_unwind(Box::new(()));
        })
        .join();
        assert_eq!(receiver.recv(), Ok(Code::Internal));
    }
}
