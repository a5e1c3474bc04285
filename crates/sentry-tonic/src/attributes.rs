//! The names that calls are recorded under, in one place because the
//! conventions for them are still moving.

/// Operation of a call that is served.
pub const OP_SERVER: &str = "rpc.server";
/// Operation of a call that is made.
pub const OP_CLIENT: &str = "rpc.client";
/// Where the spans come from.
pub const ORIGIN: &str = "auto.rpc.grpc";
/// Carries the origin on a span, whose protocol has no field for it.
pub const SENTRY_ORIGIN: &str = "sentry.origin";
/// Always `grpc`.
pub const RPC_SYSTEM: &str = "rpc.system";
/// The value of [`RPC_SYSTEM`].
pub const GRPC: &str = "grpc";
/// The service with its package.
pub const RPC_SERVICE: &str = "rpc.service";
/// The method alone.
pub const RPC_METHOD: &str = "rpc.method";
/// The status as a number, as sentry-go sends it.
pub const RPC_GRPC_STATUS_CODE: &str = "rpc.grpc.status_code";
/// The status by its name, as OpenTelemetry and sentry-conventions have it.
pub const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
/// In front of the key of a recorded metadata entry.
pub const RPC_REQUEST_METADATA: &str = "rpc.request.metadata.";
/// The same for what an answer carries.
pub const RPC_RESPONSE_METADATA: &str = "rpc.response.metadata.";
/// Host that a client calls.
pub const SERVER_ADDRESS: &str = "server.address";
/// Port that a client calls, when its address names one.
pub const SERVER_PORT: &str = "server.port";
