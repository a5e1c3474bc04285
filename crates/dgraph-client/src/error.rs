//! What can go wrong, told apart by what the caller can do about it.
//!
//! Dgraph answers most errors as UNKNOWN with a text, and its texts quote values: they are read here, and go no further.

use tonic::{Code, Status};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection could be made; nothing was sent.
    #[error("Dgraph cannot be reached")]
    Unreachable,
    /// The alpha is starting, has no leader, or is indexing; it did nothing.
    #[error("Dgraph is not ready")]
    NotReady,
    /// The alpha is about to stop; it did nothing.
    #[error("Dgraph is in draining mode")]
    Draining,
    /// The alpha has too much to do; it did nothing.
    #[error("Dgraph has too many requests to answer")]
    Overloaded,
    /// The connection was lost after the request was sent: what was to be written may be, or not.
    #[error("the connection to Dgraph was lost before it answered")]
    Lost,
    /// Another transaction wrote the same and was faster. The transaction did nothing.
    #[error("the transaction was aborted: another one was faster")]
    Aborted,
    /// The transaction's timestamp is older than what is kept.
    #[error("the transaction is too old")]
    TooOld,
    /// The transaction's timestamp was not given to this user.
    #[error("the transaction belongs to another user or namespace")]
    Hash,
    /// The user or the password is wrong, or there is none.
    #[error("Dgraph does not accept the user and password")]
    Credentials,
    /// The login has expired.
    #[error("the login has expired")]
    Expired,
    /// The user may not do this.
    #[error("Dgraph does not permit this to the user")]
    Denied,
    /// The time was up.
    #[error("Dgraph did not answer in time")]
    Deadline,
    /// The call was cancelled.
    #[error("the call was cancelled")]
    Cancelled,
    /// The answer is larger than [`Limits::answer_bytes`](crate::Limits), or the request than Dgraph takes.
    #[error("the request or its answer is too large")]
    TooLarge,
    /// Dgraph refused the statement, the schema or a value.
    #[error("Dgraph refuses the statement: {0}")]
    Refused(Refusal),
    /// Dgraph is too old.
    #[error("Dgraph {found} is too old; at least v{}.{} is needed", least.0, least.1)]
    Version {
        /// Its version.
        found: String,
        /// The oldest that will do, major and minor.
        least: (u64, u64),
    },
    /// An address, a certificate or another option cannot be used.
    #[error("{0}")]
    Options(String),
    /// An answer that does not hold what it should.
    #[error("Dgraph's answer cannot be read")]
    Malformed,
    /// A name that may not stand in a query.
    #[error("not an identifier: it takes an ASCII letter, then letters, digits, '_' and '.'")]
    Identifier,
    /// Anything else.
    #[error("Dgraph failed with the gRPC code {0}")]
    Server(i32),
}

/// Why Dgraph refused a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be parsed.
    #[error("it cannot be parsed")]
    Syntax,
    /// A predicate has no index of the kind that is needed.
    #[error("a predicate is not indexed")]
    Index,
    /// A predicate is of another type.
    #[error("a predicate is of another type")]
    Type,
    /// It asks for more than Dgraph's own limits allow.
    #[error("it is beyond Dgraph's limits")]
    Limit,
}

impl Error {
    /// Whether Dgraph certainly did nothing, and may do it when asked again.
    pub fn did_nothing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::NotReady | Self::Draining | Self::Overloaded | Self::Aborted
        )
    }

    /// Whether another alpha may answer where this one did not.
    pub(crate) fn is_the_alphas(&self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::NotReady | Self::Draining | Self::Overloaded | Self::Lost
        )
    }

    /// A short name for telemetry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NotReady => "not_ready",
            Self::Draining => "draining",
            Self::Overloaded => "overloaded",
            Self::Lost => "lost",
            Self::Aborted => "aborted",
            Self::TooOld => "too_old",
            Self::Hash => "hash",
            Self::Credentials => "credentials",
            Self::Expired => "expired",
            Self::Denied => "denied",
            Self::Deadline => "deadline",
            Self::Cancelled => "cancelled",
            Self::TooLarge => "too_large",
            Self::Refused(_) => "refused",
            Self::Version { .. } => "version",
            Self::Options(_) => "options",
            Self::Malformed => "malformed",
            Self::Identifier => "identifier",
            Self::Server(_) => "server",
        }
    }
}

