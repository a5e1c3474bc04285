//! The graph service: throughline.graph.v1 over a GraphStore.
