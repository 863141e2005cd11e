//! Pages of what is read newest first: one row more than is shown is asked for, and says whether there is another page.

use app::api::Cursor;

/// Of the rows those that are shown, at most `limit`; and the place of the last one, if there are more behind it.
pub(super) fn cut_page<T>(mut rows: Vec<T>, limit: i64, place: impl Fn(&T) -> Cursor) -> (Vec<T>, Option<Cursor>) {
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > shown;
    rows.truncate(shown);
    let next = rows.last().filter(|_| has_more).map(place);
    (rows, next)
}
