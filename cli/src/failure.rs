//! A call that failed, as a person reads it: the code, the sentence, which
//! field, and what to do next.

use std::fmt::Write as _;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::render::text::clean;

/// A gRPC call that failed.
#[derive(Debug)]
pub(crate) struct CallFailed {
    status: Box<Status>,
    server: Server,
    url: String,
}

/// What was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// The gateway, as grpc-web.
    Gateway,
    /// The graph service, as plain gRPC.
    Graph,
    /// The inspector.
    Inspector,
}

impl CallFailed {
    /// A call to `server` at `url` that ended with `status`.
    pub(crate) fn new(status: Status, server: Server, url: &str) -> Self {
        Self {
            status: Box::new(status),
            server,
            url: url.to_owned(),
        }
    }

    /// The gRPC code.
    pub(crate) fn code(&self) -> Code {
        self.status.code()
    }

    /// Whether the service itself said why.
    pub(crate) fn has_reason(&self) -> bool {
        self.status.get_details_error_info().is_some()
    }

    /// After how long the service says that it is worth trying again.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.status.get_details_retry_info()?.retry_delay
    }
}

impl std::error::Error for CallFailed {}

impl std::fmt::Display for CallFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&explain(&self.status, self.server, &self.url))
    }
}

/// The code's name, as the gRPC documents spell it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

fn explain(status: &Status, server: Server, url: &str) -> String {
    let mut text = format!("{}: {}", code_name(status.code()), clean(status.message()));
    for line in details(status) {
        let _ = write!(text, "\n  {}", clean(&line));
    }
    if let Some(next) = next(status, server, url) {
        let _ = write!(text, "\nnext: {next}");
    }
    text
}

fn details(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let mut lines = Vec::new();
    for field in details
        .bad_request()
        .iter()
        .flat_map(|bad| &bad.field_violations)
    {
        lines.push(format!("field `{}`: {}", field.field, field.description));
    }
    for failed in details
        .precondition_failure()
        .iter()
        .flat_map(|failure| &failure.violations)
    {
        lines.push(format!(
            "{} `{}`: {}",
            failed.r#type, failed.subject, failed.description
        ));
    }
    for exceeded in details
        .quota_failure()
        .iter()
        .flat_map(|failure| &failure.violations)
    {
        lines.push(format!(
            "bound `{}`: {}",
            exceeded.subject, exceeded.description
        ));
    }
    if let Some(resource) = details.resource_info() {
        lines.push(format!(
            "{} `{}`",
            resource.resource_type, resource.resource_name
        ));
    }
    if let Some(info) = details.error_info() {
        lines.push(format!("reason {}", info.reason));
        let mut metadata: Vec<_> = info.metadata.iter().collect();
        metadata.sort();
        lines.extend(
            metadata
                .into_iter()
                .map(|(key, value)| format!("{key}: {value}")),
        );
    }
    if let Some(after) = details.retry_info().and_then(|info| info.retry_delay) {
        let after = after.as_secs_f64();
        lines.push(format!("worth trying again in {after} s"));
    }
    lines
}

fn next(status: &Status, server: Server, url: &str) -> Option<String> {
    let code = status.code();
    let info = status.get_details_error_info();
    if let Some(next) = info.and_then(|info| next_of(&info.reason)) {
        return Some(next.to_owned());
    }
    let (name, flag) = match server {
        Server::Gateway => ("gateway", "--gateway"),
        Server::Graph => ("graph service", "--graph"),
        Server::Inspector => ("inspector", "--inspector"),
    };
    Some(match (code, server) {
        (Code::Unavailable, Server::Inspector) => format!(
            "is an inspector listening at {url}? `throughline inspect` starts one; {flag} names another address"
        ),
        (Code::Unavailable, _) => format!(
            "is a {name} listening at {url}? `cargo xtask up` starts one; {flag} names another address"
        ),
        (Code::Unauthenticated | Code::PermissionDenied, _) => {
            "writing asks for the service's token: --token or THROUGHLINE_WRITE_TOKEN".to_owned()
        }
        (Code::NotFound, Server::Inspector) => {
            "`throughline trace list` shows what has arrived; --wait gives it time to".to_owned()
        }
        (Code::NotFound, _) => "`throughline graph search WORDS` finds the id".to_owned(),
        (Code::Unimplemented, _) => {
            format!(
                "what listens at {url} does not know this call: is it a {name} of this version?"
            )
        }
        (Code::DeadlineExceeded, _) => format!("the {name} took too long; try again"),
        (Code::ResourceExhausted, _) => "ask for less, or try again later".to_owned(),
        _ => return None,
    })
}

