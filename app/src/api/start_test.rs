//! `PUT /v1/test-executions/start-test`: what a runner says when it starts.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Ref, Type};

use super::{
    CharmStage, DebStage, FamilyName, Flag, HttpUrl, ImageStage, Int, Limited, LongName, PlainLink, Problem, Problems,
    SnapStage, SolutionStage, TestExecutionStatus,
};

/// A version that names something: neither empty nor the word `null`, which scripts send when they found none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Version(pub String);

impl Deserr<Problems> for Version {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let text = LongName::deserialize_from_value(value, location)?.0;
        if text.is_empty() || text == "null" {
            let problem = Problem::value_error(format!("Invalid version value '{text}'"));
            return Err(Problems::one(location, problem, Some(json!(text))));
        }
        Ok(Self(text))
    }
}

/// A pocket of the archive, or the empty text for a package that comes from elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DebStageOrNone(pub Option<DebStage>);

impl DebStageOrNone {
    /// The stage as it is stored.
    pub fn as_str(self) -> &'static str {
        self.0.map_or("", DebStage::as_str)
    }
}

impl Serialize for DebStageOrNone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Deserr<Problems> for DebStageOrNone {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        match value {
            Value::String(text) if text.is_empty() => Ok(Self(None)),
            other => DebStage::deserialize_from_value(other, location).map(|stage| Self(Some(stage))),
        }
    }
}

/// A named address to keep with an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserr, ToSchema)]
#[deserr(error = Problems)]
pub struct TestExecutionRelevantLinkCreate {
    /// What it leads to.
    pub label: String,
    /// Where.
    #[schema(value_type = String, format = Uri, max_length = 2083, min_length = 1)]
    pub url: HttpUrl,
}

fn in_progress() -> TestExecutionStatus {
    TestExecutionStatus::InProgress
}

/// The schema of a text that is always the same.
pub fn constant(text: &str) -> ObjectBuilder {
    // The builder does not know the word.
    ObjectBuilder::new().schema_type(Type::String).extensions(Some([("const", text)].into_iter().collect()))
}

fn deb_stage_or_none() -> AnyOfBuilder {
    AnyOfBuilder::new()
        .item(Ref::from_schema_name(DebStage::name()))
        .item(constant(""))
        .default(Some(json!("")))
        .description(Some("The pocket it comes from."))
        .extensions(Some([("maxLength", 100)].into_iter().collect()))
}

fn image_family() -> ObjectBuilder {
    StartImageTestExecutionRequest::family().default(Some(json!("image")))
}

