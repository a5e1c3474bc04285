//! Pure: decodes envelopes, builds a trace tree, says what is broken in it.
