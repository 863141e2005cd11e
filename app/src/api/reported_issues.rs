//! What people know about test cases and environments that misbehave: two small registries, which have nothing to do with
//! the issues attached to results.

use serde::{Deserialize, Serialize};

use super::Timestamp;
#[cfg(feature = "ssr")]
use super::{Flag, HttpUrl, LongName, Problem, Problems};
#[cfg(feature = "ssr")]
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};

/// The trackers an issue may be in.
#[cfg(feature = "ssr")]
const HOSTS: [&str; 3] = ["github.com", "warthogs.atlassian.net", "bugs.launchpad.net"];

/// A known problem of test cases: of one, by its name, or of all instances of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestReportedIssueResponse {
    /// Its id.
    pub id: i64,
    /// The template; `""` where it is about a case.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(default = ""))]
    pub template_id: String,
    /// The name of the case; `""` where it is about a template.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(default = ""))]
    pub case_name: String,
    /// What is known.
    pub description: String,
    /// Where it is tracked.
    #[cfg_attr(feature = "ssr", schema(format = Uri, max_length = 2083, min_length = 1))]
    pub url: String,
    /// When it was reported.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub updated_at: Timestamp,
}

/// A known problem of an environment, whatever it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct EnvironmentReportedIssueResponse {
    /// Its id.
    pub id: i64,
    /// The name of the environment.
    pub environment_name: String,
    /// What is known.
    pub description: String,
    /// Where it is tracked; null where it is not.
    #[cfg_attr(feature = "ssr", schema(required = true, format = Uri, max_length = 2083, min_length = 1))]
    pub url: Option<String>,
    /// Whether somebody has made sure.
    pub is_confirmed: bool,
    /// When it was reported.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub updated_at: Timestamp,
}

/// The normalised address of an issue in a tracker that people here use.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct IssueUrl(pub String);

#[cfg(feature = "ssr")]
impl TryFrom<&HttpUrl> for IssueUrl {
    type Error = Problem;

    /// The host has to be one of the trackers' own; who logs in and through which port does not matter.
    fn try_from(url: &HttpUrl) -> Result<Self, Problem> {
        let parsed = url::Url::parse(&url.0).ok();
        let host = parsed.as_ref().and_then(url::Url::host_str);
        if host.is_some_and(|host| HOSTS.contains(&host)) {
            return Ok(Self(url.0.clone()));
        }
        let hosts = HOSTS.map(|host| format!("'{host}'")).join(", ");
        Err(Problem::value_error(format!("Issue url must belong to one of {{{hosts}}}")))
    }
}

#[cfg(feature = "ssr")]
impl Deserr<Problems> for IssueUrl {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let value: serde_json::Value = value.into();
        let url = <HttpUrl>::deserialize_from_value(value.clone().into_value(), location)?;
        Self::try_from(&url).map_err(|problem| Problems::one(location, problem, Some(value)))
    }
}

/// A known problem of a test case or a template, to store.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Serialize, Deserr, utoipa::ToSchema)]
#[deserr(error = Problems, validate = names_a_test -> Problems)]
pub struct TestReportedIssueRequest {
    /// The template.
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "")]
    pub template_id: LongName,
    /// The name of the case.
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "")]
    pub case_name: LongName,
    /// What is known.
    pub description: String,
    /// Where it is tracked.
    #[schema(value_type = String, format = Uri, max_length = 2083, min_length = 1)]
    pub url: IssueUrl,
}

#[cfg(feature = "ssr")]
fn names_a_test(
    request: TestReportedIssueRequest,
    location: ValuePointerRef<'_>,
) -> Result<TestReportedIssueRequest, Problems> {
    if request.template_id.0.is_empty() && request.case_name.0.is_empty() {
        let problem = Problem::value_error("Either case_name or template_id is required");
        return Err(Problems::one(location, problem, serde_json::to_value(&request).ok()));
    }
    Ok(request)
}

/// A known problem of an environment, to store. A confirmed one has to say where it is tracked.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Serialize, Deserr, utoipa::ToSchema)]
#[deserr(error = Problems, validate = is_tracked -> Problems)]
pub struct EnvironmentReportedIssueRequest {
    /// The name of the environment.
    pub environment_name: String,
    /// What is known.
    pub description: String,
    /// Where it is tracked.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Uri, max_length = 2083, min_length = 1)]
    pub url: Option<HttpUrl>,
    /// Whether somebody has made sure.
    #[schema(value_type = bool)]
    pub is_confirmed: Flag,
}

/// Both are rules of the whole, so that clients look for the problem at the body, not at the address.
#[cfg(feature = "ssr")]
fn is_tracked(
    request: EnvironmentReportedIssueRequest,
    location: ValuePointerRef<'_>,
) -> Result<EnvironmentReportedIssueRequest, Problems> {
    let problem = match &request.url {
        None if request.is_confirmed.0 => Problem::value_error("A URL is required if the issue is confirmed"),
        None => return Ok(request),
        Some(url) => match IssueUrl::try_from(url) {
            Ok(_) => return Ok(request),
            Err(problem) => problem,
        },
    };
    Err(Problems::one(location, problem, serde_json::to_value(&request).ok()))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use serde_json::json;

    use super::{IssueUrl, Problems};

    #[test]
    fn an_issue_lives_at_a_known_tracker() {
        for (text, expected) in [
            ("https://GitHub.com", Ok("https://github.com/")),
            (" http://bugs.launchpad.net:80/x y ", Ok("http://bugs.launchpad.net/x%20y")),
            (
                "https://me:secret@warthogs.atlassian.net:8443/browse/A-1",
                Ok("https://me:secret@warthogs.atlassian.net:8443/browse/A-1"),
            ),
            ("https://chat.canonical.com/x", Err("value_error")),
            ("https://api.github.com/", Err("value_error")),
            ("https://github.com.example.org/", Err("value_error")),
            ("https://example.org/github.com", Err("value_error")),
            ("https://github.com@example.org/", Err("value_error")),
            ("ftp://github.com/", Err("url_scheme")),
            ("invalid url", Err("url_parsing")),
        ] {
            let read = deserr::deserialize::<IssueUrl, _, Problems>(json!(text));
            let read = read.map(|url| url.0).map_err(|problems| problems.0[0].kind.clone());
            assert_eq!(read, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }
}
