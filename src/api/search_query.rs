//! What the searches for executions and for results have in common: the parameters that choose executions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::errors::{ApiError, ApiResult};

/// The parameter; it may be repeated.
pub(super) const METADATA: &str = "execution_metadata";

/// Declares the query of a search: what chooses executions, and what is the search's own. `lists` names those of its own
/// parameters that may be repeated.
macro_rules! search_query {
    ($(#[$meta:meta])* $name:ident, lists [$($list:literal),*], { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(deserr::Deserr, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[deserr(error = app::api::Problems)]
        #[expect(dead_code, reason = "execution_metadata is read apart: what is wrong with it goes before everything else")]
        struct $name {
            /// Families of artefacts.
            #[deserr(default)]
            #[param(required = false)]
            families: Vec<app::api::FamilyName>,
            /// Names of artefacts.
            #[deserr(default)]
            #[param(required = false)]
            artefacts: Vec<String>,
            /// Versions of artefacts.
            #[deserr(default)]
            #[param(required = false)]
            artefact_versions: Vec<String>,
            /// Stages of artefacts.
            #[deserr(default)]
            #[param(required = false)]
            artefact_stages: Vec<String>,
            /// Tracks of artefacts.
            #[deserr(default)]
            #[param(required = false)]
            artefact_tracks: Vec<String>,
            /// Whether the artefact is out of sight.
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            artefact_is_archived: Option<app::api::Flag>,
            /// Names of environments.
            #[deserr(default)]
            #[param(required = false)]
            environments: Vec<String>,
            /// Facts: `category:value`, each half in base64. Values of one category are alternatives.
            #[deserr(default)]
            #[param(required = false)]
            execution_metadata: Vec<String>,
            /// Statuses of executions.
            #[deserr(default)]
            #[param(required = false)]
            test_execution_statuses: Vec<app::api::TestExecutionStatus>,
            /// Who reviews the artefact: ids, or `any`, or `none`.
            #[deserr(default)]
            #[param(value_type = Option<Vec<String>>)]
            reviewer_ids: Option<app::api::QueryChoice>,
            /// The same under an older name.
            #[deserr(default)]
            #[param(value_type = Option<Vec<String>>)]
            assignee_ids: Option<app::api::QueryChoice>,
            /// Whether a rerun is requested.
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            rerun_is_requested: Option<app::api::Flag>,
            /// Whether the execution is the newest of its plan, build and environment.
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            execution_is_latest: Option<app::api::Flag>,
            /// Not before: an execution's last change, a result's arrival.
            #[deserr(default)]
            #[param(value_type = Option<String>, format = DateTime)]
            from_date: Option<app::api::Instant>,
            /// Not after: an execution's last change, a result's arrival.
            #[deserr(default)]
            #[param(value_type = Option<String>, format = DateTime)]
            until_date: Option<app::api::Instant>,
            /// Rows of a page.
            #[deserr(default = app::api::Ranged(50))]
            #[param(value_type = i64, required = false, minimum = 0, maximum = 1000, default = 50)]
            limit: app::api::Ranged<0, 1000>,
            /// Rows to leave out.
            #[deserr(default = app::api::Ranged(0))]
            #[param(value_type = i64, required = false, minimum = 0, default = 0)]
            offset: app::api::Offset,
            $($own)*
        }

        impl super::input::QueryInput for $name {
            const LISTS: &'static [&'static str] = &[
                "families",
                "artefacts",
                "artefact_versions",
                "artefact_stages",
                "artefact_tracks",
                "environments",
                super::search_query::METADATA,
                "test_execution_statuses",
                "reviewer_ids",
                "assignee_ids",
                $($list),*
            ];
        }

        impl $name {
            /// Takes what chooses executions; the dates mean something else in each search.
            fn take_executions(
                &mut self,
                metadata: Vec<(String, Vec<String>)>,
            ) -> crate::store::execution_filters::ExecutionFilter {
                crate::store::execution_filters::ExecutionFilter {
                    families: std::mem::take(&mut self.families),
                    artefacts: std::mem::take(&mut self.artefacts),
                    artefact_versions: std::mem::take(&mut self.artefact_versions),
                    artefact_stages: std::mem::take(&mut self.artefact_stages),
                    artefact_tracks: std::mem::take(&mut self.artefact_tracks),
                    artefact_is_archived: self.artefact_is_archived.map(|flag| flag.0),
                    environments: std::mem::take(&mut self.environments),
                    statuses: std::mem::take(&mut self.test_execution_statuses),
                    metadata,
                    reviewers: self.reviewer_ids.take().or(self.assignee_ids.take()).map(|choice| choice.0),
                    rerun_is_requested: self.rerun_is_requested.map(|flag| flag.0),
                    is_latest: self.execution_is_latest.map(|flag| flag.0),
                    ..Default::default()
                }
            }
        }
    };
}

pub(super) use search_query;

/// Facts as a query spells them, by category. What is wrong with one of them is told with its text, before everything else.
pub(super) fn read_metadata(query: &str) -> ApiResult<Vec<(String, Vec<String>)>> {
    let mut categories: Vec<(String, Vec<String>)> = Vec::new();
    for (_, item) in url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == METADATA) {
        let (category, value) = read_pair(&item).map_err(ApiError::Rule)?;
        match categories.iter_mut().find(|(known, _)| *known == category) {
            Some((_, values)) => values.push(value),
            None => categories.push((category, vec![value])),
        }
    }
    Ok(categories)
}

fn read_pair(item: &str) -> Result<(String, String), String> {
    let malformed = |reason| format!("Invalid execution metadata format: '{item}'. {reason}");
    let (category, value) =
        item.split_once(':').ok_or_else(|| malformed("Expected base64 encoded 'category:value'."))?;
    let decode = |half: &str| {
        let text = STANDARD.decode(half).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        // Nothing that is stored holds the character NUL, and databases refuse to compare with it.
        text.filter(|text| !text.contains('\0'))
            .ok_or_else(|| format!("Invalid base64 encoding in execution metadata: '{item}'."))
    };
    let (category, value) = (decode(category)?, decode(value)?);
    if category.is_empty() || value.is_empty() {
        return Err(malformed("Both category and value must be non-empty."));
    }
    Ok((category, value))
}

#[cfg(test)]
mod tests {
    use super::read_pair;

    #[test]
    fn metadata_is_two_halves_in_base64() {
        for (item, expected) in [
            ("a2VybmVs:Ni45", Ok(("kernel", "6.9"))),
            ("a2VybmVs", Err("Expected base64")),
            ("a2VybmVs:Ni4", Err("Invalid base64")),
            ("a2VybmVs:/w==", Err("Invalid base64")),
            ("a2VybmVs:AA==", Err("Invalid base64")),
            (":Ni45", Err("must be non-empty")),
            ("a2VybmVs:", Err("must be non-empty")),
        ] {
            match (read_pair(item), expected) {
                (Ok((category, value)), Ok(wanted)) => assert_eq!((category.as_str(), value.as_str()), wanted),
                (Err(text), Err(part)) => assert!(text.contains(part), "{item}: {text}"),
                (read, _) => panic!("{item}: {read:?}"),
            }
        }
    }
}