/// Declares the body of a family: what every family has, and what is the family's own.
macro_rules! start_request {
    ($(#[$meta:meta])* $name:ident of $family:ident { $($own:tt)* }) => {
        #[derive(Clone, Debug, Serialize, Deserr, ToSchema)]
        $(#[$meta])*
        pub struct $name {
            /// The name of the environment.
            #[schema(value_type = String, max_length = 200)]
            pub environment: Limited<200>,
            /// The name of the plan that is run.
            #[schema(value_type = String, max_length = 200)]
            pub test_plan: Limited<200>,
            /// The CI job that runs it; the same link again means the same execution.
            #[deserr(default)]
            #[schema(value_type = Option<String>, format = Uri, max_length = 2083, min_length = 1)]
            pub ci_link: Option<PlainLink>,
            /// How far the execution is.
            #[deserr(default = in_progress())]
            #[schema(required = false, default = "IN_PROGRESS")]
            pub initial_status: TestExecutionStatus,
            /// Addresses to keep with the execution.
            #[deserr(default)]
            #[schema(required = false)]
            pub relevant_links: Vec<TestExecutionRelevantLinkCreate>,
            /// Whether reviewers are wanted.
            #[deserr(default)]
            #[schema(value_type = bool, required = false, default = false)]
            pub needs_assignment: Flag,
            $($own)*
        }

        impl $name {
            /// The schema of the field, which in this body is always the same.
            fn family() -> ObjectBuilder {
                constant(FamilyName::$family.as_str()).description(Some("The family; it selects the schema."))
            }
        }
    };
}

start_request! {
    /// A snap is tested.
    #[deserr(error = Problems)]
    StartSnapTestExecutionRequest of Snap {
        /// The family; it selects the schema.
        #[schema(schema_with = Self::family)]
        pub family: FamilyName,
        /// The snap's name.
        #[schema(value_type = String, max_length = 200)]
        pub name: Limited<200>,
        /// The snap's version.
        #[schema(value_type = String)]
        pub version: Version,
        /// What the build and the environment run.
        #[schema(value_type = String, max_length = 100)]
        pub arch: Limited<100>,
        /// The store's number of the build.
        #[schema(value_type = i64)]
        pub revision: Int,
        /// The track it is released to.
        #[schema(value_type = String)]
        pub track: LongName,
        /// The store it comes from.
        #[schema(value_type = String)]
        pub store: LongName,
        /// The branch it is released to, if any.
        #[deserr(default)]
        #[schema(value_type = String, required = false, default = "", max_length = 200)]
        pub branch: Limited<200>,
        /// How far it has come.
        pub execution_stage: SnapStage,
    }
}

start_request! {
    /// A charm is tested.
    #[deserr(error = Problems)]
    StartCharmTestExecutionRequest of Charm {
        /// The family; it selects the schema.
        #[schema(schema_with = Self::family)]
        pub family: FamilyName,
        /// The charm's name.
        #[schema(value_type = String, max_length = 200)]
        pub name: Limited<200>,
        /// The charm's version.
        #[schema(value_type = String)]
        pub version: Version,
        /// What the build and the environment run.
        #[schema(value_type = String, max_length = 100)]
        pub arch: Limited<100>,
        /// The store's number of the build.
        #[schema(value_type = i64)]
        pub revision: Int,
        /// The track it is released to.
        #[schema(value_type = String)]
        pub track: LongName,
        /// The branch it is released to, if any.
        #[deserr(default)]
        #[schema(value_type = String, required = false, default = "", max_length = 200)]
        pub branch: Limited<200>,
        /// How far it has come.
        pub execution_stage: CharmStage,
    }
}

start_request! {
    /// A Debian package is tested. It comes either from a pocket of the archive or from another source.
    #[deserr(error = Problems, validate = has_one_origin -> Problems)]
    StartDebTestExecutionRequest of Deb {
        /// The family; it selects the schema.
        #[schema(schema_with = Self::family)]
        pub family: FamilyName,
        /// The package's name.
        #[schema(value_type = String, max_length = 200)]
        pub name: Limited<200>,
        /// The package's version.
        #[schema(value_type = String)]
        pub version: Version,
        /// What the build and the environment run.
        #[schema(value_type = String, max_length = 100)]
        pub arch: Limited<100>,
        /// The series it is built for.
        #[schema(value_type = String)]
        pub series: LongName,
        /// The component of the archive.
        #[schema(value_type = String)]
        pub repo: LongName,
        /// Where it comes from, when not from a pocket.
        #[deserr(default)]
        #[schema(value_type = String, required = false, default = "", max_length = 200)]
        pub source: Limited<200>,
        /// The pocket it comes from.
        #[deserr(default)]
        #[schema(schema_with = deb_stage_or_none, required = false)]
        pub execution_stage: DebStageOrNone,
    }
}

start_request! {
    /// An image is tested. One that is known by its checksum needs no further words.
    #[deserr(error = Problems)]
    StartImageTestExecutionRequest of Image {
        /// The family; it selects the schema.
        #[schema(schema_with = image_family, required = false)]
        pub family: FamilyName,
        /// The checksum that identifies the image.
        #[schema(value_type = String, max_length = 200)]
        pub sha256: Limited<200>,
        /// The image's name.
        #[deserr(default)]
        #[schema(value_type = Option<String>, max_length = 200)]
        pub name: Option<Limited<200>>,
        /// The image's version.
        #[deserr(default)]
        #[schema(value_type = Option<String>)]
        pub version: Option<Version>,
        /// What the build and the environment run.
        #[deserr(default)]
        #[schema(value_type = Option<String>, max_length = 100)]
        pub arch: Option<Limited<100>>,
        /// The operating system.
        #[deserr(default)]
        #[schema(value_type = Option<String>, max_length = 200)]
        pub os: Option<Limited<200>>,
        /// Its release.
        #[deserr(default)]
        #[schema(value_type = Option<String>, max_length = 200)]
        pub release: Option<Limited<200>>,
        /// Who is responsible.
        #[deserr(default)]
        #[schema(value_type = Option<String>, max_length = 200)]
        pub owner: Option<Limited<200>>,
        /// Where the image is downloaded.
        #[deserr(default)]
        #[schema(value_type = Option<String>, format = Uri, max_length = 2083, min_length = 1)]
        pub image_url: Option<HttpUrl<200>>,
        /// Whether it is the published one.
        #[deserr(default)]
        pub execution_stage: Option<ImageStage>,
    }
}

start_request! {
    /// A solution is tested.
    #[deserr(error = Problems)]
    StartSolutionTestExecutionRequest of Solution {
        /// The family; it selects the schema.
        #[schema(schema_with = Self::family)]
        pub family: FamilyName,
        /// The solution's name.
        #[schema(value_type = String, max_length = 200)]
        pub name: Limited<200>,
        /// The solution's version.
        #[schema(value_type = String)]
        pub version: Version,
        /// What the build and the environment run.
        #[schema(value_type = String, max_length = 100)]
        pub arch: Limited<100>,
        /// The track it is released to.
        #[schema(value_type = String)]
        pub track: LongName,
        /// Where it comes from.
        #[schema(value_type = String, max_length = 200)]
        pub source: Limited<200>,
        /// How far it has come.
        pub execution_stage: SolutionStage,
    }
}

fn has_one_origin(
    request: StartDebTestExecutionRequest,
    location: ValuePointerRef<'_>,
) -> Result<StartDebTestExecutionRequest, Problems> {
    let text = match (request.source.0.is_empty(), request.execution_stage.0) {
        (true, None) => "Received no source or execution_stage",
        (false, Some(_)) => "Received both source and execution_stage",
        _ => return Ok(request),
    };
    Err(Problems::one(location, Problem::value_error(text), serde_json::to_value(&request).ok()))
}

/// What a runner says when it starts; `family` selects the schema.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(discriminator(
    property_name = "family",
    mapping(
        ("snap" = "#/components/schemas/StartSnapTestExecutionRequest"),
        ("deb" = "#/components/schemas/StartDebTestExecutionRequest"),
        ("charm" = "#/components/schemas/StartCharmTestExecutionRequest"),
        ("image" = "#/components/schemas/StartImageTestExecutionRequest"),
        ("solution" = "#/components/schemas/StartSolutionTestExecutionRequest"),
    )
))]
#[serde(untagged)]
#[expect(missing_docs, reason = "each family's own type says what it is")]
pub enum StartTestExecutionRequest {
    Snap(StartSnapTestExecutionRequest),
    Deb(StartDebTestExecutionRequest),
    Charm(StartCharmTestExecutionRequest),
    Image(StartImageTestExecutionRequest),
    Solution(StartSolutionTestExecutionRequest),
}

