//! The document that describes the API, made from the code.

use std::sync::LazyLock;

use app::api::{DebStage, constant};
use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AnyOfBuilder, ComponentsBuilder, Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{
    Content, Deprecated, Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Required, Response,
};

/// The document.
pub fn document() -> OpenApi {
    let mut document = super::routes().split_for_parts().1;
    for (path, item) in &mut document.paths.paths {
        // Every write may be sent again under a key, but for signing in.
        let writes = [&mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in writes.into_iter().flatten().filter(|_| !path.starts_with("/v1/auth/")) {
            operation.parameters.get_or_insert_default().push(idempotency_key().into());
        }
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    describe_parameter(path, parameter);
                }
            }
            if let Some(RefOr::T(answer)) = operation.responses.responses.get_mut("200") {
                describe_answer(answer);
            }
        }
    }
    let mut schemas = document.components.as_mut().map(|components| &mut components.schemas);
    for (schema, field) in DEPRECATED_FIELDS {
        if let Some(RefOr::T(Schema::Object(object))) = schemas.as_deref_mut().and_then(|all| all.get_mut(*schema)) {
            deprecate_field(object, field);
        }
    }
    document
}

/// A parameter that is something when nobody says what: the end of the path, the name, the value.
type Default = (&'static str, &'static str, fn() -> Value);

/// Of several that fit a parameter the first counts.
const DEFAULTS: &[Default] = &[
    ("/history", "limit", || json!(10)),
    ("/history", "track", || json!("latest")),
    ("/reruns", "limit", || Value::Null),
    ("/reruns", "silent", || json!(false)),
    ("", "limit", || json!(50)),
    ("", "offset", || json!(0)),
    ("", "start_date", || json!("0001-01-01T00:00:00")),
    ("", "unread_only", || json!(false)),
];

/// Parameters that list these, or instead say `any` or `none` of them.
const CHOICES: &[(&str, Type)] = &[
    ("assignee_ids", Type::Integer),
    ("event_names", Type::String),
    ("issues", Type::Integer),
    ("reviewer_ids", Type::Integer),
    ("test_result", Type::Integer),
];

/// What only older clients send or read.
const DEPRECATED_FIELDS: &[(&str, &str)] = &[
    ("ArtefactPatch", "assignee_id"),
    ("ArtefactPatch", "assignee_email"),
    ("ReviewerResponse", "launchpad_email"),
    ("TestExecutionRerunFilters", "assignee_ids"),
    ("TestResultSearchFilters", "assignee_ids"),
];

fn describe_parameter(path: &str, parameter: &mut Parameter) {
    if parameter.name == "assignee_ids" {
        parameter.deprecated = Some(Deprecated::True);
    }
    if let Some((_, item)) = CHOICES.iter().find(|(name, _)| *name == parameter.name) {
        parameter.schema = Some(choice(item.clone()).into());
    }
    let default = DEFAULTS.iter().find(|(end, name, _)| path.ends_with(end) && *name == parameter.name);
    if let (Some((_, _, value)), Some(RefOr::T(Schema::Object(schema)))) = (default, &mut parameter.schema) {
        schema.default = Some(value()).filter(|value| !value.is_null());
    }
    if parameter.parameter_in == ParameterIn::Query
        && parameter.required == Required::False
        && let Some(schema) = &mut parameter.schema
    {
        allow_null(schema);
    }
}

fn choice(item: Type) -> AnyOfBuilder {
    [ObjectBuilder::new().schema_type(item), constant("any"), constant("none")]
        .into_iter()
        .fold(AnyOfBuilder::new(), |choice, item| choice.item(item.to_array_builder()))
}

/// What may be left out may be null, unless that would hide a default.
fn allow_null(schema: &mut RefOr<Schema>) {
    let null = Object::with_type(Type::Null);
    match schema {
        RefOr::T(Schema::Object(object)) if object.default.is_some() => {}
        RefOr::T(Schema::AnyOf(any_of)) => any_of.items.push(null.into()),
        other => *other = AnyOfBuilder::new().item(std::mem::take(other)).item(null).into(),
    }
}

/// An answer without a declared body is JSON all the same: null, or what clients read without a type.
fn describe_answer(answer: &mut Response) {
    if answer.content.is_empty() {
        let anything = Object::with_type(SchemaType::AnyValue);
        answer.content.insert("application/json".to_owned(), Content::new(Some(anything)).into());
    }
}

fn deprecate_field(object: &mut Object, field: &str) {
    match object.properties.get_mut(field) {
        Some(RefOr::T(Schema::Object(field))) => field.deprecated = Some(Deprecated::True),
        Some(RefOr::T(Schema::AnyOf(field))) => {
            field.extensions.get_or_insert_default().insert("deprecated".to_owned(), json!(true));
        }
        _ => {}
    }
}

fn idempotency_key() -> Parameter {
    let text =
        "The same request under the same key is done once: a repetition is answered as the first was, for 24 hours";
    ParameterBuilder::new()
        .name(super::idempotency::HEADER.as_str())
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255))))
        .build()
}

/// The document as it is served.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());
    &TEXT
}

pub(super) fn base() -> OpenApi {
    // Only a schema written by hand refers to it, where the macros do not find it.
    let components = ComponentsBuilder::new().schema_from::<DebStage>().build();
    OpenApiBuilder::new().info(info()).components(Some(components)).build()
}

fn info() -> Info {
    InfoBuilder::new()
        .title("Test Observer")
        .version("0.1.0")
        .description(Some("Results of tests on software artefacts, and the decisions people take on them"))
        .license(Some(LicenseBuilder::new().name("Apache-2.0 OR MIT").identifier(Some("Apache-2.0 OR MIT")).build()))
        .build()
}
