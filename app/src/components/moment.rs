//! Points in time: sent in UTC, shown in the reader's own zone as soon as the page is alive.

use leptos::prelude::*;

use crate::api::Timestamp;

/// `2031-05-04 03:02:01`, with the other zone's time as its tooltip.
#[component]
pub(crate) fn Moment(at: Timestamp) -> impl IntoView {
    let utc = format!("{} UTC", at.to_display());
    let iso = format!("{}Z", at.as_str());
    let shown = RwSignal::new(utc.clone());
    let own = iso.clone();
    Effect::new(move || shown.set(local(&own)));
    view! { <time class="number" datetime=iso title=utc>{shown}</time> }
}

/// "3 hours ago", with the time as its tooltip.
#[component]
pub(crate) fn Ago(at: Timestamp) -> impl IntoView {
    let utc = format!("{} UTC", at.to_display());
    let iso = format!("{}Z", at.as_str());
    let shown = RwSignal::new(utc.clone());
    let own = iso.clone();
    Effect::new(move || {
        let seconds = (js_sys::Date::now() - js_sys::Date::parse(&own)) / 1000.0;
        shown.set(ago(seconds));
    });
    view! { <time datetime=iso title=utc>{shown}</time> }
}

fn local(iso: &str) -> String {
    let date = js_sys::Date::new(&iso.into());
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds()
    )
}

/// Whole units, the largest first.
fn ago(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "ages fit any integer")]
    let minutes = (seconds / 60.0).floor() as i64;
    let (count, unit) = match minutes {
        ..=0 => return "Just now".to_owned(),
        1..=59 => (minutes, "minute"),
        60..=1439 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        for (seconds, expected) in [
            (-5.0, "Just now"),
            (59.0, "Just now"),
            (60.0, "1 minute ago"),
            (3599.0, "59 minutes ago"),
            (7200.0, "2 hours ago"),
            (86_400.0, "1 day ago"),
            (200_000.0, "2 days ago"),
        ] {
            assert_eq!(ago(seconds), expected);
        }
    }
}
