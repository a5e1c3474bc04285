//! Page tokens: opaque to the caller, and bound to the query they were made for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::{Error, Limits, check};

const PAGE_TOKEN: &str = "page_token";
/// Enough to tell queries apart; it guards against mistakes, not against malice.
const DIGEST_BYTES: usize = 8;

/// The parts of a request that a token is good for.
pub(crate) struct Query([u8; DIGEST_BYTES]);

impl Query {
    /// `parts` are what must be the same on every page, the call's name first.
    pub(crate) fn new(parts: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(parts).unwrap_or_default();
        let digest = Sha256::digest(bytes);
        let mut short = [0; DIGEST_BYTES];
        short.copy_from_slice(&digest[..DIGEST_BYTES]);
        Self(short)
    }

    /// A token that names a place in the answer to this query.
    pub(crate) fn token(&self, place: &impl Serialize) -> String {
        let mut bytes = self.0.to_vec();
        bytes.extend(serde_json::to_vec(place).unwrap_or_default());
        BASE64.encode(bytes)
    }

    /// The place that a token names; none for an empty token.
    pub(crate) fn place<P: DeserializeOwned>(
        &self,
        token: &str,
        limits: &Limits,
    ) -> Result<Option<P>, Error> {
        self.place_of(PAGE_TOKEN, token, limits)
    }

    /// The place that a token names, whatever it was made for; to be held against its query afterwards.
    pub(crate) fn unchecked<P: DeserializeOwned>(
        field: &str,
        token: &str,
        limits: &Limits,
    ) -> Result<Option<P>, Error> {
        let bytes = BASE64.decode(token).unwrap_or_default();
        let mut digest = [0; DIGEST_BYTES];
        match bytes.get(..DIGEST_BYTES) {
            Some(bytes) => digest.copy_from_slice(bytes),
            None if token.is_empty() => {}
            None => {
                return Err(Error::invalid(
                    field,
                    "it is not one that this service gave out",
                ));
            }
        }
        Self(digest).place_of(field, token, limits)
    }

    /// The same for a token of another field.
    pub(crate) fn place_of<P: DeserializeOwned>(
        &self,
        field: &str,
        token: &str,
        limits: &Limits,
    ) -> Result<Option<P>, Error> {
        if token.is_empty() {
            return Ok(None);
        }
        check::bytes(field, token, limits.page_token_bytes)?;
        let malformed = || Error::invalid(field, "it is not one that this service gave out");
        let bytes = BASE64.decode(token).map_err(|_| malformed())?;
        let (digest, place) = bytes.split_at_checked(DIGEST_BYTES).ok_or_else(malformed)?;
        let place = serde_json::from_slice(place).map_err(|_| malformed())?;
        if digest != self.0 {
            let problem = "it belongs to another query; begin again without a token";
            return Err(Error::invalid(field, problem));
        }
        Ok(Some(place))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_token_is_a_panic(token in any::<String>(), bytes in any::<Vec<u8>>()) {
            let (limits, query) = (Limits::default(), Query::new(&"query"));
            for token in [token, BASE64.encode(&bytes), query.token(&bytes)] {
                drop(query.place::<usize>(&token, &limits));
            }
        }
    }

    #[test]
    fn a_token_is_good_for_its_query_alone() {
        let limits = Limits::default();
        let (one, other) = (Query::new(&("a", 1)), Query::new(&("a", 2)));
        let token = one.token(&7);
        assert_eq!(one.place::<u32>(&token, &limits).unwrap(), Some(7));
        assert_eq!(one.place::<u32>("", &limits).unwrap(), None);
        let problem = |result: Result<Option<u32>, Error>| result.unwrap_err().to_string();
        assert!(problem(other.place(&token, &limits)).contains("another query"));
        for bad in [
            "x",
            "!",
            "AAAA",
            &"A".repeat(5_000),
            &token[..token.len() - 1],
        ] {
            assert!(
                problem(one.place(bad, &limits)).starts_with("page_token: "),
                "{bad}"
            );
        }
    }
}
