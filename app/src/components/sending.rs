//! A change on its way to the API: sent once however often somebody presses, and its error shown where it was asked for.

use std::pin::Pin;

use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use crate::client::{Change, Client, ClientError};
use crate::erase::Erase;

/// Something on its way, which ends in what is to be done with the answer. Without types: there are dozens of changes, and what is
/// done around them is generated once.
type Work = Pin<Box<dyn Future<Output = Result<Box<dyn FnOnce()>, ClientError>>>>;

/// What a form knows of the change it sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    is_busy: RwSignal<bool>,
    error: RwSignal<Option<ClientError>>,
}

impl Sending {
    /// Nothing is on its way yet.
    pub(crate) fn new() -> Self {
        Self { is_busy: RwSignal::new(false), error: RwSignal::new(None) }
    }

    /// Whether an answer is awaited.
    pub(crate) fn is_busy(self) -> bool {
        self.is_busy.get()
    }

    /// Forgets the last error, for a form that is opened again.
    pub(crate) fn reset(self) {
        self.error.set(None);
    }

    /// Sends a change, unless one is on its way, and goes on with the answer; an error stays for [`SendingError`].
    pub(crate) fn send<T: DeserializeOwned + 'static>(self, change: Change, done: impl FnOnce(T) + 'static) {
        self.run(Client::current().send::<T>(change), done);
    }

    /// The same, but a contradiction with what is there, such as a name that is taken, is told to `problem`: a field can say
    /// it better.
    pub(crate) fn send_at<T: DeserializeOwned + 'static>(
        self,
        change: Change,
        problem: RwSignal<Option<String>>,
        done: impl FnOnce(T) + 'static,
    ) {
        let answer = Client::current().send::<T>(change);
        problem.set(None);
        let work = async move {
            match answer.await {
                Err(ClientError::Outdated(words)) if !words.is_empty() => {
                    problem.try_set(Some(words));
                    Ok(None)
                }
                answer => answer.map(Some),
            }
        };
        self.run(work, move |answer| {
            if let Some(answer) = answer {
                done(answer);
            }
        });
    }

    /// The same for several requests in a row.
    pub(crate) fn run<T: 'static>(
        self,
        work: impl Future<Output = Result<T, ClientError>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        self.start(Box::pin(async move {
            let answer = work.await?;
            let done: Box<dyn FnOnce()> = Box::new(move || done(answer));
            Ok(done)
        }));
    }

    fn start(self, work: Work) {
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        self.error.set(None);
        spawn_local(async move {
            let answer = work.await;
            // The form may be gone by now; then nobody wants to know.
            self.is_busy.try_set(false);
            match answer {
                Ok(done) => done(),
                Err(error) => {
                    self.error.try_set(Some(error));
                }
            }
        });
    }
}

/// Why the last change was not made.
#[component]
pub(crate) fn SendingError(sending: Sending) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                sending.error.get().map(|error| {
                    let text = error.details().unwrap_or_else(|| error.advice()).to_owned();
                    view! { <p class="notice notice-error error-details"><strong>{title(&error)}". "</strong>{text}</p> }
                })
            }}
        </div>
    }
    .erase()
}

/// What happened, in a line: errors speak of what somebody wanted to see, here somebody wanted to do something.
fn title(error: &ClientError) -> &'static str {
    match error {
        ClientError::NotPermitted(_) => "You may not do this",
        error => error.title(),
    }
}
