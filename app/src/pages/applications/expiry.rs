//! Until when keys are good: as a field has it, as the API takes it, and as a list shows it.

use leptos::prelude::*;
use serde_json::{Value, json};

use crate::erase::Erase;
use crate::{
    api::Timestamp,
    components::{
        icon::Icon,
        moment::Moment,
        status::{Look, Tone},
    },
    text::date::Day,
};

/// As many days before the end a list begins to warn.
const SOON: i64 = 14;

/// What a field holds: `2031-05-04T03:02` in UTC, or nothing for never.
pub(super) fn field_of(expires_at: Option<&Timestamp>) -> String {
    expires_at.map(|end| end.as_str().chars().take(16).collect()).unwrap_or_default()
}

/// What the API takes for what a field holds.
pub(super) fn to_api(field: &str) -> Value {
    match field.trim() {
        "" => Value::Null,
        // Browsers leave out seconds of zero.
        end if end.len() == 16 => json!(format!("{end}:00Z")),
        end => json!(format!("{end}Z")),
    }
}

/// What is to be said about an end besides its time. Today is known to the day only: a key of today may be good or not.
fn state(end: &str, today: Day) -> Option<(Tone, &'static str)> {
    let days = Day::parse(end)?.days_after(today);
    match days {
        ..0 => Some((Tone::Bad, "Expired")),
        0..=SOON => Some((Tone::Odd, "Expires soon")),
        _ => None,
    }
}

/// Until when, with a mark where somebody should act.
pub(super) fn view(expires_at: Option<Timestamp>, today: Day) -> AnyView {
    let Some(end) = expires_at else { return view! { <span class="quiet">"never"</span> }.erase() };
    let mark = state(end.as_str(), today).map(|(tone, label)| {
        let icon = if tone == Tone::Bad { Icon::Failed } else { Icon::Warning };
        view! { {Look { icon, tone, label }.view()} " " }
    });
    view! {
        {mark}
        <Moment at=end/>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{field_of, state, to_api};
    use crate::{api::Timestamp, components::status::Tone, text::date::Day};

    #[test]
    fn a_field_and_the_api_mean_the_same_time() {
        let end: Timestamp = serde_json::from_value(json!("2031-05-04T03:02:01.5")).unwrap();
        assert_eq!(field_of(Some(&end)), "2031-05-04T03:02");
        assert_eq!(field_of(None), "");
        assert_eq!(to_api("2031-05-04T03:02"), json!("2031-05-04T03:02:00Z"));
        assert_eq!(to_api("2031-05-04T03:02:01"), json!("2031-05-04T03:02:01Z"));
        assert_eq!(to_api(" "), Value::Null);
    }

    #[test]
    fn ends_that_are_near_or_past_are_marked() {
        let today = Day::parse("2031-05-04").unwrap();
        for (end, expected) in [
            ("2031-05-03T23:59:59", Some(Tone::Bad)),
            ("2031-05-04T00:00:00", Some(Tone::Odd)),
            ("2031-05-18T00:00:00", Some(Tone::Odd)),
            ("2031-05-19T00:00:00", None),
        ] {
            assert_eq!(state(end, today).map(|(tone, _)| tone), expected, "{end}");
        }
    }
}
