//! The bounds on what is decoded and built. Knows no transport: a server's own
//! bounds stand with the server.

/// Bounds on outside input; what goes beyond is counted as a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole envelope, decompressed.
    pub envelope_bytes: usize,
    /// Bytes of one header line, of an envelope or of an item.
    pub header_bytes: usize,
    /// Items in one envelope.
    pub items: usize,
    /// Entries of one container, and spans of one transaction.
    pub entries: usize,
    /// Problems described for one envelope; further ones are not kept.
    pub problems: usize,
    /// Attributes kept of one span.
    pub attributes: usize,
    /// Bytes kept of one text: a name, a title, a log's body, an attribute.
    pub text_bytes: usize,
    /// Pairs kept of one sampling context.
    pub sampling_pairs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            envelope_bytes: 64 << 20,
            header_bytes: 64 << 10,
            items: 1_000,
            entries: 10_000,
            problems: 100,
            attributes: 256,
            text_bytes: 16 << 10,
            sampling_pairs: 64,
        }
    }
}
