//! OTLP requests from any exporter, in both forms: decoded, and what they yield built into a tree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_trace_model::{Limits, OtlpForm, Source, TraceInput, TraceTree, decode_otlp};

fuzz_target!(|input: &[u8]| {
    for form in [OtlpForm::Protobuf, OtlpForm::Json] {
        let Ok(decoded) = decode_otlp(input, form, &Source::project("1"), &Limits::default()) else {
            continue;
        };
        let trace_id = decoded.records.iter().find_map(|record| record.trace_id().map(str::to_owned));
        let tree = TraceTree::build(TraceInput::from_records(&trace_id.unwrap_or_default(), decoded.records));
        assert!(tree.roots.len() <= tree.nodes.len());
    }
});
