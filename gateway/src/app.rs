//! Puts the layers together. From outside in: CORS, routes, the way in, grpc-web, metrics, trace, guard, deadlines, faults, proxy.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::{HeaderName, Method};
use sentry_tonic::ServerLayer;
use throughline_service_kit::framing::SingleRequest;
use throughline_service_kit::metrics::{Names, ObserveLayer};
use throughline_service_kit::{
    self as service_kit, DrainEnd, FaultLayer, ServerDeadlineLayer, Telemetry,
};
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::ServiceBuilder;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::body::Whole;
use crate::gate::{self, Gate};
use crate::guard::GuardLayer;
use crate::origin::Origins;
use crate::pass::{self, Entrance};
use crate::peers::Peers;
use crate::proxy::Proxy;
use crate::workers::{Seat, Workers};
use crate::{Error, Limits, Methods, Options, headers};

/// The path that says whether the gateway itself is up. It is plain HTTP, it is not traced, and it asks nobody.
pub const HEALTH: &str = "/health";

/// A gateway of these options, ready to be served. It connects to the service when the first call comes. Calls that are
/// in flight when `drain` ends, end with it.
pub fn app(
    options: &Options,
    limits: &Limits,
    peers: &Peers,
    telemetry: &Telemetry,
    drain: &DrainEnd,
) -> Result<Router, Error> {
    let known = Known::of(options, limits, peers)?;
    routes(options, limits, telemetry, drain, &known)
}

/// A gateway of these options for each of the threads, which keep to the same bounds together.
pub fn seats(
    workers: &Workers,
    options: &Options,
    limits: &Limits,
    peers: &Peers,
    telemetry: &Telemetry,
    drain: &DrainEnd,
) -> Result<Vec<Seat>, Error> {
    let known = Known::of(options, limits, peers)?;
    workers.seats(|| routes(options, limits, telemetry, drain, &known))
}

/// What all threads share: the methods, and what is counted at the way in.
struct Known {
    methods: Methods,
    shapes: SingleRequest,
    entrance: Arc<Entrance>,
}

impl Known {
    fn of(options: &Options, limits: &Limits, peers: &Peers) -> Result<Self, Error> {
        let descriptors = descriptors(options)?;
        let shapes = SingleRequest::of([&descriptors[..]]);
        let gate = Gate::of(options);
        let entrance = Entrance::new(gate, peers.clone(), shapes.clone(), limits);
        Ok(Self {
            methods: Methods::of(&descriptors, &options.services)?,
            shapes,
            entrance: Arc::new(entrance),
        })
    }
}

fn routes(
    options: &Options,
    limits: &Limits,
    telemetry: &Telemetry,
    drain: &DrainEnd,
    known: &Known,
) -> Result<Router, Error> {
    let Known {
        methods,
        shapes,
        entrance,
    } = known;
    let passed = passed(options, telemetry);
    // What callers may send has to get out again.
    let mut outgoing = telemetry.limits().clone();
    outgoing.message_bytes = outgoing.message_bytes.max(limits.message_bytes);
    let channel = service_kit::channel_within(&options.graph_url, telemetry, &outgoing)?;
    let deadline = ServerDeadlineLayer::new(telemetry.limits())
        .refuse_malformed()
        .ending_with(drain.clone());
    let call = ServiceBuilder::new()
        .layer(GrpcWebLayer::new())
        .map_response(|answer: http::Response<_>| answer.map(Whole::new))
        .layer(ObserveLayer::new(Names::of(methods.paths())))
        .layer(telemetry.server_layer(ServerLayer::new()))
        .layer(GuardLayer::new(shapes.clone(), limits))
        .map_response(|answer: http::Response<_>| answer.map(Body::new))
        .layer(deadline)
        .layer(FaultLayer::new(telemetry))
        .service(Proxy::new(
            channel,
            passed.clone(),
            options.internal_details,
        ));
    let routes = methods.paths().fold(Router::new(), |router, path| {
        router.route_service(path, call.clone())
    });
    let routes = routes
        .layer(from_fn_with_state(Arc::clone(entrance), pass::pass))
        .route(HEALTH, get(|| async { "ok\n" }))
        .fallback(gate::unknown)
        .layer(cors(&options.origins, limits, passed));
    Ok(routes)
}

/// What is known of services: ours, and those of the file. Sets of descriptors, one after the other, are a set.
fn descriptors(options: &Options) -> Result<Vec<u8>, Error> {
    let mut descriptors = throughline_api::FILE_DESCRIPTOR_SET.to_vec();
    if let Some(file) = &options.descriptors {
        let more = std::fs::read(file).map_err(|source| Error::DescriptorFile {
            file: file.clone(),
            source,
        })?;
        descriptors.extend(more);
    }
    Ok(descriptors)
}

/// The headers that go on beside those that always do.
fn passed(options: &Options, telemetry: &Telemetry) -> Vec<HeaderName> {
    let fault = HeaderName::from_static(service_kit::fault::HEADER);
    let fault = telemetry.faults().then_some(fault);
    options.pass_headers.iter().cloned().chain(fault).collect()
}

/// What pages of the listed origins may do. Nothing is allowed by reflecting what was asked.
fn cors(origins: &Origins, limits: &Limits, passed: Vec<HeaderName>) -> CorsLayer {
    let listed: Vec<_> = origins
        .iter()
        .map(|origin| origin.header().clone())
        .collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(listed))
        .allow_methods([Method::POST])
        .allow_headers(
            headers::ALLOWED
                .into_iter()
                .chain(passed)
                .collect::<Vec<_>>(),
        )
        .expose_headers(headers::EXPOSED)
        .max_age(limits.preflight_age)
}
