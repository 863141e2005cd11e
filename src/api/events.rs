//! `/v1/events`: what changes, while it changes.

use std::convert::Infallible;
use std::time::Duration;

use app::api::{EventKind, EventResponse, FamilyName, HTTPValidationError, Permission, Problems};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use futures::stream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::client::ClientAddress;
use super::errors::{ApiError, ApiResult};
use super::gate::permitted_stream;
use super::input::{Id, Input, Nothing, QueryInput};
use crate::domain::access::{Caller, Credentials};
use crate::service::Service;
use crate::service::events::{EventQuery, Follower, Signal};

const VIEW: &[Permission] = &[
    Permission::ViewArtefact,
    Permission::ViewTest,
    Permission::ViewEnvironmentReview,
    Permission::ViewIssue,
    Permission::ViewRerun,
];
/// How often something is said when nothing happens, so that nobody on the way takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(3);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// What proxies of nginx's kind understand: not to collect an answer before they pass it on.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted_stream(VIEW, routes!(get_events)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct EventsQuery {
    #[deserr(default)]
    kinds: Vec<EventKind>,
    #[deserr(default)]
    artefact_id: Option<Id>,
    #[deserr(default)]
    family: Option<FamilyName>,
}

impl QueryInput for EventsQuery {
    const LISTS: &'static [&'static str] = &["kinds"];
}

/// Follow what changes
///
/// A stream of server-sent events, each of which says that something changed: `event` is the kind of thing, `data` which one.
/// Every kind takes the permission that reading such a thing takes, and notifications are told to their user only. Without
/// `kinds` a caller hears of all that their permissions allow, and is refused when these allow none. An event `refresh` means
/// that events may have been missed. The stream ends when the server stops, and when the caller may not hear the same any
/// longer.
#[utoipa::path(
    get, path = "/v1/events", tag = "events",
    operation_id = "get_events_v1_events_get",
    params(
        ("kinds" = Option<Vec<EventKind>>, Query, description = "Only of these kinds"),
        ("artefact_id" = Option<i64>, Query, description = "Only what may be about this artefact"),
        ("family" = Option<FamilyName>, Query, description = "Only what may be about artefacts of this family"),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event that was heard: what came behind it is told first"),
    ),
    responses(
        (
            status = 200, description = "Events without end, each with data of this kind", body = EventResponse,
            content_type = "text/event-stream"
        ),
        (status = 403, description = "A kind takes a permission that the caller lacks"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
        (status = 429, description = "The caller has too many streams open"),
        (status = 503, description = "The server has too many streams open, or stops"),
    )
)]
async fn get_events(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Extension(credentials): Extension<Credentials>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    input: Result<Input<Nothing, EventsQuery, Nothing>, ApiError>,
) -> ApiResult<Response> {
    // Who may hear nothing learns that before what is wrong with the query.
    service.check_may_follow(&caller)?;
    let EventsQuery { kinds, artefact_id, family } = input?.query;
    let query = EventQuery { kinds, artefact_id: artefact_id.map(|id| id.0), family };
    let last_seen = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or_default());
    let events = service.follow_events(Follower { caller, credentials, address }, query, last_seen).await?;
    let events = stream::unfold(events, |mut events| async move {
        let signal = events.next().await?;
        Some((Ok::<_, Infallible>(spell(signal)), events))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

fn spell(signal: Signal) -> Event {
    match signal {
        // Without data it is no event; browsers remember its id all the same.
        Signal::Begin(id) => Event::default().id(id).retry(RETRY),
        Signal::Changed(kept) => {
            let data = serde_json::to_string(&kept.event.about).unwrap_or_default();
            Event::default().id(kept.id).event(kept.event.kind.as_str()).data(data)
        }
        Signal::Refresh(id) => Event::default().id(id).event("refresh").data("{}"),
    }
}
