//! The allocator of every binary that is built on this crate (decision 20). It knows nothing of what is allocated.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
