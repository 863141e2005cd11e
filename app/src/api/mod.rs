//! The API's types, as they travel between server and browser: one file per noun, the same names as the REST contract.

mod artefacts;
mod environments;
mod errors;
mod getting_started;
#[cfg(feature = "ssr")]
mod input;
mod issues;
mod permissions;
#[cfg(feature = "ssr")]
mod problems;
#[cfg(feature = "ssr")]
mod start_test;
mod test_executions;
mod test_results;
mod text_enum;
mod timestamp;
mod users;
mod version;

pub use artefacts::*;
pub use environments::*;
pub use errors::*;
pub use getting_started::*;
#[cfg(feature = "ssr")]
pub use input::*;
pub use issues::*;
pub use permissions::*;
#[cfg(feature = "ssr")]
pub use problems::*;
#[cfg(feature = "ssr")]
pub use start_test::*;
pub use test_executions::*;
pub use test_results::*;
pub use timestamp::*;
pub use users::*;
pub use version::*;

pub(crate) use text_enum::text_enum;