impl AsRef<Self> for Error {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Texts of Dgraph 24 and 25, and what they mean whatever the code. The first that is contained counts.
const TEXTS: &[(&str, Error)] = &[
    ("Transaction has been aborted", Error::Aborted),
    ("Transaction conflict", Error::Aborted),
    ("Transaction is too old", Error::TooOld),
    ("hash mismatch", Error::Hash),
    ("Token is expired", Error::Expired),
    ("token is expired", Error::Expired),
    // To a further request of a transaction, or its end, with a login that has expired since.
    ("No namespace in the metadata", Error::Expired),
    ("draining mode", Error::Draining),
    ("429 Too Many Requests", Error::Overloaded),
    ("overloaded with pending proposals", Error::Overloaded),
    ("invalid username or password", Error::Credentials),
    ("is not indexed", Error::Refused(Refusal::Index)),
    ("while lexing", Error::Refused(Refusal::Syntax)),
    ("Undefined Type", Error::Refused(Refusal::Syntax)),
    ("Variable not defined", Error::Refused(Refusal::Syntax)),
    ("is not valid", Error::Refused(Refusal::Syntax)),
    ("parsing \"", Error::Refused(Refusal::Type)),
    ("of type scalar", Error::Refused(Refusal::Type)),
    ("of type uid", Error::Refused(Refusal::Type)),
    ("Type can't be changed", Error::Refused(Refusal::Type)),
    ("Schema change not allowed", Error::Refused(Refusal::Type)),
    ("exceeded query edge limit", Error::Refused(Refusal::Limit)),
    ("than limit", Error::Refused(Refusal::Limit)),
    ("not ready to accept requests", Error::NotReady),
    ("errIndexingInProgress", Error::NotReady),
    ("Pending transactions found", Error::NotReady),
    ("Temporary error", Error::NotReady),
    ("No connection exists", Error::NotReady),
    ("No network connection", Error::NotReady),
    ("Unhealthy connection", Error::NotReady),
    ("No healthy connection", Error::NotReady),
    ("Unable to reach leader", Error::NotReady),
    ("Unable to find leader", Error::NotReady),
    ("zero leader", Error::NotReady),
    ("Zero leader", Error::NotReady),
];

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        if let Some(never_sent) = connecting(&status) {
            return match never_sent {
                true => Self::Unreachable,
                false => Self::Lost,
            };
        }
        let text = status.message();
        match status.code() {
            Code::Aborted => return Self::Aborted,
            Code::DeadlineExceeded => return Self::Deadline,
            Code::Cancelled => return Self::Cancelled,
            Code::PermissionDenied => return Self::Denied,
            Code::ResourceExhausted | Code::OutOfRange => return Self::TooLarge,
            _ => {}
        }
        let known = TEXTS.iter().find(|(part, _)| text.contains(part));
        match (known, status.code()) {
            (Some((_, error)), _) => error.clone(),
            (None, Code::Unauthenticated) => Self::Credentials,
            (None, Code::FailedPrecondition) => Self::Aborted,
            (None, Code::Unavailable) => Self::Lost,
            (None, code) => Self::Server(i32::from(code)),
        }
    }
}

/// Whether the status was made here, since there is no connection, and if so whether there never was one. One that Dgraph
/// sent has no source.
fn connecting(status: &Status) -> Option<bool> {
    let mut cause = std::error::Error::source(status);
    cause?;
    while let Some(error) = cause {
        if error.is::<tonic::ConnectError>() {
            return Some(true);
        }
        if error.is::<tonic::TimeoutExpired>() {
            return None;
        }
        cause = error.source();
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: Code, text: &str, expected: Error) {
        let error = Error::from(Status::new(code, text));
        assert_eq!(error, expected, "{text}");
        let shown = format!("{error} {error:?} {}", error.kind());
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn what_dgraph_says_is_told_apart() {
        use Code::{FailedPrecondition, Unauthenticated, Unavailable, Unknown};
        let refused = Error::Refused;
        check(
            Code::Aborted,
            "Transaction has been aborted. Please retry",
            Error::Aborted,
        );
        check(
            Unknown,
            "Transaction has been aborted. Please retry",
            Error::Aborted,
        );
        check(FailedPrecondition, "Transaction conflict", Error::Aborted);
        check(
            Unknown,
            "While reading UIDs: Transaction is too old",
            Error::TooOld,
        );
        check(
            Unknown,
            "hash mismatch the claimed startTs|namespace s3cret",
            Error::Hash,
        );
        check(Unauthenticated, "Token is expired", Error::Expired);
        check(
            Unknown,
            "No namespace in the metadata of context",
            Error::Expired,
        );
        check(
            Unauthenticated,
            "no accessJwt available",
            Error::Credentials,
        );
        check(Unknown, "invalid username or password", Error::Credentials);
        check(
            Code::PermissionDenied,
            "unauthorized to query s3cret",
            Error::Denied,
        );
        check(
            Unknown,
            "Please retry again, server is not ready to accept requests",
            Error::NotReady,
        );
        check(
            Unknown,
            "the server is in draining mode and client requests will only be allowed after it",
            Error::Draining,
        );
        check(
            Unknown,
            "429 Too Many Requests. Please throttle your requests",
            Error::Overloaded,
        );
        check(
            Unknown,
            "while lexing s3cret at line 1",
            refused(Refusal::Syntax),
        );
        check(
            Unknown,
            ": Predicate version is not indexed",
            refused(Refusal::Index),
        );
        check(
            Unknown,
            "strconv.ParseInt: parsing \"s3cret\": invalid syntax",
            refused(Refusal::Type),
        );
        check(Unavailable, "s3cret", Error::Lost);
        check(Unknown, "s3cret", Error::Server(2));
    }
}
