//! The pages, one module each.

pub(crate) mod artefact;
pub(crate) mod family;
pub(crate) mod getting_started;
pub(crate) mod home;
pub(crate) mod lazy;
pub(crate) mod not_found;