/// What to do about what the service itself says it is.
fn next_of(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "WATCH_BEHIND" => {
            "`throughline graph watch --from` goes on where it ended; write to a file what a pipe takes slowly"
        }
        "STORE_LOCKED" => {
            "another process holds the service's database; try again when it has let go"
        }
        "STORE_FULL" => {
            "make room on the disk of the service's database, and try again; nothing of this was written"
        }
        "STORE_IO" => "see to the file of the service's database; its log says more",
        "STORE_NEWER" => {
            "a later version of throughline has taken the service's database over: run the service of that version"
        }
        "STORE_CORRUPT" => "the service's database is damaged: put a backup in its place",
        "STORE_AWAY" => "is the database that the service keeps its graph in up? Its log says more",
        "STORE_STOPPED" => "the service is stopping, or took too long; try again",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::ErrorDetails;

    use super::*;

    fn check(code: Code, details: ErrorDetails, server: Server, expected: &str) {
        let status = Status::with_error_details(code, "the sentence", details);
        assert_eq!(explain(&status, server, "http://x"), expected);
    }

    #[test]
    fn a_failure_says_code_sentence_field_and_what_next() {
        check(
            Code::InvalidArgument,
            ErrorDetails::with_bad_request_violation("max_depth", "must be at most 64"),
            Server::Gateway,
            "INVALID_ARGUMENT: the sentence\n  field `max_depth`: must be at most 64",
        );
        check(
            Code::NotFound,
            ErrorDetails::with_resource_info("Node", "crate:nope", "", ""),
            Server::Gateway,
            "NOT_FOUND: the sentence\n  Node `crate:nope`\nnext: `throughline graph search WORDS` finds the id",
        );
        let info = HashMap::from([("sequence".to_owned(), "2".to_owned())]);
        check(
            Code::Unauthenticated,
            ErrorDetails::with_error_info("R", "d", info),
            Server::Graph,
            "UNAUTHENTICATED: the sentence\n  reason R\n  sequence: 2\nnext: writing asks for the service's token: --token or THROUGHLINE_WRITE_TOKEN",
        );
        let mut busy = ErrorDetails::with_quota_failure_violation("path_edges", "5 at most");
        busy.set_retry_info(Some(Duration::from_secs(1)));
        check(
            Code::ResourceExhausted,
            busy,
            Server::Graph,
            "RESOURCE_EXHAUSTED: the sentence\n  bound `path_edges`: 5 at most\n  worth trying again in 1 s\nnext: ask for less, or try again later",
        );
        let mut failure = ErrorDetails::new();
        failure.add_precondition_failure_violation("ENDS", "mutations[1]", "no node `b`");
        check(
            Code::FailedPrecondition,
            failure,
            Server::Graph,
            "FAILED_PRECONDITION: the sentence\n  ENDS `mutations[1]`: no node `b`",
        );
    }

    #[test]
    fn an_inspector_that_is_not_there_can_be_started() {
        let status = Status::unavailable("");
        let next = next(&status, Server::Inspector, "http://x").unwrap();
        assert!(
            next.contains("`throughline inspect`") && next.contains("http://x"),
            "{next}"
        );
    }
}
