//! Web origins, as they are listed: pure.

use std::fmt;
use std::str::FromStr;

use http::{HeaderValue, Uri};

/// A web origin: `https://example.org`, `http://localhost:4321`.
///
/// ```
/// use throughline_gateway::Origin;
///
/// let origin: Origin = "https://Example.org/".parse()?;
/// assert_eq!(origin.to_string(), "https://example.org");
/// assert!("*".parse::<Origin>().is_err());
/// # Ok::<(), throughline_gateway::origin::NotAnOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// A text that does not name one origin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is a scheme (http or https) and a host, such as https://example.org; `*` and `null` name nobody"
)]
pub struct NotAnOrigin;

impl Origin {
    /// The origin as browsers write it.
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(self.0.as_bytes()))
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let uri: Uri = text.trim().parse().map_err(|_| NotAnOrigin)?;
        let scheme = uri.scheme_str().ok_or(NotAnOrigin)?;
        let authority = uri.authority().ok_or(NotAnOrigin)?.as_str();
        let default_port = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => return Err(NotAnOrigin),
        };
        if uri.path() != "/" || uri.query().is_some() || authority.contains(['@', '*']) {
            return Err(NotAnOrigin);
        }
        // Browsers leave a default port out and write hosts in lower case.
        let authority = authority.strip_suffix(default_port).unwrap_or(authority);
        let origin = format!("{scheme}://{}", authority.to_ascii_lowercase());
        HeaderValue::try_from(origin)
            .map(Self)
            .map_err(|_| NotAnOrigin)
    }
}

/// A list of origins, with commas between them. An empty one is a list too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<Origin>);

impl Origins {
    /// The origins.
    pub fn iter(&self) -> impl Iterator<Item = &Origin> {
        self.0.iter()
    }
}

impl FromStr for Origins {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let members = text.split(',').map(str::trim);
        let members = members.filter(|member| !member.is_empty());
        members.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let parsed = text.parse::<Origin>().ok().map(|origin| origin.to_string());
        assert_eq!(parsed.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        check("http://localhost:4321", Some("http://localhost:4321"));
        check(" https://Example.org/ ", Some("https://example.org"));
        check("https://example.org:443", Some("https://example.org"));
        check("http://example.org:80", Some("http://example.org"));
        check("http://example.org:443", Some("http://example.org:443"));
        check("http://[::1]:8080", Some("http://[::1]:8080"));
    }

    #[test]
    fn what_names_nobody_or_too_many_is_no_origin() {
        for text in [
            "",
            "*",
            "null",
            "localhost:4321",
            "example.org",
            "ftp://example.org",
            "file:///",
            "https://*.example.org",
            "https://example.org/path",
            "https://example.org/?q",
            "https://user@example.org",
            "https://",
            "https://exa mple.org",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_list_may_be_empty_and_not_half_right() {
        let of = |text: &str| {
            text.parse::<Origins>()
                .map(|origins| origins.iter().count())
        };
        assert_eq!(of(""), Ok(0));
        assert_eq!(of("http://a, http://b:1,"), Ok(2));
        assert_eq!(of("http://a,*"), Err(NotAnOrigin));
    }
}
