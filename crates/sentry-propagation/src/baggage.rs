//! The W3C `baggage` header, over as many lines as it comes in. Knows which members are Sentry's, not what they mean.
//!
//! Size is counted over all lines before any of them is parsed, so that a thousand small lines cost as little as one
//! large one. What is over its bounds is refused whole; a member that cannot be read is left out, and those beside it
//! stay.
//!
//! ```
//! use sentry_propagation::{Baggage, Limits};
//!
//! let lines: [&[u8]; 2] = [b"vendor=x;prop=1, broken", b"sentry-sample_rate=0.250"];
//! let baggage = Baggage::parse(lines, &Limits::default())?;
//! assert_eq!(baggage.to_string(), "vendor=x;prop=1,sentry-sample_rate=0.250");
//! assert_eq!(baggage.malformed(), 1);
//! # Ok::<(), sentry_propagation::Error>(())
//! ```

use std::fmt;

use crate::{Error, Limits};

/// What Sentry's keys begin with.
pub const SENTRY_PREFIX: &str = "sentry-";

/// One member, borrowed from the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// The key.
    pub key: &'a str,
    /// The value as it came, percent-encoded, without properties.
    pub value: &'a str,
    /// The whole member as it came, properties included, without whitespace around it.
    pub raw: &'a str,
}

impl<'a> Member<'a> {
    /// Reads one member, as it stands between two commas.
    pub fn parse(member: &'a [u8]) -> Result<Self, Error> {
        Self::read(member).ok_or(Error::MalformedBaggageMember)
    }

    fn read(member: &'a [u8]) -> Option<Self> {
        // Visible ASCII, spaces and tabs: what a header can carry, and what is safe to cut anywhere.
        let readable = |&byte: &u8| matches!(byte, b'\t' | b' '..=b'~') && byte != b',';
        if !member.iter().all(readable) {
            return None;
        }
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).ok();
        let raw = member.trim_ascii();
        let pair = memchr::memchr(b';', raw).map_or(raw, |end| &raw[..end]);
        let equals = memchr::memchr(b'=', pair)?;
        let (key, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
        let valid = !key.is_empty()
            && key.iter().copied().all(is_token)
            && memchr::memchr2(b' ', b'\t', value).is_none();
        valid.then_some(Self {
            key: text(key)?,
            value: text(value)?,
            raw: text(raw)?,
        })
    }

    /// The rest of the key, if it is one of Sentry's.
    pub fn sentry_key(&self) -> Option<&'a str> {
        self.key
            .strip_prefix(SENTRY_PREFIX)
            .filter(|key| !key.is_empty())
    }

    /// Whether the member is in Sentry's name space, well-formed or not.
    pub fn is_sentry(&self) -> bool {
        self.key.starts_with(SENTRY_PREFIX)
    }
}

/// The members of all `baggage` lines, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baggage<'a> {
    members: Vec<Member<'a>>,
    malformed: usize,
}

impl<'a> Baggage<'a> {
    /// Reads all lines of the header.
    pub fn parse<I>(lines: I, limits: &Limits) -> Result<Self, Error>
    where
        I: IntoIterator<Item = &'a [u8]> + Clone,
    {
        let most = count(lines.clone().into_iter(), limits)?;
        let mut baggage = Self {
            members: Vec::with_capacity(most),
            malformed: 0,
        };
        for member in lines.into_iter().flat_map(members) {
            match Member::parse(member) {
                Ok(member) => baggage.members.push(member),
                Err(_) => baggage.malformed += 1,
            }
        }
        Ok(baggage)
    }

    /// The members that could be read.
    pub fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    /// How many members could not be read.
    pub fn malformed(&self) -> usize {
        self.malformed
    }
}

impl fmt::Display for Baggage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            f.write_str(member.raw)?;
        }
        Ok(())
    }
}

/// The members of one line, unparsed; empty ones, which lists may have, left out.
pub(crate) fn members(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&byte| byte == b',')
        .filter(|member| !member.trim_ascii().is_empty())
}

/// Counts members over all lines, empty ones included, and refuses what is over the bounds. Stops at the bound.
fn count<'a>(lines: impl Iterator<Item = &'a [u8]>, limits: &Limits) -> Result<usize, Error> {
    let (mut bytes, mut members) = (0_usize, 0_usize);
    for line in lines {
        let comma = usize::from(members > 0);
        bytes = bytes.saturating_add(line.len()).saturating_add(comma);
        if bytes > limits.baggage_bytes {
            return Err(Error::OversizedBaggage);
        }
        members += 1 + line.iter().filter(|&&byte| byte == b',').count();
        if members > limits.baggage_members {
            return Err(Error::OversizedBaggage);
        }
    }
    Ok(members)
}

/// What a key may have in it.
pub(crate) fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// Looked up rather than compared: every byte of every key comes by here.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
};
