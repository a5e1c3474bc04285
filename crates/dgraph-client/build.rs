//! Compiles `proto/` without a protoc on the machine.
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    println!("cargo:rerun-if-changed={}", folder.display());
    let descriptors = protox::compile(["dgraph.proto"], [&folder])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
