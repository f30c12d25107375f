//! OpenTelemetry traces of requests and calls, to a collector by OTLP over HTTP. Off unless `otlp_endpoint` is set.
//!
//! Spans are made when a thing is over, from the times that it took: nothing is carried through a call for them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    runtime::Tokio,
    trace::{SdkTracer, SdkTracerProvider, span_processor_with_async_runtime::BatchSpanProcessor},
};
use patchbay_kernel::Wall;
use patchbay_plane::{CallRecord, LegRecord};

/// A collector that does not take spans within this time does not get them.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where spans go. Clones are the same.
#[derive(Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// One request that was answered.
#[derive(Debug)]
pub struct Answered<'a> {
    /// Its headers: they may name the trace that it is part of (W3C Trace Context).
    pub headers: &'a HeaderMap,
    /// Method.
    pub method: &'a str,
    /// The route as declared.
    pub route: &'a str,
    /// Status of the answer.
    pub status: u16,
    /// When it came.
    pub began: Wall,
    /// How long it took.
    pub took: Duration,
}

impl Traces {
    /// To the collector at `endpoint`, such as `http://127.0.0.1:4318`.
    ///
    /// # Errors
    /// A sentence when the address cannot be used.
    pub fn start(endpoint: &str, name: &str) -> Result<Self, String> {
        let say = |why: &dyn std::fmt::Display| format!("otlp_endpoint = {endpoint:?}: {why}");
        if !endpoint.starts_with("http://") {
            return Err(say(&"it must be http://host:port of a collector nearby"));
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(opentelemetry_http::hyper::HyperClient::with_default_connector(PATIENCE, None))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .map_err(|why| say(&why))?;
        let attributes = [KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))];
        let resource = Resource::builder().with_service_name(name.to_owned()).with_attributes(attributes).build();
        let batches = BatchSpanProcessor::builder(exporter, Tokio).build();
        let provider = SdkTracerProvider::builder().with_span_processor(batches).with_resource(resource).build();
        let tracer = provider.tracer("patchbay");
        Ok(Self { provider, tracer })
    }

    /// A request was answered.
    pub fn request(&self, of: &Answered<'_>) {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(of.headers));
        let attributes = vec![
            KeyValue::new("http.request.method", of.method.to_owned()),
            KeyValue::new("http.route", of.route.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(of.status)),
        ];
        let span = SpanBuilder::from_name(format!("{} {}", of.method, of.route));
        let span = span.with_kind(SpanKind::Server).with_start_time(time(of.began)).with_attributes(attributes);
        let mut span = self.tracer.build_with_context(span, &parent);
        if of.status >= 500 {
            span.set_status(Status::error("the server failed"));
        }
        span.end_with_timestamp(time(of.began) + of.took);
    }

    /// A call is over: one span for it, one for each leg, an event for each moment.
    pub fn call(&self, record: &CallRecord) {
        let attributes = vec![
            KeyValue::new("call.id", record.started.call.to_string()),
            KeyValue::new("call.cause", record.cause.code()),
            KeyValue::new("call.cause_number", i64::from(record.cause.number())),
            KeyValue::new("call.blame", format!("{:?}", record.blame).to_lowercase()),
            KeyValue::new("call.talk_ms", i64::try_from(record.talk_ms).unwrap_or(i64::MAX)),
        ];
        let name = format!("call {:?}", record.started.direction).to_lowercase();
        let span = SpanBuilder::from_name(name).with_kind(SpanKind::Internal);
        let span = span.with_start_time(time(record.started.at)).with_attributes(attributes);
        let mut span = self.tracer.build_with_context(span, &Context::new());
        for moment in &record.timeline {
            let at = time(Wall(record.started.at.0.saturating_add(i64::try_from(moment.at_ms).unwrap_or(0) * 1_000)));
            let kind = serde_json::to_value(moment).ok();
            let kind = kind.as_ref().and_then(|json| json.get("kind")?.as_str()).unwrap_or("moment").to_owned();
            span.add_event_with_timestamp(kind, at, Vec::new());
        }
        let whole = Context::new().with_span(span);
        for leg in &record.legs {
            self.leg(leg, record.ended_at, &whole);
        }
        whole.span().end_with_timestamp(time(record.ended_at));
    }

    fn leg(&self, leg: &LegRecord, call_ended: Wall, call: &Context) {
        let mut attributes = vec![
            KeyValue::new("leg.id", leg.leg.to_string()),
            KeyValue::new("leg.kind", format!("{:?}", leg.kind).to_lowercase()),
            KeyValue::new("leg.answered", leg.answered_at.is_some()),
        ];
        attributes.extend(leg.codec.clone().map(|codec| KeyValue::new("leg.codec", codec)));
        attributes.extend(leg.cause.map(|cause| KeyValue::new("leg.cause", cause.code())));
        attributes.extend(leg.figures.as_ref().and_then(|of| of.mos).map(|mos| KeyValue::new("leg.mos", mos)));
        let span = SpanBuilder::from_name(format!("leg {:?}", leg.role).to_lowercase());
        let span = span.with_start_time(time(leg.started_at)).with_attributes(attributes);
        let mut span = self.tracer.build_with_context(span, call);
        span.end_with_timestamp(time(leg.ended_at.unwrap_or(call_ended)));
    }

    /// Sends what waits. A collector that is gone holds up the end for some seconds at most.
    pub async fn stop(self) {
        let stopped = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(PATIENCE));
        if !matches!(tokio::time::timeout(PATIENCE * 2, stopped).await, Ok(Ok(Ok(())))) {
            tracing::warn!("The last traces did not reach the collector");
        }
    }
}

fn time(at: Wall) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(at.0).unwrap_or(0))
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }
    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
