//! The browser's way in: grpc-web to gRPC, without decoding a message.
