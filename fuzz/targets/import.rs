//! Files that are imported: the first byte says which form the rest is in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline::{Format, read_bytes};

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    let format = match kind % 4 {
        0 => Format::Npm,
        1 => Format::Rdf,
        2 => Format::Json,
        _ => Format::Csv,
    };
    match read_bytes(format, bytes) {
        // Each takes at least a byte to write; a quad makes a node of each end, and each may be new.
        Ok((nodes, edges)) => assert!(nodes + edges <= 4 * bytes.len() + 1),
        Err(why) => assert!(!why.is_empty() && why.len() <= 4_096 + 8 * bytes.len()),
    }
});
