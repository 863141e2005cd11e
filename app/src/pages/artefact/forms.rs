//! What opens on a click: its code is a file of its own, which the browser fetches once the page is there.

use std::sync::Arc;
#[cfg(target_arch = "wasm32")]
use std::time::Duration;

use leptos::{html, lazy, prelude::*};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{
    add_result::ResultForm,
    attach::AttachForm,
    attach_many::ManyForm,
    bulk_review::BulkReview,
    comment::CommentActions,
    data::ResultView,
    desk::{Desk, Detaching, Reporting},
    detach::DetachForm,
    edit::EditForm,
    environment_issues::IssueForm,
    environments::Scope,
    manual_testing::ManualTestingForm,
    parts::come_later,
    reported_issues::ReportForm,
    reruns::{RerunForm, RerunTarget},
    review_panel::ReviewPanel,
    run_links::{LinkEditor, Links},
    sign_off::{Decisions, Rejection},
    state::{PageState, Row},
};
use crate::api::EnvironmentReportedIssueResponse;
use crate::components::{paint::after_paint, sending::Sending};
use crate::erase::Erase;

/// After so long the page has become alive, and nobody waits for what is fetched then.
#[cfg(target_arch = "wasm32")]
const SETTLED: Duration = Duration::from_millis(1_500);
const CONTROLS: &str = "input:not(:disabled), textarea, select, button:not(:disabled)";

/// The content of a dialog or a panel, with what it is about.
#[cfg_attr(not(target_arch = "wasm32"), expect(clippy::large_enum_variant, reason = "made once, moved once"))]
pub(super) enum Opened {
    Attach(Desk, Arc<ResultView>),
    AttachMany(RwSignal<bool>, Signal<Vec<i64>>, Callback<()>),
    Detach(Desk, Detaching),
    Report(Desk, Reporting),
    EnvironmentIssue {
        page: PageState,
        environment: String,
        issue: Option<EnvironmentReportedIssueResponse>,
        open: RwSignal<bool>,
    },
    ManualTesting(PageState, RwSignal<bool>),
    AddResult(i64, RwSignal<bool>, Callback<()>),
    BulkReview(Scope, RwSignal<bool>),
    Edit(PageState, RwSignal<bool>),
    Rejection(PageState, RwSignal<bool>),
    Comment {
        page: PageState,
        text: RwSignal<String>,
        open: RwSignal<bool>,
    },
    Review(Row, PageState),
    SignOff {
        page: PageState,
        sending: Sending,
        open: RwSignal<bool>,
        rejecting: RwSignal<bool>,
    },
    Rerun(PageState, Vec<RerunTarget>, RwSignal<bool>),
    Links(i64, Links, RwSignal<bool>),
}

#[lazy]
fn artefact_form(form: Opened) -> AnyView {
    match form {
        Opened::Attach(desk, result) => view! { <AttachForm desk result/> }.erase_unsent(),
        Opened::AttachMany(open, results, on_done) => view! { <ManyForm open results on_done/> }.erase_unsent(),
        Opened::Detach(desk, detaching) => view! { <DetachForm desk detaching/> }.erase_unsent(),
        Opened::Report(desk, reporting) => view! { <ReportForm desk reporting/> }.erase_unsent(),
        Opened::EnvironmentIssue { page, environment, issue, open } => {
            view! { <IssueForm page environment issue open/> }.erase_unsent()
        }
        Opened::ManualTesting(page, open) => view! { <ManualTestingForm page open/> }.erase_unsent(),
        Opened::AddResult(run, open, on_added) => view! { <ResultForm run open on_added/> }.erase_unsent(),
        Opened::BulkReview(scope, open) => view! { <BulkReview scope open/> }.erase_unsent(),
        Opened::Edit(page, open) => view! { <EditForm page open/> }.erase_unsent(),
        Opened::Rejection(page, open) => view! { <Rejection page open/> }.erase_unsent(),
        Opened::Comment { page, text, open } => view! { <CommentActions page text open/> }.erase_unsent(),
        Opened::Review(row, page) => view! { <ReviewPanel row page/> }.erase_unsent(),
        Opened::SignOff { page, sending, open, rejecting } => {
            view! { <Decisions page sending open rejecting/> }.erase_unsent()
        }
        Opened::Rerun(page, targets, open) => view! { <RerunForm page targets open/> }.erase_unsent(),
        Opened::Links(run, links, open) => view! { <LinkEditor run links open/> }.erase_unsent(),
    }
}

/// The form, as soon as its code is there and the dialog around it can be seen: whoever pressed a button sees that something
/// happens before the form is built. Only in what is closed when the server renders it.
pub(super) fn later(form: Opened) -> impl IntoView {
    come_later();
    let place = NodeRef::<html::Div>::new();
    let view = Suspend::new(async move {
        SendWrapper::new(painted()).await;
        let view = artefact_form(form).await;
        focus_first(place);
        view
    });
    view! {
        <div class="later" node_ref=place>
            {view}
        </div>
    }
}

/// Waits until what is there has been painted.
async fn painted() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        after_paint(move || {
            let _ = resolve.call0(&JsValue::NULL);
        });
    });
    // A timer cannot fail.
    let _ = JsFuture::from(promise).await;
}

/// A dialog that opened before its content was there has put the focus elsewhere. Whoever has gone on meanwhile is left alone.
fn focus_first(place: NodeRef<html::Div>) {
    let Some(place) = place.get_untracked() else { return };
    if !is_awaited(&place) {
        return;
    }
    // What has just been built can have the focus in the next frame.
    request_animation_frame(move || {
        let first = place.query_selector(CONTROLS).ok().flatten();
        if let Some(first) = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok()) {
            // What has left the page meanwhile cannot have the focus.
            let _ = first.focus();
        }
    });
}

/// Whether the focus is nowhere, or in the dialog that what comes later belongs into.
fn is_awaited(place: &web_sys::Element) -> bool {
    let Some(focused) = document().active_element() else { return true };
    let dialog = place.closest("dialog, [role=dialog]").ok().flatten();
    focused.contains(Some(place)) || dialog.is_some_and(|dialog| dialog.contains(Some(&focused)))
}

/// Fetches the code of parts and forms when the page is alive, so that the first click need not wait for it.
pub(super) fn fetch_forms() {
    #[cfg(target_arch = "wasm32")]
    Effect::new(|| {
        let fetch = async {
            super::parts::fetch_parts().await;
            __preload_artefact_form().await;
        };
        set_timeout(|| leptos::task::spawn_local(fetch), SETTLED);
    });
}
