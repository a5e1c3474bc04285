//! Spans, events, logs and client reports on SQLite, with retention by bytes and age.
