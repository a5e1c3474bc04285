//! The licences that an SPDX expression names.

/// Each licence of an expression once, in order. `WITH` an exception is a
/// licence of its own; the old `MIT/Apache-2.0` is read as `OR`.
pub(crate) fn named(expression: &str) -> Vec<String> {
    let spaced = expression.replace('/', " OR ").replace(['(', ')'], " ");
    let mut licences: Vec<String> = Vec::new();
    let mut words = spaced.split_whitespace();
    let mut current: Option<String> = None;
    while let Some(word) = words.next() {
        match word.to_ascii_uppercase().as_str() {
            "OR" | "AND" => flush(&mut current, &mut licences),
            "WITH" => {
                if let (Some(licence), Some(exception)) = (&mut current, words.next()) {
                    licence.push_str(" WITH ");
                    licence.push_str(exception);
                }
            }
            _ => match &mut current {
                // Not SPDX, but written all the same: `Apache License 2.0`.
                Some(licence) => {
                    licence.push(' ');
                    licence.push_str(word);
                }
                None => current = Some(word.to_owned()),
            },
        }
    }
    flush(&mut current, &mut licences);
    licences
}

fn flush(current: &mut Option<String>, licences: &mut Vec<String>) {
    if let Some(licence) = current.take()
        && !licences.contains(&licence)
    {
        licences.push(licence);
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn expressions_come_apart() {
        for (expression, expected) in [
            ("MIT", vec!["MIT"]),
            ("MIT OR Apache-2.0", vec!["MIT", "Apache-2.0"]),
            ("MIT/Apache-2.0", vec!["MIT", "Apache-2.0"]),
            (
                "(MIT OR Apache-2.0) AND Unicode-3.0",
                vec!["MIT", "Apache-2.0", "Unicode-3.0"],
            ),
            (
                "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
                vec!["Apache-2.0 WITH LLVM-exception", "Apache-2.0", "MIT"],
            ),
            ("MIT or MIT", vec!["MIT"]),
            ("", vec![]),
        ] {
            assert_eq!(named(expression), expected, "{expression}");
        }
    }
}
