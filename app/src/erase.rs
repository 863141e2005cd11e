//! Views without their types, for pages whose code the browser has.
//!
//! An erased view of Leptos carries two ways to come alive: at once, and piece by piece while code is still being fetched. The
//! second is a state machine of every view, a quarter of all code, and is needed only above the pages, which are the only code
//! that is fetched. So pages and what is on them are erased here, where both ways are the first. Besides, Leptos generates eleven
//! functions for every type that it erases; here it is given one type, which asks for the three that differ.

use std::sync::Arc;

use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::{AnyView, IntoAny, RenderHtml};

/// Erases the type of a view.
pub(crate) trait Erase {
    /// The view without its type; unlike `into_any`, it never waits for code.
    fn erase(self) -> AnyView;

    /// The same for what the server never sends, such as the content of a dialog: browsers need not know how to take it over.
    fn erase_unsent(self) -> AnyView;

    /// The same for what is shown once, such as an item of a list: browsers need not know how to change it into another of its kind.
    fn erase_once(self) -> AnyView;
}

impl<V: RenderHtml + Send> Erase for V {
    #[cfg(not(all(feature = "hydrate", not(feature = "ssr"))))]
    fn erase(self) -> AnyView {
        self.into_any()
    }

    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    fn erase(self) -> AnyView {
        at_once::AtOnce::sent(self).into_any()
    }

    #[cfg(not(all(feature = "hydrate", not(feature = "ssr"))))]
    fn erase_unsent(self) -> AnyView {
        self.into_any()
    }

    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    fn erase_unsent(self) -> AnyView {
        at_once::AtOnce::unsent(self).into_any()
    }

    #[cfg(not(all(feature = "hydrate", not(feature = "ssr"))))]
    fn erase_once(self) -> AnyView {
        self.into_any()
    }

    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    fn erase_once(self) -> AnyView {
        at_once::AtOnce::once(self).into_any()
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

/// What stands inside a component that shows it again and again, and is closed when the server renders it.
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
        Self(Arc::new(move || children().erase_unsent()))
    }
}

impl<V: RenderHtml + Clone + Send + Sync + 'static> ToChildren<ChildrenOptContainer<V>> for InsideFn {
    fn to_children(children: ChildrenOptContainer<V>) -> Self {
        Self(Arc::new(move || children.0.clone().erase_unsent()))
    }
}

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
mod at_once {
    use std::any::{Any, TypeId};
    use std::future::ready;

    use leptos::attr::{Attribute, any_attribute::AnyAttribute};
    use leptos::prelude::{AddAnyAttr, Mountable, Render, RenderHtml};
    use leptos::tachys::hydration::Cursor;
    use leptos::tachys::renderer::Rndr;
    use leptos::tachys::renderer::types::{Element, Node, Placeholder};
    use leptos::tachys::view::{Position, PositionState};

    /// A view that comes alive at once, and already has no type: of what an erased view of Leptos carries for each type, there is
    /// one for all.
    pub(super) struct AtOnce(Box<dyn Alive>);

    impl AtOnce {
        pub(super) fn sent(view: impl RenderHtml) -> Self {
            Self(Box::new(Sent(view.into_owned())))
        }

        pub(super) fn unsent(view: impl RenderHtml) -> Self {
            Self(Box::new(Unsent(view.into_owned())))
        }

        pub(super) fn once(view: impl RenderHtml) -> Self {
            Self(Box::new(Once(view.into_owned())))
        }
    }

    /// A view, as far as browsers need one. The names are not those of Leptos, which every view has, too.
    trait Alive: Send {
        /// What tells its type from others.
        fn kind(&self) -> TypeId;
        /// Makes its elements.
        fn make(self: Box<Self>) -> Shown;
        /// Changes what a view of the same type has made.
        fn make_of(self: Box<Self>, before: &mut dyn Any);
        /// Takes over the elements that the server has sent.
        fn take_over(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Shown;
    }

    /// What the server may have sent.
    struct Sent<V>(V);

    /// What only browsers make.
    struct Unsent<V>(V);

    /// What the server may have sent, and is never changed: another one takes its place.
    struct Once<V>(V);

    /// The type of no view.
    struct Other;

    fn make<V: RenderHtml + 'static>(view: V) -> Shown {
        Shown::new::<V>(view.build(), (!V::EXISTS).then(Rndr::create_placeholder))
    }

