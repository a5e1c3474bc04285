//! The public key, in each of the forms that clients use. Any key is good: it only
//! names who sent.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The key of a request, if it has one.
pub(crate) fn key(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    header("x-sentry-auth")
        .and_then(sentry)
        .or_else(|| {
            let value = header(AUTHORIZATION.as_str())?;
            sentry(value).or_else(|| basic(value))
        })
        .or_else(|| {
            pairs(query?, '&')
                .find(|(key, _)| *key == "sentry_key")
                .map(|(_, v)| v.to_owned())
        })
        .filter(|key| !key.is_empty())
}

/// `Sentry sentry_key=…, sentry_version=7, …`
fn sentry(value: &str) -> Option<String> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let key = pairs(rest, ',').find(|(key, _)| *key == "sentry_key")?.1;
    scheme
        .eq_ignore_ascii_case("sentry")
        .then(|| key.to_owned())
}

/// `Basic …`, the key as user.
fn basic(value: &str) -> Option<String> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let plain = BASE64_STANDARD.decode(rest.trim()).ok()?;
    let user = String::from_utf8(plain).ok()?.split(':').next()?.to_owned();
    scheme.eq_ignore_ascii_case("basic").then_some(user)
}

fn pairs(text: &str, separator: char) -> impl Iterator<Item = (&str, &str)> {
    text.split(separator)
        .filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form() {
        let check =
            |header: Option<(&'static str, &str)>, query: Option<&str>, want: Option<&str>| {
                let mut headers = HeaderMap::new();
                if let Some((name, value)) = header {
                    headers.insert(name, value.parse().unwrap());
                }
                assert_eq!(
                    key(&headers, query).as_deref(),
                    want,
                    "{header:?} {query:?}"
                );
            };
        let sentry = "Sentry sentry_key=abc, sentry_version=7, sentry_client=x/1";
        check(Some(("x-sentry-auth", sentry)), None, Some("abc"));
        check(
            Some(("x-sentry-auth", "sentry sentry_key=abc")),
            None,
            Some("abc"),
        );
        check(Some(("authorization", sentry)), None, Some("abc"));
        check(
            Some(("authorization", "Basic YWJjOnNlY3JldA==")),
            None,
            Some("abc"),
        );
        check(
            None,
            Some("sentry_version=7&sentry_key=abc&sentry_client=x"),
            Some("abc"),
        );
        check(Some(("authorization", "Bearer abc")), None, None);
        check(
            Some(("authorization", "Basic !")),
            Some("sentry_key="),
            None,
        );
    }
}
