//! The framing: a header line, then items of a header line and a payload. `length`
//! may be absent; then the payload ends at the newline. Knows no item type.

use serde_json::Value;

use crate::Limits;

/// One item.
#[derive(Debug, PartialEq)]
pub(super) struct Item<'a> {
    pub(super) item_type: String,
    pub(super) header: &'a [u8],
    pub(super) payload: &'a [u8],
    /// The header's `item_count`.
    pub(super) item_count: Option<u64>,
    /// Set if the header's `length` did not fit; the payload is then a guess.
    pub(super) length_problem: Option<String>,
}

/// Everything up to a newline, and what follows it.
pub(super) fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

/// The items after the envelope's header. A line that is no item header is an error,
/// and the next line is tried.
pub(super) fn items<'a>(
    mut rest: &'a [u8],
    limits: &'a Limits,
) -> impl Iterator<Item = Result<Item<'a>, String>> {
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let (header, after) = line(rest);
            rest = after;
            // Blank lines between items do no harm.
            if !header.trim_ascii().is_empty() {
                return Some(item(header, &mut rest, limits));
            }
        }
    })
}

fn item<'a>(header: &'a [u8], rest: &mut &'a [u8], limits: &Limits) -> Result<Item<'a>, String> {
    if header.len() > limits.header_bytes {
        return Err(format!(
            "a line of {} bytes where an item's header belongs",
            header.len()
        ));
    }
    let parsed: Value = serde_json::from_slice(header).map_err(|error| error.to_string())?;
    let Some(item_type) = parsed.get("type").and_then(Value::as_str) else {
        return Err("no type".to_owned());
    };
    let (payload, length_problem) = payload(parsed.get("length"), rest);
    Ok(Item {
        item_type: item_type.to_owned(),
        header,
        payload,
        item_count: parsed.get("item_count").and_then(Value::as_u64),
        length_problem,
    })
}

fn payload<'a>(length: Option<&Value>, rest: &mut &'a [u8]) -> (&'a [u8], Option<String>) {
    let problem = match length {
        None | Some(Value::Null) => None,
        Some(length) => match length
            .as_u64()
            .and_then(|length| usize::try_from(length).ok())
        {
            Some(length) if length > rest.len() => {
                let have = rest.len();
                Some(format!("length {length}, but {have} bytes follow"))
            }
            Some(length) => match rest.get(length) {
                None | Some(b'\n') => {
                    let payload = &rest[..length];
                    *rest = rest.get(length + 1..).unwrap_or(&[]);
                    return (payload, None);
                }
                Some(_) => Some(format!("no newline after length {length}")),
            },
            None => Some(format!("length {length}")),
        },
    };
    let (payload, after) = line(rest);
    *rest = after;
    (payload, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &str, want: &[(&str, &str, bool)], broken: usize) {
        let limits = Limits::default();
        let (good, bad): (Vec<_>, Vec<_>) =
            items(bytes.as_bytes(), &limits).partition(Result::is_ok);
        let good: Vec<_> = good.into_iter().map(Result::unwrap).collect();
        let got: Vec<_> = good
            .iter()
            .map(|item| {
                let payload = std::str::from_utf8(item.payload).unwrap();
                (
                    item.item_type.as_str(),
                    payload,
                    item.length_problem.is_some(),
                )
            })
            .collect();
        assert_eq!((&*got, bad.len()), (want, broken), "{bytes}");
    }

    #[test]
    fn frames() {
        let (a, b) = (("a", "{}", false), ("b", "1\n2", false));
        check("", &[], 0);
        check("{\"type\":\"a\"}\n{}", &[a], 0);
        check("{\"type\":\"a\"}\n{}\n", &[a], 0);
        check("{\"type\":\"a\",\"length\":2}\n{}\n\n", &[a], 0);
        check(
            "{\"type\":\"a\"}\n{}\n{\"type\":\"b\",\"length\":3}\n1\n2\n",
            &[a, b],
            0,
        );
        check(
            "{\"type\":\"b\",\"length\":3}\n1\n2\n{\"type\":\"a\"}\n{}",
            &[b, a],
            0,
        );
        check(
            "{\"type\":\"a\",\"length\":0}\n\n{\"type\":\"a\"}\n{}",
            &[("a", "", false), a],
            0,
        );
        check("{\"type\":\"a\"}", &[("a", "", false)], 0);
        // A wrong length costs its item's certainty, not the items after it.
        let guessed = ("a", "{}", true);
        check("{\"type\":\"a\",\"length\":9}\n{}", &[guessed], 0);
        check(
            "{\"type\":\"a\",\"length\":1}\n{}\n{\"type\":\"a\"}\n{}",
            &[guessed, a],
            0,
        );
        check(
            "{\"type\":\"a\",\"length\":-1}\n{}\n{\"type\":\"a\"}\n{}",
            &[guessed, a],
            0,
        );
        // A broken header costs its item.
        check("{\"type\":\n{}\n{\"type\":\"a\"}\n{}", &[a], 2);
        check("{\"type\":7}\n{\"type\":\"a\"}\n{}", &[a], 1);
    }
}
