//! gRPC status codes and where a call's status is found: response head,
//! trailers, HTTP status.
//!
//! Knows nothing of Sentry or of tonic. `grpc-status` is parsed here because
//! `tonic::Status::from_header_map` panics on a `grpc-status-details-bin` that
//! is not base64, and these bytes come from a peer.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::percent_decode;

/// Header or trailer that carries the status code.
pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Header or trailer that carries the percent-encoded message.
pub(crate) const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// The status of a gRPC call, one of the seventeen codes of the protocol.
        ///
        /// ```
        /// use sentry_tonic::Code;
        ///
        /// assert_eq!(Code::from_number(5), Some(Code::NotFound));
        /// assert_eq!(Code::NotFound.name(), "NOT_FOUND");
        /// assert!(Code::Internal.is_server_fault());
        /// assert!(!Code::NotFound.is_server_fault());
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names of the protocol, each with its canonical spelling")]
        pub enum Code {
            $($(#[$doc])* $variant = $number,)*
        }

        impl Code {
            /// Every code, in the order of its number.
            pub const ALL: [Self; 17] = [$(Self::$variant,)*];

            /// The code with this number on the wire.
            #[must_use]
            pub const fn from_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The canonical name, as `rpc.response.status_code` carries it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    Ok = 0, "OK";
    Cancelled = 1, "CANCELLED";
    Unknown = 2, "UNKNOWN";
    InvalidArgument = 3, "INVALID_ARGUMENT";
    DeadlineExceeded = 4, "DEADLINE_EXCEEDED";
    NotFound = 5, "NOT_FOUND";
    AlreadyExists = 6, "ALREADY_EXISTS";
    PermissionDenied = 7, "PERMISSION_DENIED";
    ResourceExhausted = 8, "RESOURCE_EXHAUSTED";
    FailedPrecondition = 9, "FAILED_PRECONDITION";
    Aborted = 10, "ABORTED";
    OutOfRange = 11, "OUT_OF_RANGE";
    Unimplemented = 12, "UNIMPLEMENTED";
    Internal = 13, "INTERNAL";
    Unavailable = 14, "UNAVAILABLE";
    DataLoss = 15, "DATA_LOSS";
    Unauthenticated = 16, "UNAUTHENTICATED";
}

impl Code {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// Reads the value of a `grpc-status` header. A number outside of the
    /// protocol, or no number at all, is `Unknown`, as every gRPC library takes it.
    #[must_use]
    pub fn from_header(value: &[u8]) -> Self {
        // At most two digits: anything longer is no code, and is not parsed.
        let number = (1..=2).contains(&value.len()).then_some(value);
        let number = number.and_then(|digits| {
            digits.iter().try_fold(0, |number, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| number * 10 + i32::from(digit - b'0'))
            })
        });
        number.and_then(Self::from_number).unwrap_or(Self::Unknown)
    }

    /// Whether this code says that the server failed, rather than that the
    /// caller asked for something it cannot have: `UNKNOWN`, `INTERNAL`,
    /// `UNAVAILABLE`, `DATA_LOSS`.
    #[must_use]
    pub const fn is_server_fault(self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::Internal | Self::Unavailable | Self::DataLoss
        )
    }

    /// The code of an HTTP response that says nothing of gRPC, by the mapping
    /// of the gRPC specification. A 200 without `grpc-status` is `Unknown`.
    pub(crate) const fn from_http(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The code in a response head or in trailers, if there is one.
    pub(crate) fn in_headers(headers: &HeaderMap) -> Option<Self> {
        headers
            .get(GRPC_STATUS)
            .map(|value| Self::from_header(value.as_bytes()))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(feature = "tonic")]
impl From<tonic::Code> for Code {
    fn from(code: tonic::Code) -> Self {
        Self::from_number(code as i32).unwrap_or(Self::Unknown)
    }
}

/// The `grpc-message` beside a status, decoded, with control characters as
/// spaces and cut to `max_bytes`, fit for a report.
pub(crate) fn message(headers: &HeaderMap, max_bytes: usize) -> String {
    headers
        .get(GRPC_MESSAGE)
        .map(|value| {
            // Nothing beyond three times the bound can survive into it.
            let value = value.as_bytes();
            let bound = value.len().min(max_bytes.saturating_mul(3));
            scrub(
                &percent_decode(&value[..bound]).decode_utf8_lossy(),
                max_bytes,
            )
        })
        .unwrap_or_default()
}

/// Control characters become spaces, and the text ends within `max_bytes`.
pub(crate) fn scrub(text: &str, max_bytes: usize) -> String {
    let mut kept = String::with_capacity(text.len().min(max_bytes));
    for character in text.chars() {
        let character = if character.is_control() {
            ' '
        } else {
            character
        };
        if kept.len() + character.len_utf8() > max_bytes {
            break;
        }
        kept.push(character);
    }
    kept
}

/// The head or the trailers of an answer to a panic: INTERNAL, and nothing of
/// what the panic said.
pub(crate) fn internal_error(headers: &mut HeaderMap) {
    headers.insert(GRPC_STATUS, HeaderValue::from_static("13"));
    headers.insert(
        GRPC_MESSAGE,
        HeaderValue::from_static("internal server error"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_code_survives_the_wire() {
        for (number, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code.number() as usize, number);
            assert_eq!(Code::from_header(number.to_string().as_bytes()), code);
        }
    }

    #[test]
    fn what_is_no_code_is_unknown() {
        for value in [
            "", "17", "99", "-1", "+1", "1 ", " 1", "1x", "013", "x", "４",
        ] {
            assert_eq!(
                Code::from_header(value.as_bytes()),
                Code::Unknown,
                "{value:?}"
            );
        }
    }

    #[test]
    fn http_statuses_map_as_the_protocol_says() {
        for (http, code) in [
            (200, Code::Unknown),
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (500, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
        ] {
            assert_eq!(
                Code::from_http(StatusCode::from_u16(http).unwrap()),
                code,
                "{http}"
            );
        }
    }

    #[test]
    fn a_message_is_decoded_and_bounded() {
        let mut headers = HeaderMap::new();
        headers.insert(GRPC_MESSAGE, HeaderValue::from_static("a%20b%0Ac%C3%A9%C3"));
        assert_eq!(message(&headers, 256), "a b cé\u{fffd}");
        assert_eq!(message(&headers, 6), "a b c");
        assert_eq!(message(&HeaderMap::new(), 256), "");
    }

    proptest! {
        #[test]
        fn no_header_breaks_it(
            status in proptest::collection::vec(any::<u8>(), 0..64),
            text in proptest::collection::vec(32u8..=255, 0..512),
            bound in 0usize..300,
        ) {
            let _ = Code::from_header(&status);
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&text) {
                headers.insert(GRPC_MESSAGE, value);
            }
            prop_assert!(message(&headers, bound).len() <= bound);
        }
    }
}
