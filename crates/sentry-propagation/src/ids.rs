//! Trace and span ids: bytes that are never all zero, written in lower-case hex.

use std::{fmt, str::FromStr};

use crate::Error;

macro_rules! id {
    ($(#[doc = $doc:literal])+ $name:ident, $bytes:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// How many bytes the id has; its text has twice as many.
            pub const BYTES: usize = $bytes;

            /// An id drawn at random.
            pub fn random() -> Self {
                loop {
                    if let Some(id) = Self::from_bytes(rand::random()) {
                        return id;
                    }
                }
            }

            /// The id with these bytes, unless all of them are zero.
            pub fn from_bytes(bytes: [u8; $bytes]) -> Option<Self> {
                (bytes != [0; $bytes]).then_some(Self(bytes))
            }

            /// The bytes of the id.
            pub const fn to_bytes(self) -> [u8; $bytes] {
                self.0
            }

            /// Reads an id from hex of either case.
            pub fn parse(text: &[u8]) -> Result<Self, Error> {
                let text: &[u8; 2 * $bytes] = text.try_into().map_err(|_| Error::MalformedId)?;
                let mut bytes = [0; $bytes];
                let mut seen = 0;
                for (byte, [high, low]) in bytes.iter_mut().zip(text.as_chunks::<2>().0) {
                    let (high, low) = (DIGIT[usize::from(*high)], DIGIT[usize::from(*low)]);
                    seen |= high | low;
                    *byte = high << 4 | low & 0xf;
                }
                if seen > 0xf {
                    return Err(Error::MalformedId);
                }
                Self::from_bytes(bytes).ok_or(Error::MalformedId)
            }

            /// Writes the id's hex into `out`, which has exactly twice as many bytes as the id.
            pub(crate) fn write_hex(self, out: &mut [u8]) {
                for (pair, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
                    *pair = hex_pair(byte);
                }
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::parse(text.as_bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 2 * $bytes];
                self.write_hex(&mut text);
                f.write_str(std::str::from_utf8(&text).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

id! {
    /// The id that all spans of a trace share.
    TraceId, 16
}

id! {
    /// The id of one span.
    SpanId, 8
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The value of each byte as a hex digit, and more than any digit has for what is none.
const DIGIT: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        let digit = HEX[value];
        table[digit as usize] = value as u8;
        table[digit.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    table
};

const NO_DIGIT: u8 = 0xff;

pub(crate) fn hex_digit(digit: u8) -> Result<u8, Error> {
    match DIGIT[usize::from(digit)] {
        NO_DIGIT => Err(Error::MalformedId),
        value => Ok(value),
    }
}

pub(crate) fn hex_pair(byte: u8) -> [u8; 2] {
    [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xf)]]
}
