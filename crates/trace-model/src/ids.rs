//! Ids as clients write them, brought to one form.

/// 32 lower-case hex digits out of a trace or event id, dashes taken out; `None`
/// if it is not one, or all zero.
pub(crate) fn id128(text: &str) -> Option<String> {
    if text.len() > 36 {
        return None;
    }
    hex(&text.replace('-', ""), 32)
}

/// 16 lower-case hex digits out of a span id; `None` if it is not one, or all zero.
pub(crate) fn id64(text: &str) -> Option<String> {
    hex(text, 16)
}

fn hex(text: &str, digits: usize) -> Option<String> {
    let valid = text.len() == digits
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte != b'0');
    valid.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        let id = "771a43a4192642f0b136d5159a501700";
        assert_eq!(id128(id).as_deref(), Some(id));
        assert_eq!(
            id128("771A43A4-1926-42F0-B136-D5159A501700").as_deref(),
            Some(id)
        );
        assert_eq!(id128(&"0".repeat(32)), None);
        assert_eq!(id128(&"-".repeat(99)), None);
        assert_eq!(
            id64("B7AD6B7169203331").as_deref(),
            Some("b7ad6b7169203331")
        );
        assert_eq!(id64("b7ad6b716920333"), None);
        assert_eq!(id64("b7ad6b716920333ä"), None);
    }
}
