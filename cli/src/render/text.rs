//! Text that came from elsewhere, made fit for a terminal: no control
//! characters, known widths, cut where it must be.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// One line without control characters, so that what a service wrote cannot
/// steer the reader's terminal.
pub(crate) fn clean(text: &str) -> String {
    text.trim_end()
        .chars()
        .map(|c| match c {
            '\n' => '⏎',
            '\t' => ' ',
            c if c.is_control() => '�',
            // Marks that reorder what follows could make a line lie.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '�',
            c => c,
        })
        .collect()
}

/// At most `width` columns of `text`; an ellipsis says that it was cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let next = used + c.width().unwrap_or(0);
        if next + 1 > width {
            break;
        }
        kept.push(c);
        used = next;
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// `text` and spaces up to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(missing))
}

/// `count` and the noun, in the plural where it needs to be.
pub(crate) fn plural(count: impl Into<i128>, noun: &str) -> String {
    let count = count.into();
    match (count, noun) {
        (1, _) => format!("{count} {noun}"),
        (_, "batch") => format!("{count} batches"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_takes_the_teeth_out_of_escape_sequences() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a�[2Jb");
        assert_eq!(clean("one\ntwo\n"), "one⏎two");
        assert_eq!(clean("a\u{202e}b"), "a�b");
    }

    #[test]
    fn cut_counts_columns_not_bytes() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn plural_knows_its_nouns() {
        assert_eq!(plural(1, "span"), "1 span");
        assert_eq!(plural(0, "span"), "0 spans");
        assert_eq!(plural(2, "batch"), "2 batches");
    }
}
