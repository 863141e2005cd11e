//! What a page asks the API for before it can show anything: asked once on the server, sent with the page, and asked again when the
//! address wants something else. The resources of Leptos have all of that generated for every type that is loaded and every page
//! that waits; behind `Loaded` there is one type of each.

use std::{any::Any, convert::Infallible, marker::PhantomData, pin::Pin, sync::Arc};

use leptos::{
    prelude::*,
    server::codee::{Decoder, Encoder},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::client::{self, ClientError};
use crate::erase::Erase;

/// Loads something, once.
pub(crate) fn load<T, F>(fetch: impl Fn() -> F + Send + Sync + 'static) -> Loaded<T>
where
    T: Loadable,
    F: Future<Output = Result<T, ClientError>> + Send + 'static,
{
    load_for(|| (), move |()| fetch())
}

/// Loads what is wanted, and again when something else is.
pub(crate) fn load_for<W, T, F>(
    wanted: impl Fn() -> W + Send + Sync + 'static,
    fetch: impl Fn(W) -> F + Send + Sync + 'static,
) -> Loaded<T>
where
    W: Clone + PartialEq + Send + Sync + 'static,
    T: Loadable,
    F: Future<Output = Result<T, ClientError>> + Send + 'static,
{
    let fetch = Arc::new(fetch);
    let wish = move || {
        let (wanted, fetch) = (wanted(), fetch.clone());
        let start = {
            let wanted = wanted.clone();
            move || {
                let answer = fetch(wanted.clone());
                let held: Fetched = Box::pin(async move {
                    let held: Arc<dyn Held> = Arc::new(answer.await);
                    Content::Held(held)
                });
                held
            }
        };
        Wish { wanted: Arc::new(wanted), start: Arc::new(start) }
    };
    Loaded { content: content(Box::new(wish)), of: PhantomData }
}

/// What can be loaded on the server and sent with the page.
pub(crate) trait Loadable: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Loadable for T {}

/// Something that is loaded, or will be.
pub(crate) struct Loaded<T> {
    content: Resource<Content, Carried>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Loaded<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loaded<T> {}

impl<T: Loadable> Loaded<T> {
    /// Loads the same again. What is shown stays until the answer is there.
    pub(crate) fn refetch(self) {
        self.content.refetch();
    }

    /// Shows what was loaded, and until then what it is that takes time. When something else is wanted, this stays until that is there.
    pub(crate) fn view(
        self,
        waiting: impl FnOnce() -> AnyView + Send + 'static,
        show: impl Fn(Result<T, ClientError>) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        staying(Box::new(waiting), shower(self.content, Arc::new(move |content| show(content.read()))))
    }

    /// The same, but what was loaded is gone as soon as something else is wanted: nobody shall take one for the other.
    pub(crate) fn view_one(
        self,
        waiting: impl FnOnce() -> AnyView + Send + 'static,
        show: impl Fn(Result<T, ClientError>) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        going(Box::new(waiting), shower(self.content, Arc::new(move |content| show(content.read()))))
    }
}

/// What takes time, in a page whose title is there already.
pub(crate) fn loading() -> AnyView {
    view! { <p class="loading">"Loading…"</p> }.erase()
}

/// What takes time, where the title is not there yet.
pub(crate) fn loading_page(title: &'static str) -> AnyView {
    view! { <h1>{title}</h1> <p class="loading">"Loading…"</p> }.erase()
}

type Fetched = Pin<Box<dyn Future<Output = Content> + Send>>;

fn content(wish: Box<dyn Fn() -> Wish + Send + Sync>) -> Resource<Content, Carried> {
    Resource::new_with_options(wish, |wish: Wish| (wish.start)(), true)
}

type Waiting = Box<dyn FnOnce() -> AnyView + Send>;

fn staying(waiting: Waiting, show: Shower) -> AnyView {
    view! { <Transition fallback=waiting>{show}</Transition> }.erase()
}

fn going(waiting: Waiting, show: Shower) -> AnyView {
    view! { <Suspense fallback=waiting>{show}</Suspense> }.erase()
}

type Shower = Box<dyn Fn() -> Suspend<AnyView> + Send>;

fn shower(content: Resource<Content, Carried>, show: Arc<dyn Fn(Content) -> AnyView + Send + Sync>) -> Shower {
    Box::new(move || {
        let show = show.clone();
        Suspend::new(async move { show(content.await) })
    })
}

/// What is wanted, and how it is asked for.
#[derive(Clone)]
struct Wish {
    wanted: Arc<dyn Same>,
    start: Arc<dyn Fn() -> Fetched + Send + Sync>,
}

impl PartialEq for Wish {
    fn eq(&self, other: &Self) -> bool {
        (*self.wanted).is(other.wanted.as_any())
    }
}

/// What can be compared with others of its type.
trait Same: Send + Sync {
    fn is(&self, other: &dyn Any) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<W: PartialEq + Send + Sync + 'static> Same for W {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<W>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What was loaded: here, or on the server, which sent it as text.
#[derive(Clone)]
enum Content {
    Held(Arc<dyn Held>),
    Sent(Arc<str>),
}

impl Content {
    fn read<T: Loadable>(&self) -> Result<T, ClientError> {
        match self {
            Self::Held(held) => (**held).as_any().downcast_ref::<Result<T, ClientError>>().cloned(),
            Self::Sent(text) => Some(client::read(text).and_then(|answer| answer)),
        }
        // What is loaded is read as what it was loaded as.
        .unwrap_or(Err(ClientError::NotFound))
    }
}

/// What was loaded here.
trait Held: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    #[cfg(feature = "ssr")]
    fn text(&self) -> serde_json::Result<String>;
}

impl<T: Loadable> Held for Result<T, ClientError> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    #[cfg(feature = "ssr")]
    fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// How it travels: as JSON, which is read when it is shown, by whoever knows its type.
struct Carried;

impl Encoder<Content> for Carried {
    type Error = serde_json::Error;
    type Encoded = String;

    #[cfg(feature = "ssr")]
    fn encode(content: &Content) -> Result<String, Self::Error> {
        match content {
            Content::Held(held) => (**held).text(),
            Content::Sent(text) => Ok(text.to_string()),
        }
    }

    /// Browsers send nothing along.
    #[cfg(not(feature = "ssr"))]
    fn encode(_content: &Content) -> Result<String, Self::Error> {
        Ok(String::new())
    }
}

impl Decoder<Content> for Carried {
    type Error = Infallible;
    type Encoded = str;

    fn decode(text: &str) -> Result<Content, Infallible> {
        Ok(Content::Sent(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use leptos::server::codee::Decoder;

    use super::{Carried, Content, Same, Wish};
    use crate::client::ClientError;

    #[test]
    fn what_was_loaded_is_read_wherever_that_was() -> Result<(), std::convert::Infallible> {
        let answer: Result<Vec<i64>, ClientError> = Ok(vec![1, 2]);
        assert_eq!(Content::Held(Arc::new(answer.clone())).read::<Vec<i64>>(), answer);
        assert_eq!(Carried::decode(r#"{"Ok":[1,2]}"#)?.read::<Vec<i64>>(), answer);
        assert_eq!(Carried::decode(r#"{"Err":"NotFound"}"#)?.read::<i64>(), Err(ClientError::NotFound));
        assert!(matches!(Carried::decode("<html>")?.read::<i64>(), Err(ClientError::Server(_))));
        Ok(())
    }

    #[test]
    fn the_same_wish_is_not_asked_again() {
        let wish = |wanted: Arc<dyn Same>| Wish { wanted, start: Arc::new(|| Box::pin(std::future::pending())) };
        assert!(wish(Arc::new(1)) == wish(Arc::new(1)));
        assert!(wish(Arc::new(1)) != wish(Arc::new(2)));
        assert!(wish(Arc::new(1)) != wish(Arc::new("1")));
    }
}