impl Deserr<Problems> for StartTestExecutionRequest {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let body: serde_json::Value = value.into();
        let Some(fields) = body.as_object() else {
            return Err(Problems::one(location, Problem::not_an_object(), Some(body)));
        };
        let Some(tag) = fields.get("family") else {
            return Err(Problems::one(location, Problem::family_not_found(), Some(body)));
        };
        let Some(family) = tag.as_str().and_then(|text| text.parse::<FamilyName>().ok()) else {
            return Err(Problems::one(location, Problem::family_invalid(tag), Some(body)));
        };
        let inside = location.push_key(family.as_str());
        let value = body.into_value();
        match family {
            FamilyName::Snap => Deserr::deserialize_from_value(value, inside).map(Self::Snap),
            FamilyName::Deb => Deserr::deserialize_from_value(value, inside).map(Self::Deb),
            FamilyName::Charm => Deserr::deserialize_from_value(value, inside).map(Self::Charm),
            FamilyName::Image => Deserr::deserialize_from_value(value, inside).map(Self::Image),
            FamilyName::Solution => Deserr::deserialize_from_value(value, inside).map(Self::Solution),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Problems, StartTestExecutionRequest};

    fn read(body: Value) -> Result<StartTestExecutionRequest, Problems> {
        deserr::deserialize::<_, _, Problems>(body)
    }

