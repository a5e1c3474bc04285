//! Bytes of a file: unpacked if they are gzip's, and cut into bounded lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context as _;
use flate2::bufread::MultiGzDecoder;

use super::Limits;
use super::assembly::Fault;

/// The file's bytes, unpacked if it is gzip's, whatever it is called.
pub(crate) fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let cannot = || format!("{} cannot be read", path.display());
    let file = File::open(path).with_context(cannot)?;
    unpacked(BufReader::new(file)).with_context(cannot)
}

fn unpacked(mut bytes: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
    if bytes.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(bytes))));
    }
    Ok(Box::new(bytes))
}

/// All of `bytes` as text.
pub(crate) fn whole(bytes: impl Read, limits: &Limits) -> Result<String, Fault> {
    let mut text = Vec::new();
    let mut bounded = bytes.take(limits.file_bytes + 1);
    bounded
        .read_to_end(&mut text)
        .map_err(|error| Fault::new(0, error.to_string()))?;
    if text.len() as u64 > limits.file_bytes {
        let most = limits.file_bytes;
        return Err(Fault::new(0, format!("it has more than {most} bytes")));
    }
    String::from_utf8(text).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        Fault::new(line, "it is not UTF-8")
    })
}

/// Calls `each` with the number and text of each line.
pub(crate) fn lines(
    mut bytes: impl BufRead,
    limits: &Limits,
    mut each: impl FnMut(u64, &str) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut line = Vec::new();
    let most = limits.line_bytes;
    for number in 1.. {
        line.clear();
        let mut bounded = bytes.by_ref().take(most as u64 + 1);
        let read = bounded.read_until(b'\n', &mut line);
        let read = read.map_err(|error| Fault::new(number, error.to_string()))?;
        if read == 0 {
            break;
        }
        if line.len() > most {
            return Err(Fault::new(number, format!("it has more than {most} bytes")));
        }
        let text = std::str::from_utf8(&line);
        let text = text.map_err(|_| Fault::new(number, "it is not UTF-8"))?;
        each(number, text.trim_end_matches(['\n', '\r']))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn check(bytes: &'static [u8], expected: Result<&[&str], &str>) {
        let limits = Limits {
            line_bytes: 5,
            ..Limits::default()
        };
        let mut found = Vec::new();
        let read = unpacked(bytes).unwrap();
        let outcome = lines(read, &limits, |number, line| {
            assert_eq!(number as usize, found.len() + 1);
            found.push(line.to_owned());
            Ok(())
        });
        match expected {
            Ok(expected) => {
                assert_eq!(outcome, Ok(()));
                assert_eq!(found, expected);
            }
            Err(why) => assert_eq!(outcome.unwrap_err().to_string(), why),
        }
    }

    #[test]
    fn lines_are_bounded_and_numbered() {
        check(b"", Ok(&[]));
        check(b"a\r\n\nb", Ok(&["a", "", "b"]));
        check(b"1234\n12345\n", Err("line 2: it has more than 5 bytes"));
        check(b"a\n\xff\n", Err("line 2: it is not UTF-8"));
    }

    #[test]
    fn gzip_is_told_by_its_first_bytes() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"a\nb\n").unwrap();
        let mut packed = packed.finish().unwrap();
        check(packed.clone().leak(), Ok(&["a", "b"]));
        packed.truncate(packed.len() - 6);
        let cut: &'static [u8] = packed.leak();
        let outcome = lines(unpacked(cut).unwrap(), &Limits::default(), |_, _| Ok(()));
        assert!(outcome.is_err(), "a file that was cut off");
    }

    #[test]
    fn a_whole_file_is_bounded_and_text() {
        let limits = Limits {
            file_bytes: 4,
            ..Limits::default()
        };
        assert_eq!(whole(&b"abcd"[..], &limits).unwrap(), "abcd");
        let said = |bytes: &[u8]| whole(bytes, &limits).unwrap_err().to_string();
        assert_eq!(said(b"abcde"), "it has more than 4 bytes");
        assert_eq!(said(b"a\n\xff"), "line 2: it is not UTF-8");
    }
}
