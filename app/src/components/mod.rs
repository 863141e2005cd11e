//! The parts pages are made of.

pub(crate) mod avatar;
pub(crate) mod button;
pub(crate) mod combobox;
pub(crate) mod copy;
pub(crate) mod dialog;
pub(crate) mod error_notice;
pub(crate) mod feedback;
pub(crate) mod field;
pub(crate) mod filters;
pub(crate) mod icon;
pub(crate) mod issue;
pub(crate) mod issue_url;
pub(crate) mod live;
pub(crate) mod moment;
pub(crate) mod navigation;
pub(crate) mod pager;
pub(crate) mod popover;
pub(crate) mod preferences;
pub(crate) mod rerun_dialog;
pub(crate) mod result_table;
pub(crate) mod sending;
pub(crate) mod session;
pub(crate) mod shortcuts;
pub(crate) mod status;
pub(crate) mod theme;