    fn deb(changes: &Value) -> Value {
        let mut body = json!({
            "family": "deb", "name": "hello", "version": "2.10-3", "arch": "riscv64", "environment": "lab",
            "test_plan": "smoke", "series": "noble", "repo": "main", "execution_stage": "proposed",
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    #[test]
    fn each_problem_has_its_name_and_place() {
        for (body, kind, loc) in [
            (json!([]), "model_attributes_type", json!([])),
            (json!({}), "union_tag_not_found", json!([])),
            (json!({"family": "zzz"}), "union_tag_invalid", json!([])),
            (deb(&json!({"version": ""})), "value_error", json!(["deb", "version"])),
            (deb(&json!({"version": "null"})), "value_error", json!(["deb", "version"])),
            (deb(&json!({"name": 5})), "string_type", json!(["deb", "name"])),
            (deb(&json!({"name": "n".repeat(201)})), "string_too_long", json!(["deb", "name"])),
            (deb(&json!({"execution_stage": "edge"})), "enum", json!(["deb", "execution_stage"])),
            (deb(&json!({"execution_stage": ""})), "value_error", json!(["deb"])),
            (deb(&json!({"source": "ppa"})), "value_error", json!(["deb"])),
            (deb(&json!({"initial_status": "COMPLETED"})), "enum", json!(["deb", "initial_status"])),
            (deb(&json!({"initial_status": null})), "enum", json!(["deb", "initial_status"])),
            (deb(&json!({"relevant_links": null})), "list_type", json!(["deb", "relevant_links"])),
            (
                deb(&json!({"relevant_links": [{"url": "http://x"}]})),
                "missing",
                json!(["deb", "relevant_links", 0, "label"]),
            ),
            (deb(&json!({"needs_assignment": null})), "bool_type", json!(["deb", "needs_assignment"])),
            (deb(&json!({"ci_link": 7})), "url_type", json!(["deb", "ci_link"])),
        ] {
            let problems = read(body.clone()).expect_err(&body.to_string());
            assert_eq!(problems.0.len(), 1, "{body}: {problems:?}");
            assert_eq!((problems.0[0].kind.as_str(), json!(problems.0[0].loc)), (kind, loc), "{body}");
        }
    }

    #[test]
    fn what_has_a_default_may_be_left_out() {
        assert!(read(deb(&json!({}))).is_ok());
        assert!(
            read(deb(&json!({"ci_link": null, "revision": "ignored", "execution_stage": "", "source": "ppa"}))).is_ok()
        );
        let image = json!({"family": "image", "sha256": "abc", "environment": "e", "test_plan": "p", "name": null});
        assert!(read(image).is_ok());
    }

    #[test]
    fn every_missing_field_is_named() {
        for (family, required) in [
            (
                "snap",
                vec![
                    "name",
                    "version",
                    "arch",
                    "environment",
                    "test_plan",
                    "revision",
                    "track",
                    "store",
                    "execution_stage",
                ],
            ),
            (
                "charm",
                vec!["name", "version", "arch", "environment", "test_plan", "revision", "track", "execution_stage"],
            ),
            ("deb", vec!["name", "version", "arch", "environment", "test_plan", "series", "repo"]),
            ("image", vec!["environment", "test_plan", "sha256"]),
            (
                "solution",
                vec!["name", "version", "arch", "environment", "test_plan", "track", "source", "execution_stage"],
            ),
        ] {
            let problems = read(json!({"family": family})).unwrap_err();
            let mut named: Vec<String> = problems
                .0
                .iter()
                .filter(|problem| problem.kind == "missing")
                .map(|problem| json!(problem.loc)[1].as_str().unwrap().to_owned())
                .collect();
            let mut required: Vec<String> = required.into_iter().map(str::to_owned).collect();
            named.sort();
            required.sort();
            assert_eq!(named, required, "{family}");
        }
    }
}
