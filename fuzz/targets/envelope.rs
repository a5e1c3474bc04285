//! Envelopes from any client: decoded, and what they yield built into a tree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_trace_model::{Limits, Source, TraceInput, TraceTree, decode_envelope};

fuzz_target!(|input: &[u8]| {
    let decoded = decode_envelope(input, &Source::project("1"), &Limits::default());
    let trace_id = decoded.records.iter().find_map(|record| record.trace_id().map(str::to_owned));
    let tree = TraceTree::build(TraceInput::from_records(&trace_id.unwrap_or_default(), decoded.records));
    assert!(tree.roots.len() <= tree.nodes.len());
});
