//! The frame of a service, seen from outside: a process, its telemetry and its end.

mod options;
mod probe;
mod stop;
mod telemetry;
