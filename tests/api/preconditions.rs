//! `ETag`, `If-Match` and `If-None-Match` of artefacts and environment reviews: nobody overwrites what they have not seen.

use std::collections::BTreeSet;

use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, snap};

const APPROVED: &str = "APPROVED_ALL_TESTS_PASS";

/// What has a tag, and a change of it that clients can make.
struct Tagged {
    path: String,
    review: i64,
    /// A change with that comment.
    change: fn(i64, &str) -> Value,
    /// The comment of what an answer shows.
    comment: fn(&Value) -> &Value,
}

/// An artefact with two environments, one of its reviews, and the list of them.
async fn tagged(app: &TestApp) -> [Tagged; 3] {
    let execution = app.start(&snap(&json!({"environment": "one"}))).await;
    app.start(&snap(&json!({"environment": "two"}))).await;
    let artefact = app.artefact_of(execution).await;
    let review = app.raw.number("SELECT MIN(id) FROM artefact_build_environment_review").await;
    let path = format!("/v1/artefacts/{artefact}");
    [
        Tagged {
            path: path.clone(),
            review,
            change: |_, text| json!({"comment": text}),
            comment: |shown| &shown["comment"],
        },
        Tagged {
            path: format!("{path}/environment-reviews/{review}"),
            review,
            change: |_, text| json!({"review_comment": text}),
            comment: |shown| &shown["review_comment"],
        },
        Tagged {
            path: format!("{path}/environment-reviews"),
            review,
            change: |review, text| json!([{"id": review, "review_comment": text}]),
            comment: |shown| &shown[0]["review_comment"],
        },
    ]
}

impl Tagged {
    fn change(&self, text: &str) -> Value {
        (self.change)(self.review, text)
    }

    /// The comment as it is stored now.
    async fn comment(&self, app: &TestApp) -> Value {
        (self.comment)(&app.get(&self.path).await.ok()).clone()
    }
}

/// The tag of an answer, which is a strong one.
#[track_caller]
fn tag_of(answer: &Answer) -> String {
    let tag = answer.headers.get("etag").expect("no tag").to_str().unwrap();
    assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    assert!(!tag[1..tag.len() - 1].contains('"'), "{tag}");
    tag.to_owned()
}

async fn tag(app: &TestApp, path: &str) -> String {
    let answer = app.get(path).await;
    answer.ok();
    tag_of(&answer)
}

/// Sends a request with the key of the application and one more header.
async fn with(app: &TestApp, method: Method, path: &str, header: (&str, &str), body: &Value) -> Answer {
    let bearer = format!("Bearer {}", app.key);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), header];
    let body = if method == Method::GET { String::new() } else { body.to_string() };
    app.request(method, path, &headers, body).await
}

async fn patch_if(app: &TestApp, path: &str, tag: &str, body: &Value) -> Answer {
    with(app, Method::PATCH, path, ("if-match", tag), body).await
}

async fn get_unless(app: &TestApp, path: &str, tag: &str) -> Answer {
    with(app, Method::GET, path, ("if-none-match", tag), &Value::Null).await
}

#[track_caller]
fn failed(answer: &Answer) {
    assert_eq!(answer.status, 412, "{}", answer.text());
    let body = answer.json();
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
}

