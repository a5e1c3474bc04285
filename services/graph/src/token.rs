//! Who may write.

use subtle::ConstantTimeEq as _;
use tonic::{Status, metadata::MetadataMap};

use crate::status;

/// What a caller must show, as `authorization: Bearer <token>`, to write.
#[derive(Clone)]
pub struct WriteToken(Option<String>);

impl WriteToken {
    /// Whoever shows this token may write.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Some(token.into()).filter(|token| !token.is_empty()))
    }

    /// Nobody may write.
    pub fn nobody() -> Self {
        Self(None)
    }

    /// Refuses a call that may not write.
    pub(crate) fn check(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let Some(token) = &self.0 else {
            return Err(status::unauthenticated(
                "this service takes no writes: start it with GRAPH_WRITE_TOKEN set to allow them",
            ));
        };
        let Some(header) = metadata.get("authorization") else {
            return Err(status::unauthenticated(
                "writing asks for the header `authorization: Bearer <token>`",
            ));
        };
        let shown = bearer(header.as_bytes()).ok_or_else(|| {
            status::unauthenticated("the authorization header is not `Bearer <token>`")
        })?;
        if bool::from(shown.ct_eq(token.as_bytes())) {
            Ok(())
        } else {
            Err(status::permission_denied(
                "the token is not the one that allows writing",
            ))
        }
    }
}

impl std::fmt::Debug for WriteToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "WriteToken(…)"
        } else {
            "WriteToken(nobody)"
        })
    }
}

/// The credentials of the `Bearer` scheme, whose name has no case.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}
