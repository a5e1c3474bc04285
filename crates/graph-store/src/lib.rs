//! The GraphStore trait and its SQLite backend.
