// What the split build's files are called, and which of them belong to a page.

/** The name of a function whose code is split off, without the number that the build puts behind it. */
export const nameOf = (split) => split.replace(/_\d+$/, "");

/** What is never needed without a page: sent with it when that shows it, or fetched behind it. */
export const pageOf = { artefact_part: "artefact_page", artefact_form: "artefact_page" };
