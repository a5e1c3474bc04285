//! Tower layers and interceptors that keep one Sentry trace through tonic services.
