//! Undoes a request body's `Content-Encoding` within a bound. Knows no HTTP.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// A content encoding that clients use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// `gzip` or `x-gzip`.
    Gzip,
    /// `deflate`: zlib, and by some clients bare deflate.
    Deflate,
    /// `br`.
    Brotli,
}

impl Encoding {
    /// The encoding of this name, `None` if it is not known.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" | "utf-8" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            "br" => Some(Self::Brotli),
            _ => None,
        }
    }
}

/// Why a body could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than the bound.
    TooLarge,
    /// It is not what its encoding says.
    Broken,
}

/// The plain body, at most `max` bytes of it.
///
/// # Errors
/// If it is larger than `max`, or broken.
///
/// ```
/// use throughline_trace_model::{BodyError, Encoding, decode_body};
///
/// assert_eq!(&*decode_body(b"plain", Encoding::Identity, 5).unwrap(), b"plain");
/// assert_eq!(decode_body(b"plain", Encoding::Identity, 4), Err(BodyError::TooLarge));
/// assert_eq!(decode_body(b"plain", Encoding::Gzip, 99), Err(BodyError::Broken));
/// ```
pub fn decode_body(
    body: &[u8],
    encoding: Encoding,
    max: usize,
) -> Result<Cow<'_, [u8]>, BodyError> {
    match encoding {
        Encoding::Identity if body.len() <= max => Ok(Cow::Borrowed(body)),
        Encoding::Identity => Err(BodyError::TooLarge),
        Encoding::Gzip => read(MultiGzDecoder::new(body), max),
        Encoding::Deflate => match read(ZlibDecoder::new(body), max) {
            Err(BodyError::Broken) => read(DeflateDecoder::new(body), max),
            other => other,
        },
        Encoding::Brotli => read(brotli_decompressor::Decompressor::new(body, 4096), max),
    }
}

fn read(decoder: impl Read, max: usize) -> Result<Cow<'static, [u8]>, BodyError> {
    let mut plain = Vec::new();
    let read = decoder.take(max as u64 + 1).read_to_end(&mut plain);
    if plain.len() > max {
        return Err(BodyError::TooLarge);
    }
    read.map(|_| Cow::Owned(plain))
        .map_err(|_| BodyError::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};

    #[test]
    fn undoes_each_encoding_within_its_bound() {
        let plain = vec![b'a'; 10_000];
        let pack = |mut encoder: Box<dyn Read + '_>| {
            let mut packed = Vec::new();
            encoder.read_to_end(&mut packed).unwrap();
            packed
        };
        let gzip = pack(Box::new(GzEncoder::new(&*plain, Compression::fast())));
        let zlib = pack(Box::new(ZlibEncoder::new(&*plain, Compression::fast())));
        let bare = pack(Box::new(DeflateEncoder::new(&*plain, Compression::fast())));
        for (packed, encoding) in [
            (gzip, Encoding::Gzip),
            (zlib, Encoding::Deflate),
            (bare, Encoding::Deflate),
        ] {
            assert_eq!(
                decode_body(&packed, encoding, 10_000).as_deref(),
                Ok(&*plain)
            );
            assert_eq!(
                decode_body(&packed, encoding, 9_999),
                Err(BodyError::TooLarge)
            );
            let cut = &packed[..packed.len() / 2];
            assert_eq!(decode_body(cut, encoding, 10_000), Err(BodyError::Broken));
        }
    }

    #[test]
    fn knows_the_names() {
        assert_eq!(Encoding::from_name("X-GZip"), Some(Encoding::Gzip));
        assert_eq!(Encoding::from_name("br"), Some(Encoding::Brotli));
        assert_eq!(Encoding::from_name("zstd"), None);
    }
}
