//! Lists whose rows change one by one: the others stay as they are, and so does the focus.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// What stands in such a list.
pub(crate) trait Listed: Send + Sync + 'static {
    /// What tells it from the others.
    fn id(&self) -> i64;
}

/// A row; what it shows may change.
pub(crate) struct Row<T: 'static> {
    /// What tells it from the others.
    pub(crate) id: i64,
    /// What it shows.
    pub(crate) value: ArcRwSignal<T>,
}

// Derived, it would ask the same of what the row shows.
impl<T> Clone for Row<T> {
    fn clone(&self) -> Self {
        Self { id: self.id, value: self.value.clone() }
    }
}

/// The rows of a list.
pub(crate) struct Rows<T: 'static>(RwSignal<Vec<Row<T>>>);

impl<T> Clone for Rows<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Rows<T> {}

impl<T: Listed> Rows<T> {
    /// Rows for what the API gave, in its order.
    pub(crate) fn new(listed: Vec<T>) -> Self {
        Self(RwSignal::new(listed.into_iter().map(row).collect()))
    }

    /// The rows as they are now.
    pub(crate) fn get(self) -> Vec<Row<T>> {
        self.0.get()
    }

    /// How many there are.
    pub(crate) fn count(self) -> usize {
        self.0.with(Vec::len)
    }

    /// Shows something as it has become; as the last one where it is new.
    pub(crate) fn store(self, listed: T) {
        // The list may be gone by the time an answer comes.
        self.0.try_update(|rows| match rows.iter().find(|row| row.id == listed.id()) {
            Some(row) => row.value.set(listed),
            None => rows.push(self::row(listed)),
        });
    }

    /// Takes something off the list. The focus goes to its neighbour, whose element is called `row-12`.
    pub(crate) fn remove(self, id: i64) {
        let neighbour = self.0.try_update(|rows| {
            let at = rows.iter().position(|row| row.id == id)?;
            rows.remove(at);
            rows.get(at).or(rows.last()).map(|row| row.id)
        });
        let place = match neighbour.flatten() {
            Some(id) => format!("#row-{id} button"),
            None => "#main".to_owned(),
        };
        // After the dialog has closed, which would give the focus to what is no longer there.
        request_animation_frame(move || {
            let element = document().query_selector(&place).ok().flatten();
            if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = element.focus();
            }
        });
    }
}

fn row<T: Listed>(listed: T) -> Row<T> {
    Row { id: listed.id(), value: ArcRwSignal::new(listed) }
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::{Listed, Rows};

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Thing(i64, &'static str);

    impl Listed for Thing {
        fn id(&self) -> i64 {
            self.0
        }
    }

    fn shown(rows: Rows<Thing>) -> Vec<Thing> {
        rows.0.with_untracked(|rows| rows.iter().map(|row| row.value.get_untracked()).collect())
    }

    #[test]
    fn what_changed_keeps_its_place_and_what_is_new_comes_last() {
        Owner::new().with(|| {
            let rows = Rows::new(vec![Thing(1, "one"), Thing(2, "two")]);
            rows.store(Thing(1, "uno"));
            rows.store(Thing(3, "three"));
            assert_eq!(shown(rows), [Thing(1, "uno"), Thing(2, "two"), Thing(3, "three")]);
        });
    }
}