both! {
    // A strong tag that stays while nothing changes; the answer to a change carries the next one.
    async fn a_tag_changes_with_what_it_tags(app: TestApp) {
        for it in tagged(&app).await {
            let first = tag(&app, &it.path).await;
            assert_eq!(tag(&app, &it.path).await, first, "{}", it.path);
            let answer = app.patch(&it.path, &it.change(&format!("changed {}", it.path))).await;
            answer.ok();
            let second = tag_of(&answer);
            assert_ne!(second, first, "{}", it.path);
            assert_eq!(tag(&app, &it.path).await, second, "{}", it.path);
        }
    }

    // Every change of an artefact is seen in its tag, whoever made it.
    async fn every_change_of_an_artefact_is_seen(app: TestApp) {
        let [artefact, review, _] = tagged(&app).await;
        let kim = app.add_user("kim").await;
        let build = app.raw.number("SELECT id FROM artefact_build").await;
        let mut tags = BTreeSet::from([tag(&app, &artefact.path).await]);
        let mut expected = 1;
        for body in [
            json!({"comment": "a"}),
            json!({"comment": "b"}),
            json!({"archived": true}),
            json!({"stage": "stable"}),
            json!({"jira_issue": ""}),
            json!({"jira_issue": "TO-1"}),
            json!({"reviewer_ids": [kim]}),
            json!({"bundled_builds": [build]}),
        ] {
            app.patch(&artefact.path, &body).await.ok();
            tags.insert(tag(&app, &artefact.path).await);
            expected += 1;
            assert_eq!(tags.len(), expected, "{body}");
        }
        for sql in [
            "UPDATE artefact SET due_date = '2031-02-01'",
            "UPDATE artefact SET bug_link = 'http://bugs/1'",
            "UPDATE artefact SET status = 'MARKED_AS_FAILED'",
            "UPDATE app_user SET name = 'Kim'",
            "UPDATE app_user SET launchpad_handle = 'kim-lp'",
        ] {
            app.raw.run(sql).await;
            tags.insert(tag(&app, &artefact.path).await);
            expected += 1;
            assert_eq!(tags.len(), expected, "{sql}");
        }
        // Its counters are part of it.
        app.patch(&review.path, &json!({"review_decision": [APPROVED]})).await.ok();
        tags.insert(tag(&app, &artefact.path).await);
        app.start(&snap(&json!({"environment": "three"}))).await;
        tags.insert(tag(&app, &artefact.path).await);
        assert_eq!(tags.len(), expected + 2);
    }

    // Every change of a review is seen in its tag and in that of the list.
    async fn every_change_of_a_review_is_seen(app: TestApp) {
        let [_, review, list] = tagged(&app).await;
        let kim = app.add_user("kim").await;
        let mut of_review = BTreeSet::from([tag(&app, &review.path).await]);
        let mut of_list = BTreeSet::from([tag(&app, &list.path).await]);
        for (count, body) in [
            json!({"review_comment": "a"}),
            json!({"review_decision": [APPROVED]}),
            json!({"review_decision": [APPROVED, APPROVED]}),
            json!({"review_decision": ["REJECTED"]}),
        ]
        .iter()
        .enumerate()
        {
            app.patch(&review.path, body).await.ok();
            of_review.insert(tag(&app, &review.path).await);
            of_list.insert(tag(&app, &list.path).await);
            assert_eq!((of_review.len(), of_list.len()), (count + 2, count + 2), "{body}");
        }
        let assigned = format!(
            "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id)
             VALUES ({}, {kim})",
            review.review
        );
        for (count, sql) in [assigned.as_str(), "UPDATE app_user SET name = 'Kim'"].iter().enumerate() {
            app.raw.run(sql).await;
            of_review.insert(tag(&app, &review.path).await);
            of_list.insert(tag(&app, &list.path).await);
            assert_eq!((of_review.len(), of_list.len()), (count + 6, count + 6), "{sql}");
        }
        // The list also tells that a review joined, and that another one changed.
        let unchanged = tag(&app, &review.path).await;
        app.start(&snap(&json!({"environment": "three"}))).await;
        of_list.insert(tag(&app, &list.path).await);
        let other = format!("id <> {}", review.review);
        app.raw.run(&format!("UPDATE artefact_build_environment_review SET review_comment = 'x' WHERE {other}")).await;
        of_list.insert(tag(&app, &list.path).await);
        assert_eq!(of_list.len(), 9);
        assert_eq!(tag(&app, &review.path).await, unchanged);
    }

    // A stale tag fails and changes nothing; the current one, any of several, or `*` succeeds.
    async fn a_stale_tag_changes_nothing(app: TestApp) {
        for it in tagged(&app).await {
            let stale = tag(&app, &it.path).await;
            app.patch(&it.path, &it.change("by somebody else")).await.ok();
            let current = tag(&app, &it.path).await;
            let several = format!("{stale}, \"nonsense\"");
            // What is much the same is not the same, and a tag has quotation marks.
            let (weak, bare) = (format!("W/{current}"), current.trim_matches('"'));
            for old in [stale.as_str(), "\"nonsense\"", "", several.as_str(), weak.as_str(), bare] {
                failed(&patch_if(&app, &it.path, old, &it.change("lost")).await);
                assert_eq!(it.comment(&app).await, "by somebody else", "{}", it.path);
                assert_eq!(tag(&app, &it.path).await, current, "{}", it.path);
            }
            let answer = patch_if(&app, &it.path, &current, &it.change("seen")).await;
            assert_eq!((it.comment)(&answer.ok()), "seen", "{}", it.path);
            let next = tag_of(&answer);
            assert_eq!(tag(&app, &it.path).await, next);
            // The tag that was good is used up.
            failed(&patch_if(&app, &it.path, &current, &it.change("lost")).await);
            patch_if(&app, &it.path, &format!("{stale}, {next}"), &it.change("one of two")).await.ok();
            patch_if(&app, &it.path, "*", &it.change("any")).await.ok();
            assert_eq!(it.comment(&app).await, "any", "{}", it.path);
        }
    }

    // A change that is repeated under its idempotency key is answered as the first time, with the tag that it had then, although
    // the state it was made in is over.
    async fn a_repeated_change_carries_the_tag_of_the_first_answer(app: TestApp) {
        for it in tagged(&app).await {
            let seen = tag(&app, &it.path).await;
            let bearer = format!("Bearer {}", app.key);
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                ("if-match", seen.as_str()),
                ("idempotency-key", it.path.as_str()),
            ];
            let body = it.change("mine").to_string();
            let first = app.request(Method::PATCH, &it.path, &headers, body.clone()).await;
            first.ok();
            app.patch(&it.path, &it.change("by somebody else")).await.ok();
            let again = app.request(Method::PATCH, &it.path, &headers, body).await;
            assert_eq!((again.ok(), tag_of(&again)), (first.ok(), tag_of(&first)), "{}", it.path);
            assert_eq!(it.comment(&app).await, "by somebody else", "{}", it.path);
        }
    }

    // The answer to a change is as good as a look: its tag permits the next change.
    async fn changes_follow_each_other_by_their_tags(app: TestApp) {
        for it in tagged(&app).await {
            let mut current = tag(&app, &it.path).await;
            for text in ["a", "b", "c"] {
                let answer = patch_if(&app, &it.path, &current, &it.change(text)).await;
                answer.ok();
                current = tag_of(&answer);
            }
            assert_eq!(it.comment(&app).await, "c", "{}", it.path);
        }
    }

    // Without a condition the last one wins.
    async fn without_a_condition_the_last_change_wins(app: TestApp) {
        for it in tagged(&app).await {
            for text in ["first", "second"] {
                app.patch(&it.path, &it.change(text)).await.ok();
                assert_eq!(it.comment(&app).await, text, "{}", it.path);
            }
        }
    }

    // Somebody's change of one review makes the tag of the list stale, not that of another review.
    async fn a_condition_is_about_what_it_was_read_from(app: TestApp) {
        let [artefact, review, list] = tagged(&app).await;
        let of_list = tag(&app, &list.path).await;
        let of_review = tag(&app, &review.path).await;
        let other = app.raw.number("SELECT MAX(id) FROM artefact_build_environment_review").await;
        app.patch(&list.path, &json!([{"id": other, "review_comment": "x"}])).await.ok();
        failed(&patch_if(&app, &list.path, &of_list, &list.change("lost")).await);
        patch_if(&app, &review.path, &of_review, &review.change("kept")).await.ok();
        assert_eq!(review.comment(&app).await, "kept");
        // A decision is seen in the artefact, whose comment was written without it.
        let of_artefact = tag(&app, &artefact.path).await;
        app.patch(&review.path, &json!({"review_decision": [APPROVED]})).await.ok();
        failed(&patch_if(&app, &artefact.path, &of_artefact, &artefact.change("lost")).await);
        assert_eq!(artefact.comment(&app).await, "");
    }

    // A refused change of an artefact tells nobody.
    async fn a_stale_change_tells_nobody(app: TestApp) {
        let [artefact, ..] = tagged(&app).await;
        let kim = app.add_user("kim").await;
        let body = json!({"reviewer_ids": [kim]});
        failed(&patch_if(&app, &artefact.path, "\"stale\"", &body).await);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM notification").await, 0);
        assert_eq!(app.artefact(app.newest_artefact().await).await["reviewers"], json!([]));
    }

    // What is wrong with a request for other reasons is told before a stale tag.
    async fn other_refusals_come_first(app: TestApp) {
        let [artefact, review, list] = tagged(&app).await;
        let stale = "\"stale\"";
        let unknown = patch_if(&app, "/v1/artefacts/9999", stale, &json!({})).await;
        unknown.refused(404, "Artefact with id 9999 not found");
        let unknown = patch_if(&app, &format!("{}/9999", list.path), stale, &json!({})).await;
        unknown.refused(404, "Environment review 9999 doesn't exist");
        for (it, wrong) in [
            (&artefact, json!({"comment": 5})),
            (&review, json!({"review_comment": 5})),
            (&list, json!([{"review_comment": 5}])),
        ] {
            assert_eq!(patch_if(&app, &it.path, stale, &wrong).await.status, 422, "{}", it.path);
            let headers = [("content-type", "application/json"), ("if-match", stale)];
            let answer = app.request(Method::PATCH, &it.path, &headers, it.change("x").to_string()).await;
            answer.refused(403, "Insufficient permissions");
        }
    }

    // Of changes at once that saw the same, one is made.
    async fn of_changes_at_once_one_is_made(app: TestApp) {
        for it in tagged(&app).await {
            let seen = tag(&app, &it.path).await;
            let bodies: Vec<Value> = (0..10).map(|n| it.change(&format!("{} by {n}", it.path))).collect();
            let answers = join_all(bodies.iter().map(|body| patch_if(&app, &it.path, &seen, body))).await;
            let (made, refused): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == 200);
            assert_eq!((made.len(), refused.len()), (1, 9), "{}", it.path);
            refused.into_iter().for_each(failed);
            assert_eq!(it.comment(&app).await, *(it.comment)(&made[0].ok()), "{}", it.path);
        }
    }

    // Also when they are of different reviews: the tag that they saw is that of all.
    async fn of_changes_of_different_reviews_at_once_one_is_made(app: TestApp) {
        let [_, _, list] = tagged(&app).await;
        let other = app.raw.number("SELECT MAX(id) FROM artefact_build_environment_review").await;
        for n in 0..5 {
            let seen = tag(&app, &list.path).await;
            let comment = format!("in round {n}");
            let bodies = [list.change(&comment), json!([{"id": other, "review_comment": comment}])];
            let answers = join_all(bodies.iter().map(|body| patch_if(&app, &list.path, &seen, body))).await;
            let (made, refused): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == 200);
            assert_eq!((made.len(), refused.len()), (1, 1), "{comment}");
            refused.into_iter().for_each(failed);
        }
    }

    // Who has seen the current state gets no second copy of it.
    async fn what_was_seen_is_not_sent_again(app: TestApp) {
        for it in tagged(&app).await {
            let current = tag(&app, &it.path).await;
            for tags in [current.clone(), format!("\"other\", {current}"), format!("W/{current}"), "*".to_owned()] {
                let answer = get_unless(&app, &it.path, &tags).await;
                assert_eq!((answer.status.as_u16(), answer.bytes.len()), (304, 0), "{} {tags}", it.path);
                assert_eq!(tag_of(&answer), current, "{}", it.path);
            }
            assert_eq!(get_unless(&app, &it.path, "\"other\"").await.ok(), app.get(&it.path).await.ok());
            let text = format!("changed {}", it.path);
            app.patch(&it.path, &it.change(&text)).await.ok();
            let answer = get_unless(&app, &it.path, &current).await;
            assert_eq!((it.comment)(&answer.ok()), text.as_str(), "{}", it.path);
            assert_eq!(tag_of(&answer), tag(&app, &it.path).await);
        }
    }

    // A tag is no key: who may not look learns nothing, and what is not there has no tag.
    async fn a_tag_opens_nothing(app: TestApp) {
        for it in tagged(&app).await {
            let current = tag(&app, &it.path).await;
            let answer = app.request(Method::GET, &it.path, &[("if-none-match", &current)], "").await;
            answer.refused(403, "Insufficient permissions");
            assert!(!answer.headers.contains_key("etag"), "{}", it.path);
        }
        let answer = get_unless(&app, "/v1/artefacts/9999", "*").await;
        answer.refused(404, "Artefact with id 9999 not found");
        assert!(!answer.headers.contains_key("etag"));
    }
}