    fn make_of<V: RenderHtml + 'static>(view: V, before: &mut dyn Any) {
        if let Some(state) = before.downcast_mut::<V::State>() {
            view.rebuild(state);
        }
    }

    fn take_over<V: RenderHtml + 'static>(view: V, cursor: &Cursor, position: &PositionState) -> Shown {
        let state = view.hydrate::<true>(cursor, position);
        Shown::new::<V>(state, (!V::EXISTS).then(|| cursor.next_placeholder(position)))
    }

    impl<V: RenderHtml + 'static> Alive for Sent<V> {
        fn kind(&self) -> TypeId {
            TypeId::of::<V>()
        }

        fn make(self: Box<Self>) -> Shown {
            make(self.0)
        }

        fn make_of(self: Box<Self>, before: &mut dyn Any) {
            make_of(self.0, before);
        }

        fn take_over(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Shown {
            take_over(self.0, cursor, position)
        }
    }

    impl<V: RenderHtml + 'static> Alive for Once<V> {
        fn kind(&self) -> TypeId {
            TypeId::of::<Other>()
        }

        fn make(self: Box<Self>) -> Shown {
            make(self.0)
        }

        /// Nothing is of its type.
        fn make_of(self: Box<Self>, _before: &mut dyn Any) {}

        fn take_over(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Shown {
            take_over(self.0, cursor, position)
        }
    }

    impl<V: RenderHtml + 'static> Alive for Unsent<V> {
        fn kind(&self) -> TypeId {
            TypeId::of::<V>()
        }

        fn make(self: Box<Self>) -> Shown {
            make(self.0)
        }

        fn make_of(self: Box<Self>, before: &mut dyn Any) {
            make_of(self.0, before);
        }

        /// There is nothing to take over.
        fn take_over(self: Box<Self>, _cursor: &Cursor, _position: &PositionState) -> Shown {
            make(self.0)
        }
    }

    /// What a view has made.
    trait Kept {
        fn any(&mut self) -> &mut dyn Any;
        fn take_away(&mut self);
        fn put(&mut self, parent: &Element, marker: Option<&Node>);
        fn put_before(&self, child: &mut dyn Mountable) -> bool;
        fn parts(&self) -> Vec<Element>;
    }

    impl<S: Mountable + 'static> Kept for S {
        fn any(&mut self) -> &mut dyn Any {
            self
        }

        fn take_away(&mut self) {
            Mountable::unmount(self);
        }

        fn put(&mut self, parent: &Element, marker: Option<&Node>) {
            Mountable::mount(self, parent, marker);
        }

        fn put_before(&self, child: &mut dyn Mountable) -> bool {
            Mountable::insert_before_this(self, child)
        }

        fn parts(&self) -> Vec<Element> {
            Mountable::elements(self)
        }
    }

    /// What a view has made, and of which type that was. What shows nothing has a place all the same.
    pub(super) struct Shown {
        kind: TypeId,
        kept: Box<dyn Kept>,
        place: Option<Placeholder>,
    }

    impl Shown {
        fn new<V: Render + 'static>(state: V::State, place: Option<Placeholder>) -> Self {
            Self { kind: TypeId::of::<V>(), kept: Box::new(state), place }
        }

        fn give_way_to(&mut self, mut new: Self) {
            if let Some(place) = &mut self.place {
                place.insert_before_this(&mut new);
            } else {
                self.insert_before_this(&mut new);
            }
            self.unmount();
            *self = new;
        }
    }

    impl Mountable for Shown {
        fn unmount(&mut self) {
            (*self.kept).take_away();
            if let Some(place) = &mut self.place {
                place.unmount();
            }
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            (*self.kept).put(parent, marker);
            if let Some(place) = &mut self.place {
                place.mount(parent, marker);
            }
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            (*self.kept).put_before(child) || self.place.as_ref().is_some_and(|place| place.insert_before_this(child))
        }

        fn elements(&self) -> Vec<Element> {
            (*self.kept).parts()
        }
    }

    impl Render for AtOnce {
        type State = Shown;

        fn build(self) -> Shown {
            self.0.make()
        }

        fn rebuild(self, shown: &mut Shown) {
            if (*self.0).kind() == shown.kind {
                self.0.make_of((*shown.kept).any());
            } else {
                shown.give_way_to(self.0.make());
            }
        }
    }

    impl AddAnyAttr for AtOnce {
        type Output<NewAttr: Attribute> = Self;

        /// An erased view of Leptos, which is always around this one, keeps such attributes to itself.
        fn add_any_attr<NewAttr: Attribute>(self, _attr: NewAttr) -> Self::Output<NewAttr>
        where
            Self::Output<NewAttr>: RenderHtml,
        {
            self
        }
    }

    impl RenderHtml for AtOnce {
        type AsyncOutput = Self;
        type Owned = Self;

        const MIN_LENGTH: usize = 0;

        fn dry_resolve(&mut self) {}

        fn resolve(self) -> impl Future<Output = Self::AsyncOutput> + Send {
            ready(self)
        }

        /// Servers write HTML, and erase otherwise.
        fn to_html_with_buf(
            self,
            _buffer: &mut String,
            _position: &mut Position,
            _escape: bool,
            _mark_branches: bool,
            _extra_attrs: Vec<AnyAttribute>,
        ) {
        }

        fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Shown {
            self.0.take_over(cursor, position)
        }

        fn into_owned(self) -> Self {
            self
        }
    }
}
