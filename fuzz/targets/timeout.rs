//! `grpc-timeout` from any caller.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sentry_tonic::parse_timeout;

/// Eight digits of hours.
const LONGEST: Duration = Duration::from_secs(99_999_999 * 3_600);

fuzz_target!(|input: &[u8]| {
    if let Some(timeout) = parse_timeout(input) {
        assert!(timeout <= LONGEST && (2..=9).contains(&input.len()));
    }
});
