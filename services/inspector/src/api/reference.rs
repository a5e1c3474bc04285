//! Reads and checks what requests say.

use std::fmt;
use std::time::Duration;

use throughline_api::inspector::v1 as pb;
use throughline_trace_model::Expectations;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::Limits;

/// The fewest digits that stand for a trace.
const SHORTEST: usize = 4;

/// Which trace is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// The one whose id begins so.
    Prefix(String),
    /// The one that began last.
    Latest,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(id) => write!(f, "trace {id}"),
            Self::Latest => f.write_str("any trace"),
        }
    }
}

pub(super) fn parse(reference: Option<pb::TraceRef>) -> Result<Reference, Status> {
    use pb::trace_ref::Ref;
    match reference.and_then(|reference| reference.r#ref) {
        Some(Ref::Latest(true)) => Ok(Reference::Latest),
        Some(Ref::Id(id)) => {
            let id = id.replace('-', "").to_ascii_lowercase();
            let hex = id.bytes().all(|byte| byte.is_ascii_hexdigit());
            if hex && (SHORTEST..=32).contains(&id.len()) {
                Ok(Reference::Prefix(id))
            } else {
                Err(invalid("trace.id", "4 to 32 hex digits"))
            }
        }
        Some(Ref::Latest(false)) | None => Err(invalid("trace", "an id, or latest")),
    }
}

pub(super) fn ambiguous(prefix: &str) -> Status {
    invalid(
        "trace.id",
        format!("more digits: several traces begin with {prefix}"),
    )
}

pub(super) fn wait(
    wait: Option<prost_types::Duration>,
    limits: &Limits,
) -> Result<Duration, Status> {
    let wait = wait.unwrap_or_default();
    let wait = Duration::try_from(wait).map_err(|_| invalid("wait", "not a negative time"))?;
    Ok(wait.min(limits.wait))
}

pub(super) fn expectations(expected: Option<pb::Expectations>) -> Result<Expectations, Status> {
    let expected = expected.ok_or_else(|| invalid("expectations", "what must hold"))?;
    let errors = expected.errors.map(u32::try_from).transpose();
    if expected
        .services
        .iter()
        .any(|service| service.trim().is_empty())
    {
        return Err(invalid("expectations.services", "names that are not empty"));
    }
    Ok(Expectations {
        services: expected.services,
        no_orphans: expected.no_orphans,
        one_root: expected.one_root,
        errors: errors.map_err(|_| invalid("expectations.errors", "not a negative count"))?,
        same_baggage: expected.same_baggage,
    })
}

/// INVALID_ARGUMENT with the field and what it wants.
pub(super) fn invalid(field: &str, wanted: impl Into<String>) -> Status {
    let wanted = wanted.into();
    let message = format!("{field}: wanted {wanted}");
    let details = ErrorDetails::with_bad_request_violation(field, wanted);
    Status::with_error_details(Code::InvalidArgument, message, details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pb::trace_ref::Ref;

    #[test]
    fn references() {
        let check = |reference: Option<Ref>, want: Option<Reference>| {
            let message = pb::TraceRef { r#ref: reference };
            assert_eq!(parse(Some(message)).ok(), want);
        };
        let prefix = |id: &str| Some(Reference::Prefix(id.to_owned()));
        check(Some(Ref::Id("ABCD".into())), prefix("abcd"));
        check(
            Some(Ref::Id("771a43a4-1926-42f0-b136-d5159a501700".into())),
            prefix("771a43a4192642f0b136d5159a501700"),
        );
        check(Some(Ref::Id("abc".into())), None);
        check(Some(Ref::Id("latest".into())), None);
        check(Some(Ref::Latest(true)), Some(Reference::Latest));
        check(Some(Ref::Latest(false)), None);
        check(None, None);
        let status = parse(None).unwrap_err();
        let violations = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!(violations[0].field, "trace");
    }
}
