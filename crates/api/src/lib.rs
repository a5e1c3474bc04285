//! Types, clients and servers generated from `proto/`, and their descriptor set.
//!
//! Knows nothing but the protocol: no service, no store, no telemetry.
//!
//! ```
//! use throughline_api::graph::v1::GetNodeRequest;
//!
//! let request = GetNodeRequest { id: "crate:serde@1.0.0".into(), ..Default::default() };
//! assert!(!request.include_edges);
//! ```
#![allow(unused_qualifications, reason = "generated code spells paths out")]

/// `throughline.graph`.
pub mod graph {
    /// `throughline.graph.v1`: the graph service.
    pub mod v1 {
        tonic::include_proto!("throughline.graph.v1");
    }
}

/// `throughline.inspector`.
pub mod inspector {
    /// `throughline.inspector.v1`: what the inspector knows of traces.
    pub mod v1 {
        tonic::include_proto!("throughline.inspector.v1");
    }
}

/// The encoded `google.protobuf.FileDescriptorSet` of all of `proto/`, imports
/// included: for reflection, for the gateway's allow-list, and for JSON.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
