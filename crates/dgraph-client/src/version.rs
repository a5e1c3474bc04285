//! Which versions of Dgraph will do.

use crate::Error;

/// The oldest whose answers are known here.
const LEAST: (u64, u64) = (24, 1);

/// Refuses a version that is known to be too old; one that is no number is taken as it is.
pub(crate) fn check(tag: &str) -> Result<(), Error> {
    let mut parts = tag.trim_start_matches('v').split(['.', '-']);
    let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok());
    match (number(), number()) {
        (Some(major), minor) if (major, minor.unwrap_or(0)) < LEAST => Err(Error::Version {
            found: tag.chars().filter(|c| !c.is_control()).take(32).collect(),
            least: LEAST,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_than_24_1_is_refused() {
        for good in [
            "v24.1.0",
            "v25.4.0",
            "v25.3.8-12-gabc",
            "24.2",
            "dev",
            "",
            "v30.0.0-rc1",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["v24.0.5", "v1.2.3", "20.11.3", "v23.1.1-beta"] {
            assert!(matches!(check(bad), Err(Error::Version { .. })), "{bad}");
        }
    }
}
