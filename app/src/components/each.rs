//! Lists whose items stay as they are while others come and go. The `For` of Leptos has the browser's work on a list generated for
//! every type of item, of key and of view; behind `Each` there is one type of each, so that it is generated once.

use std::{
    any::Any,
    hash::{Hash, Hasher},
    sync::Arc,
};

use leptos::prelude::*;

use crate::erase::Erase;

/// A list; to be used as `For` is.
#[component]
pub(crate) fn Each<E, I, T, C, N, F, K>(
    /// The items.
    each: E,
    /// What tells an item from the others.
    key: F,
    /// How an item is shown.
    children: C,
) -> impl IntoView
where
    E: Fn() -> I + Send + 'static,
    I: IntoIterator<Item = T> + Send + 'static,
    C: Fn(T) -> N + Send + Clone + 'static,
    N: IntoView + 'static,
    F: Fn(&T) -> K + Send + Clone + 'static,
    K: Eq + Hash + Send + Sync + 'static,
    T: Send + 'static,
{
    list(Box::new(move || {
        let entry = |item: T| {
            let (key, children) = (Key(Arc::new(key(&item))), children.clone());
            Entry { key, view: Box::new(move || children(item).erase_once()) }
        };
        each().into_iter().map(entry).collect::<Vec<_>>()
    }))
}

fn list(entries: Box<dyn Fn() -> Vec<Entry> + Send>) -> AnyView {
    let key = |entry: &Entry| entry.key.clone();
    let children = |entry: Entry| (entry.view)();
    view! { <For each=entries key children/> }.erase()
}

/// An item whose type is not known any more.
struct Entry {
    key: Key,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

/// A key of any type.
#[derive(Clone)]
struct Key(Arc<dyn Tells>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        (*self.0).is((*other.0).as_any())
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (*self.0).feed(state);
    }
}

/// What can be told from others of its type.
trait Tells: Send + Sync {
    fn feed(&self, hasher: &mut dyn Hasher);
    fn is(&self, other: &dyn Any) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<K: Eq + Hash + Send + Sync + 'static> Tells for K {
    fn feed(&self, mut hasher: &mut dyn Hasher) {
        Hash::hash(self, &mut hasher);
    }

    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<K>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::{
        hash::{BuildHasher, RandomState},
        sync::Arc,
    };

    use super::Key;

    #[test]
    fn keys_are_the_same_when_their_types_and_values_are() {
        let key = |name: &str| Key(Arc::new(name.to_owned()));
        assert!(key("a") == key("a") && key("a") != key("b"));
        assert!(Key(Arc::new(1_i64)) == Key(Arc::new(1_i64)) && Key(Arc::new(1_i64)) != Key(Arc::new(1_u8)));
        let state = RandomState::new();
        assert_eq!(state.hash_one(key("a")), state.hash_one(key("a")));
    }
}
