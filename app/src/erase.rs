//! Views without their types, for pages whose code the browser has.
//!
//! An erased view of Leptos carries two ways to come alive: at once, and piece by piece while code is still being fetched. The
//! second is a state machine of every view, a quarter of all code, and is needed only above the pages, which are the only code
//! that is fetched. So pages and what is on them are erased here, where both ways are the first.

use std::sync::Arc;

use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::{AnyView, IntoAny, RenderHtml};

/// Erases the type of a view.
pub(crate) trait Erase {
    /// The view without its type; unlike `into_any`, it never waits for code.
    fn erase(self) -> AnyView;
}

impl<V: RenderHtml + Send> Erase for V {
    #[cfg(not(feature = "hydrate"))]
    fn erase(self) -> AnyView {
        self.into_any()
    }

    #[cfg(feature = "hydrate")]
    fn erase(self) -> AnyView {
        at_once::AtOnce(self).into_any()
    }
}

/// What stands inside a component.
pub(crate) struct Inside(Box<dyn FnOnce() -> AnyView + Send>);

impl Inside {
    /// The view.
    pub(crate) fn view(self) -> AnyView {
        (self.0)()
    }
}

impl<F, V> ToChildren<F> for Inside
where
    F: FnOnce() -> V + Send + 'static,
    V: RenderHtml + Send + 'static,
{
    fn to_children(children: F) -> Self {
        Self(Box::new(move || children().erase()))
    }
}

impl<V: RenderHtml + Send + 'static> ToChildren<ChildrenOptContainer<V>> for Inside {
    fn to_children(children: ChildrenOptContainer<V>) -> Self {
        Self(Box::new(move || children.0.erase()))
    }
}

/// What stands inside a component that shows it again and again.
pub(crate) struct InsideFn(Arc<dyn Fn() -> AnyView + Send + Sync>);

impl InsideFn {
    /// The view, anew.
    pub(crate) fn view(&self) -> AnyView {
        (self.0)()
    }
}

impl<F, V> ToChildren<F> for InsideFn
where
    F: Fn() -> V + Send + Sync + 'static,
    V: RenderHtml + Send + 'static,
{
    fn to_children(children: F) -> Self {
        Self(Arc::new(move || children().erase()))
    }
}

impl<V: RenderHtml + Clone + Send + Sync + 'static> ToChildren<ChildrenOptContainer<V>> for InsideFn {
    fn to_children(children: ChildrenOptContainer<V>) -> Self {
        Self(Arc::new(move || children.0.clone().erase()))
    }
}

#[cfg(feature = "hydrate")]
mod at_once {
    use leptos::attr::{Attribute, any_attribute::AnyAttribute};
    use leptos::prelude::{AddAnyAttr, Render, RenderHtml};
    use leptos::tachys::hydration::Cursor;
    use leptos::tachys::view::{Position, PositionState};

    /// A view that comes alive at once: everything as the view itself does it, but for `hydrate_async`, which is left to what
    /// the trait says of views that need not wait.
    pub(super) struct AtOnce<V>(pub(super) V);

    impl<V: Render> Render for AtOnce<V> {
        type State = V::State;

        fn build(self) -> Self::State {
            self.0.build()
        }

        fn rebuild(self, state: &mut Self::State) {
            self.0.rebuild(state);
        }
    }

    impl<V: AddAnyAttr> AddAnyAttr for AtOnce<V> {
        type Output<NewAttr: Attribute> = AtOnce<V::Output<NewAttr>>;

        fn add_any_attr<NewAttr: Attribute>(self, attr: NewAttr) -> Self::Output<NewAttr>
        where
            Self::Output<NewAttr>: RenderHtml,
        {
            AtOnce(self.0.add_any_attr(attr))
        }
    }

    impl<V: RenderHtml> RenderHtml for AtOnce<V> {
        type AsyncOutput = V::AsyncOutput;
        type Owned = AtOnce<V::Owned>;

        const MIN_LENGTH: usize = V::MIN_LENGTH;
        const EXISTS: bool = V::EXISTS;

        fn dry_resolve(&mut self) {
            self.0.dry_resolve();
        }

        async fn resolve(self) -> Self::AsyncOutput {
            self.0.resolve().await
        }

        fn to_html_with_buf(
            self,
            buffer: &mut String,
            position: &mut Position,
            escape: bool,
            mark_branches: bool,
            extra_attrs: Vec<AnyAttribute>,
        ) {
            self.0.to_html_with_buf(buffer, position, escape, mark_branches, extra_attrs);
        }

        fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
            self.0.hydrate::<FROM_SERVER>(cursor, position)
        }

        fn into_owned(self) -> Self::Owned {
            AtOnce(self.0.into_owned())
        }
    }
}
