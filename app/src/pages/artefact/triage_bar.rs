//! How far triage is, the way to what is next, what is picked, and the keys for all of it.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{
    attach_many::AttachMany,
    failures::{Failure, next_after, place_among, previous_before, progress},
    row_actions::{RowAction, focused_result, open_and_press, press, result_around, select_focused},
    triage::{Triage, use_triage, use_way_to_results},
    views::ArtefactView,
};
use crate::erase::Erase;
use crate::{
    api::Permission,
    components::{button::ActionButton, paint::after_paint, session::use_session, shortcuts::use_shortcut},
};

/// Progress and keys of triage. What failed is asked for once the page is alive: it is about acting, not about reading.
#[component]
pub(super) fn TriageBar(
    view: Memo<ArtefactView>,
    /// Asks for a rerun of a run: the key `r`.
    #[prop(into)]
    on_rerun: Callback<i64>,
) -> impl IntoView {
    let triage = use_triage();
    // Where the last key led, for when the focus has gone elsewhere since.
    let current = RwSignal::new(None::<i64>);
    Effect::new(move || {
        // The view by test asks for the same, and hands it on.
        if view.get() != ArtefactView::Tests && triage.failures.with_untracked(Option::is_none) {
            triage.load();
        }
    });
    tick_boxes(triage);
    let way = use_way_to_results();
    claim_moves(triage, current, way);
    claim_actions(triage, current, on_rerun);
    let is_attaching = RwSignal::new(false);
    let words = move || {
        triage.failures.with(|failures| match failures {
            Some(Ok(failures)) => progress(failures),
            Some(Err(error)) => format!("What failed could not be counted: {}", error.title()),
            None => String::new(),
        })
    };
    let place = move || {
        let place = with_failures(triage, |failures| place_among(failures, current.get()?));
        place.unwrap_or_default()
    };
    let untriaged =
        Memo::new(move |_| with_failures(triage, |failures| failures.iter().filter(|it| it.issues.is_empty()).count()));
    let picked =
        Signal::derive(move || triage.selected.with(|selected| selected.iter().copied().collect::<Vec<i64>>()));
    let is_none_picked = move || triage.selected.with(BTreeSet::is_empty);
    view! {
        <div class="triage" role="region" aria-label="Triage">
            <span class="number" role="status" title="Failed and skipped results of the newest run of each plan; triaged means that an issue is attached.">
                {words}
            </span>
            <ActionButton
                label="Next untriaged"
                on_press=Callback::new(move |()| go(triage, current, way, next_untriaged))
                obstacle=Signal::derive(move || (untriaged.get() == 0).then(|| "Everything is triaged.".to_owned()))
                shortcut="n"
            />
            <span class="number" role="status">{place}</span>
            <span class="triage-picked" hidden=is_none_picked>
                <span class="number">{move || format!("{} selected", triage.selected.with(BTreeSet::len))}</span>
                <ActionButton
                    label="Attach an issue"
                    on_press=Callback::new(move |()| is_attaching.set(true))
                    permit=use_session().permit_signal(Permission::ChangeIssueAttachment)
                />
                <ActionButton label="Clear selection" on_press=Callback::new(move |()| triage.selected.update(BTreeSet::clear))/>
            </span>
            <AttachMany open=is_attaching results=picked on_done=move |()| triage.selected.update(BTreeSet::clear)/>
        </div>
    }
    .erase()
}

fn with_failures<T: Default>(triage: Triage, read: impl Fn(&[Failure]) -> T) -> T {
    triage.failures.with(|failures| match failures {
        Some(Ok(failures)) => read(failures),
        _ => T::default(),
    })
}

/// Ticks the boxes of the rows that are picked, and no others: one for all rows, however many there are.
fn tick_boxes(triage: Triage) {
    Effect::new(move || {
        triage.selected.with(|selected| {
            let Ok(boxes) = document().query_selector_all(".result-picker") else { return };
            for at in 0..boxes.length() {
                let element = boxes.item(at).and_then(|node| node.dyn_into::<web_sys::HtmlInputElement>().ok());
                let Some(element) = element else { continue };
                element.set_checked(result_around(&element).is_some_and(|result| selected.contains(&result)));
            }
        });
    });
}

type Choose = for<'a> fn(&'a [Failure], Option<i64>) -> Option<&'a Failure>;

fn next(failures: &[Failure], from: Option<i64>) -> Option<&Failure> {
    next_after(failures, from, |_| true)
}

fn next_untriaged(failures: &[Failure], from: Option<i64>) -> Option<&Failure> {
    next_after(failures, from, |failure| failure.issues.is_empty())
}

/// The result that keys are about.
fn subject(current: RwSignal<Option<i64>>) -> Option<i64> {
    focused_result().or_else(|| current.get_untracked())
}

fn go(triage: Triage, current: RwSignal<Option<i64>>, way: Callback<(i64, i64)>, choose: Choose) {
    let from = subject(current);
    let place = untrack(|| with_failures(triage, |failures| choose(failures, from).map(|it| (it.run, it.result))));
    if let Some((run, result)) = place {
        current.set(Some(result));
        // The bar says at once where that is; opening what is around it takes longer.
        after_paint(move || way.run((run, result)));
    }
}

fn claim_moves(triage: Triage, current: RwSignal<Option<i64>>, way: Callback<(i64, i64)>) {
    let to = move |choose: Choose| Callback::new(move |()| go(triage, current, way, choose));
    use_shortcut("j", "Go to the next failure", to(next));
    use_shortcut("k", "Go to the previous failure", to(previous_before));
    use_shortcut("n", "Go to the next untriaged failure", to(next_untriaged));
}

fn claim_actions(triage: Triage, current: RwSignal<Option<i64>>, on_rerun: Callback<i64>) {
    let with_subject = move |act: fn(i64)| {
        Callback::new(move |()| {
            if let Some(result) = subject(current) {
                act(result);
            }
        })
    };
    use_shortcut(
        "o",
        "Open or close the result and its log",
        with_subject(|result| {
            press(result, RowAction::Open);
        }),
    );
    use_shortcut(
        "a",
        "Attach an issue to the result",
        with_subject(|result| open_and_press(result, RowAction::Attach)),
    );
    use_shortcut(
        "d",
        "Detach the result’s first issue",
        with_subject(|result| open_and_press(result, RowAction::Detach)),
    );
    use_shortcut("x", "Select what has the focus: a result, or an environment", Callback::new(|()| select_focused()));
    let rerun = move |()| {
        let Some(result) = subject(current) else { return };
        let run = untrack(|| {
            with_failures(triage, |failures| failures.iter().find(|it| it.result == result).map(|it| it.run))
        });
        if let Some(run) = run {
            on_rerun.run(run);
        }
    };
    use_shortcut("r", "Request a rerun", Callback::new(rerun));
}
