//! What every main.rs calls: configuration, telemetry, health, reflection, graceful stop.
