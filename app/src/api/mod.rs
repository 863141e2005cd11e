//! The API's types, as they travel between server and browser: one file per noun, the same names as the REST contract.

mod applications;
#[cfg(feature = "ssr")]
mod artefact_patch;
mod artefacts;
mod attachment_rules;
mod audit_log;
#[cfg(feature = "ssr")]
mod cursor;
#[cfg(feature = "ssr")]
mod end_test;
mod environment_reviews;
mod environments;
mod errors;
mod events;
mod execution_metadata;
mod getting_started;
#[cfg(feature = "ssr")]
mod input;
#[cfg(feature = "ssr")]
mod instant;
mod issues;
mod jobs;
mod kept_artefacts;
#[cfg(feature = "ssr")]
mod local_accounts;
mod matching_rules;
mod notifications;
mod own_reviews;
mod permissions;
#[cfg(feature = "ssr")]
mod problems;
mod reported_issues;
mod rerun_requests;
mod rule_applications;
#[cfg(feature = "ssr")]
mod search_filters;
mod session;
#[cfg(feature = "ssr")]
mod start_test;
mod teams;
mod test_cases;
mod test_events;
mod test_executions;
mod test_result_search;
mod test_results;
mod text_enum;
mod timestamp;
mod users;
mod version;
mod webhooks;

pub use applications::*;
#[cfg(feature = "ssr")]
pub use artefact_patch::*;
pub use artefacts::*;
pub use attachment_rules::*;
pub use audit_log::*;
#[cfg(feature = "ssr")]
pub use cursor::*;
#[cfg(feature = "ssr")]
pub use end_test::*;
pub use environment_reviews::*;
pub use environments::*;
pub use errors::*;
pub use events::*;
pub use execution_metadata::*;
pub use getting_started::*;
#[cfg(feature = "ssr")]
pub use input::*;
#[cfg(feature = "ssr")]
pub use instant::*;
pub use issues::*;
pub use jobs::*;
pub use kept_artefacts::*;
#[cfg(feature = "ssr")]
pub use local_accounts::*;
pub use matching_rules::*;
pub use notifications::*;
pub use own_reviews::*;
pub use permissions::*;
#[cfg(feature = "ssr")]
pub use problems::*;
pub use reported_issues::*;
pub use rerun_requests::*;
pub use rule_applications::*;
#[cfg(feature = "ssr")]
pub use search_filters::*;
pub use session::*;
#[cfg(feature = "ssr")]
pub use start_test::*;
pub use teams::*;
pub use test_cases::*;
pub use test_events::*;
pub use test_executions::*;
pub use test_result_search::*;
pub use test_results::*;
pub use timestamp::*;
pub use users::*;
pub use version::*;
pub use webhooks::*;

pub(crate) use text_enum::text_enum;
