//! The parts pages are made of.

pub(crate) mod copy;
pub(crate) mod error_notice;
pub(crate) mod icon;
pub(crate) mod navigation;
pub(crate) mod status;
pub(crate) mod theme;
