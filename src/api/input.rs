//! What a request says: path, query and body read together, so that one answer names every problem.

use app::api::{Int, LocationPart, Problem, Problems};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde_json::json;

use super::ApiState;
use super::errors::ApiError;

/// What the gate made of the body before the handler runs.
#[derive(Clone, Debug)]
pub(super) enum ReadBody {
    /// Nothing was sent.
    Absent,
    /// JSON.
    Json(serde_json::Value),
    /// Something that does not call itself JSON.
    Opaque,
}

/// The body as it was sent, to be looked at again when something is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct SentBody(pub(super) Bytes);

/// A request whose parts are all valid.
pub(super) struct Input<P, Q, B> {
    pub(super) path: P,
    pub(super) query: Q,
    pub(super) body: B,
}

/// A part of a request that has nothing in it.
#[derive(Deserr)]
#[deserr(error = Problems)]
pub(super) struct Nothing {}

/// A body of JSON.
pub(super) struct JsonBody<T>(pub(super) T);

/// The id in a path. One beyond 64 bits is an integer all the same: it names nothing.
#[derive(Clone, Copy)]
pub(super) struct Id(pub(super) i64);

impl Deserr<Problems> for Id {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let value: serde_json::Value = value.into();
        match value.as_str().and_then(Int::from_text) {
            // Beyond 64 bits there are no ids: whatever it is cut to names nothing.
            Some(id) => Ok(Self(i64::try_from(id).unwrap_or(i64::MAX))),
            None => Err(Problems::one(location, Problem::int_parsing(), Some(value))),
        }
    }
}

/// A query; names the parameters that may be repeated.
pub(super) trait QueryInput: Deserr<Problems> {
    /// Parameters that are lists; of every other one the last occurrence counts.
    const LISTS: &'static [&'static str] = &[];
    /// All parameters in the order in which their problems are named; where nobody says, they are named as they are found.
    const PARAMETERS: Option<&'static [&'static str]> = None;
}

impl QueryInput for Nothing {
    const PARAMETERS: Option<&'static [&'static str]> = Some(&[]);
}

/// A body, or none.
pub(super) trait BodyInput: Sized {
    fn read(body: ReadBody) -> Result<Self, Problems>;
}

impl BodyInput for Nothing {
    fn read(_body: ReadBody) -> Result<Self, Problems> {
        Ok(Self {})
    }
}

impl<T: Deserr<Problems>> BodyInput for JsonBody<T> {
    fn read(body: ReadBody) -> Result<Self, Problems> {
        let value = match body {
            ReadBody::Absent | ReadBody::Json(serde_json::Value::Null) => {
                let missing = Problem::missing();
                return Err(Problems::one(ValuePointerRef::Origin, missing, Some(serde_json::Value::Null)));
            }
            ReadBody::Json(value) => value,
            // Text is neither an object nor a list: the type itself says which of the two it wants.
            ReadBody::Opaque => json!(""),
        };
        deserr::deserialize(value).map(Self)
    }
}

/// A body whose problems are named in the order in which its fields are declared.
pub(super) struct OrderedBody<T>(pub(super) T);

/// The fields of a body.
pub(super) trait FieldOrder {
    /// In the order in which they are declared.
    const FIELDS: &'static [&'static str];
    /// The fields of the objects in the body's list, likewise.
    const ITEM_FIELDS: &'static [&'static str] = &[];
}

/// Where a problem stands among those of a body: by its field, in a list by the item, there by the item's field.
fn place_of<T: FieldOrder>(loc: &[LocationPart]) -> [Option<usize>; 3] {
    let place = |part: Option<&LocationPart>, fields: &[&str]| match part {
        Some(LocationPart::Field(name)) => fields.iter().position(|field| field == name),
        Some(LocationPart::Index(index)) => Some(*index),
        None => None,
    };
    [place(loc.first(), T::FIELDS), place(loc.get(1), T::ITEM_FIELDS), place(loc.get(2), T::ITEM_FIELDS)]
}

impl<T: Deserr<Problems> + FieldOrder> BodyInput for OrderedBody<T> {
    fn read(body: ReadBody) -> Result<Self, Problems> {
        JsonBody::<T>::read(body).map(|body| Self(body.0)).map_err(|mut problems| {
            problems.0.sort_by_key(|problem| place_of::<T>(&problem.loc));
            problems
        })
    }
}

impl<P, Q, B> FromRequest<ApiState> for Input<P, Q, B>
where
    P: Deserr<Problems>,
    Q: QueryInput,
    B: BodyInput,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Self::Rejection> {
        let (mut parts, _) = request.into_parts();
        let path = read_path(&mut parts, state).await?;
        let query = read_query::<Q>(&parts).map_err(|problems| problems.with_enclosing(|| serde_json::Value::Null));
        let body = parts.extensions.remove().unwrap_or(ReadBody::Absent);
        let sent: SentBody = parts.extensions.remove().unwrap_or_default();
        let body = B::read(body)
            .map_err(|problems| problems.with_enclosing(|| serde_json::from_slice(&sent.0).unwrap_or_default()));
        let mut problems = Problems::default();
        let path = keep(path, "path", &mut problems);
        let query = keep(query, "query", &mut problems);
        let body = keep(body, "body", &mut problems);
        match (path, query, body) {
            (Some(path), Some(query), Some(body)) => Ok(Self { path, query, body }),
            _ => Err(ApiError::Invalid(problems)),
        }
    }
}

fn keep<T>(read: Result<T, Problems>, section: &str, problems: &mut Problems) -> Option<T> {
    read.map_err(|found| problems.0.extend(found.within(section).0)).ok()
}

async fn read_path<P: Deserr<Problems>>(parts: &mut Parts, state: &ApiState) -> Result<Result<P, Problems>, ApiError> {
    let Ok(params) = RawPathParams::from_request_parts(parts, state).await else {
        // Percent-encoding that is no UTF-8 names nothing.
        return Err(ApiError::NotFound("Not Found".to_owned()));
    };
    let fields: serde_json::Map<String, serde_json::Value> =
        params.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    Ok(deserr::deserialize(serde_json::Value::Object(fields)))
}

fn read_query<Q: QueryInput>(parts: &Parts) -> Result<Q, Problems> {
    let mut fields = serde_json::Map::new();
    let mut with_nul = Problems::default();
    let query = parts.uri.query().unwrap_or_default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if Q::PARAMETERS.is_some_and(|known| !known.contains(&name.as_ref())) {
            continue;
        }
        if value.contains('\0') {
            let problem = Problem::value_error("Text must not contain the character U+0000");
            with_nul.0.push(problem.at(vec![name.as_ref().into()], None));
        }
        if Q::LISTS.contains(&name.as_ref()) {
            let list = fields.entry(name).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!(value));
            }
        } else {
            fields.insert(name.into_owned(), json!(value));
        }
    }
    // Nothing stored holds that character, and databases refuse to compare with it.
    let mut problems = match deserr::deserialize(serde_json::Value::Object(fields)) {
        Ok(read) if with_nul.0.is_empty() => return Ok(read),
        Ok(_) => Problems::default(),
        Err(problems) => problems,
    };
    with_nul.0.retain(|nul| !problems.0.iter().any(|problem| problem.loc.first() == nul.loc.first()));
    problems.0.append(&mut with_nul.0);
    let place = |loc: &[LocationPart]| match loc.first() {
        Some(LocationPart::Field(name)) => Q::PARAMETERS.and_then(|known| known.iter().position(|other| other == name)),
        _ => None,
    };
    problems.0.sort_by_key(|problem| place(&problem.loc));
    Err(problems)
}
