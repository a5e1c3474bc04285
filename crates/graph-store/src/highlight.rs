//! Where in a node the words of a search were found.

use crate::{Highlight, Limits, Node, TextRange, Value, Word, words, words::Wanted};

/// How many characters of context stand before the first match.
const LEAD: usize = 24;

/// The places in the id and the string properties, in that order.
pub(crate) fn highlights(node: &Node, wanted: &Wanted, limits: &Limits) -> Vec<Highlight> {
    let id = std::iter::once(("id", node.id.as_str()));
    let texts = node
        .properties
        .iter()
        .filter_map(|(name, value)| match value {
            Value::String(text) => Some((name.as_str(), text.as_str())),
            _ => None,
        });
    id.chain(texts)
        .filter_map(|(name, text)| highlight(name, text, wanted, limits.snippet_chars))
        .take(limits.highlights)
        .collect()
}

fn highlight(name: &str, text: &str, wanted: &Wanted, width: usize) -> Option<Highlight> {
    let mut matches = words(text).filter(|word| wanted.matches(word)).peekable();
    let first = matches.peek()?;
    let begin = first.start.saturating_sub(LEAD.min(width / 2));
    let end = begin + width;
    let ranges = matches
        .take_while(|word| word.start < end)
        .map(
            |Word {
                 start, end: stop, ..
             }| TextRange {
                start: start - begin,
                end: stop.min(end) - begin,
            },
        )
        .collect();
    Some(Highlight {
        property: name.to_owned(),
        snippet: text.chars().skip(begin).take(width).collect(),
        ranges,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The snippet with its ranges in brackets.
    fn check(text: &str, query: &[&str], width: usize, expected: &str) {
        let wanted = Wanted::new(query.iter().map(|word| (*word).to_owned()).collect());
        let shown = highlight("name", text, &wanted, width).map_or_else(String::new, |found| {
            let mut shown = String::new();
            for (at, c) in found.snippet.chars().enumerate() {
                if found.ranges.iter().any(|range| range.start == at) {
                    shown.push('[');
                }
                shown.push(c);
                if found.ranges.iter().any(|range| range.end == at + 1) {
                    shown.push(']');
                }
            }
            shown
        });
        assert_eq!(shown, expected, "{query:?} in {text:?}");
    }

    #[test]
    fn snippets_hold_the_first_match_and_mark_every_one_in_them() {
        check(
            "Serde JSON, serde!",
            &["serde"],
            160,
            "[Serde] JSON, [serde]!",
        );
        check("serialise it", &["ser"], 160, "[serialise] it");
        check("ser it serial", &["ser", "it"], 160, "[ser] [it] serial");
        check("nothing here", &["ser"], 160, "");
        check(
            "ÄÖ größe 🦀 Größen",
            &["größe"],
            160,
            "ÄÖ [größe] 🦀 [Größen]",
        );
        check("aaaa bbbb cccc dddd", &["cccc"], 8, "bbb [cccc]");
        check("aaaabbbbcccc", &["aaaa"], 4, "[aaaa]");
    }
}
