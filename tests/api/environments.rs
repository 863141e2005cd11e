//! `/v1/environments`: the names of environments.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, both, charm, deb, snap};

/// Adds environments, each a name and what it runs, where nothing was tested.
async fn add(app: &TestApp, environments: &[(&str, &str)]) {
    let now = "2031-01-01T00:00:00+00:00";
    let rows: Vec<String> =
        environments.iter().map(|(name, runs)| format!("('{name}', '{runs}', '{now}', '{now}')")).collect();
    let sql = "INSERT INTO environment (name, architecture, created_at, updated_at) VALUES";
    app.raw.run(&format!("{sql} {}", rows.join(", "))).await;
}

/// Adds environments that have a number at the end of their name, the last first.
async fn add_numbered(app: &TestApp, prefix: &str, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|n| format!("{prefix}{n:02}")).collect();
    let rows: Vec<(&str, &str)> = names.iter().rev().map(|name| (name.as_str(), "amd64")).collect();
    add(app, &rows).await;
    names
}

async fn list(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/v1/environments{query}")).await.ok()
}

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let list = list(app, query).await;
    list["environments"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

both! {
    // Name lists: an environment that was used appears, with the values used for paging.
    async fn a_used_environment_is_listed(app: TestApp) {
        assert_eq!(list(&app, "").await, json!({"environments": [], "count": 0, "limit": 50, "offset": 0}));
        app.start(&snap(&json!({"environment": "rpi4"}))).await;
        assert_eq!(list(&app, "").await, json!({"environments": ["rpi4"], "count": 1, "limit": 50, "offset": 0}));
    }

    // Name lists: names are distinct whatever the architecture, and ascend by bytes.
    async fn names_are_listed_once_in_the_order_of_their_bytes(app: TestApp) {
        add(&app, &[("b", "amd64"), ("\u{e9}", "amd64"), ("B", "amd64"), ("a", "arm64"), ("a", "amd64")]).await;
        assert_eq!(names(&app, "").await, ["B", "a", "b", "\u{e9}"]);
        assert_eq!(list(&app, "").await["count"], 4);
    }

    // Name lists: fifty without a limit, and a page is cut out of the sorted names.
    async fn pages_are_cut_out_of_the_sorted_names(app: TestApp) {
        let all = add_numbered(&app, "env-", 60).await;
        for (query, page, limit, offset) in [
            ("", &all[..50], 50, 0),
            ("?limit=5&offset=5", &all[5..10], 5, 5),
            ("?limit=1", &all[..1], 1, 0),
            ("?limit=1000", &all[..], 1000, 0),
            ("?offset=58", &all[58..], 50, 58),
            ("?offset=60", &all[60..], 50, 60),
            ("?offset=9223372036854775807", &all[60..], 50, i64::MAX),
            // The last of a repeated number counts, in any spelling.
            ("?limit=7&limit=+02&offset=1.0", &all[1..3], 2, 1),
        ] {
            let expected = json!({"environments": page, "count": 60, "limit": limit, "offset": offset});
            assert_eq!(list(&app, query).await, expected, "{query}");
        }
    }

    // Name lists: a search is a contains-search without case, trimmed, and goes with paging.
    async fn names_are_searched_by_what_they_contain(app: TestApp) {
        add(&app, &[("rpi4-Lab", "amd64"), ("RPI5", "amd64"), ("old rpi", "amd64"), ("xps", "amd64")]).await;
        for (q, expected) in [
            ("rpi", vec!["RPI5", "old rpi", "rpi4-Lab"]),
            ("RpI", vec!["RPI5", "old rpi", "rpi4-Lab"]),
            ("4-lAB", vec!["rpi4-Lab"]),
            ("%20%09rpi5+", vec!["RPI5"]),
            ("old+rpi", vec!["old rpi"]),
            ("old++rpi", vec![]),
            ("rpi6", vec![]),
            ("", vec!["RPI5", "old rpi", "rpi4-Lab", "xps"]),
            ("+%20", vec!["RPI5", "old rpi", "rpi4-Lab", "xps"]),
            // The last counts.
            ("rpi&q=xps", vec!["xps"]),
        ] {
            let found = list(&app, &format!("?q={q}")).await;
            let expected = json!({"environments": expected, "count": expected.len(), "limit": 50, "offset": 0});
            assert_eq!(found, expected, "{q}");
        }
    }

    // Name lists: of five that match, a page of two after the first.
    async fn a_search_is_counted_before_it_is_cut(app: TestApp) {
        let all = add_numbered(&app, "Match-", 5).await;
        add_numbered(&app, "other-", 5).await;
        let expected = json!({"environments": all[1..3], "count": 5, "limit": 2, "offset": 1});
        assert_eq!(list(&app, "?q=match&limit=2&offset=1").await, expected);
    }

    // Name lists: what was typed stands for itself, wildcards and letters beyond ASCII too.
    async fn wildcards_stand_for_themselves(app: TestApp) {
        let names_to_add = ["a_b", "axb", "100%", "1000", r"c:\d", "\u{c9}rable"];
        add(&app, &names_to_add.map(|name| (name, "amd64"))).await;
        for (q, expected) in [
            ("A_B", vec!["a_b"]),
            ("100%25", vec!["100%"]),
            ("%25", vec!["100%"]),
            ("1%250", vec![]),
            ("_", vec!["a_b"]),
            ("%5C", vec![r"c:\d"]),
            (":%5CD", vec![r"c:\d"]),
            ("%C3%89RABLE", vec!["\u{c9}rable"]),
            ("'", vec![]),
        ] {
            assert_eq!(names(&app, &format!("?q={q}")).await, expected, "{q}");
        }
    }

    // Name lists: `families` keeps what an artefact of them was tested in, archived or not; without it, all count.
    async fn families_choose_where_their_artefacts_were_tested(app: TestApp) {
        add(&app, &[("unused", "amd64")]).await;
        let on_snap = app.start(&snap(&json!({"environment": "for-snap"}))).await;
        app.start(&deb(&json!({"environment": "for-deb"}))).await;
        // The same name runs a snap on one architecture and a deb on another.
        app.start(&snap(&json!({"environment": "shared", "arch": "arm64"}))).await;
        app.start(&deb(&json!({"environment": "shared", "arch": "amd64"}))).await;
        app.start(&charm(&json!({"environment": "for-charm"}))).await;
        let archived = app.artefact_of(on_snap).await;
        app.raw.run(&format!("UPDATE artefact SET archived = TRUE WHERE id = {archived}")).await;
        for (query, expected) in [
            ("", vec!["for-charm", "for-deb", "for-snap", "shared", "unused"]),
            ("?families=snap", vec!["for-snap", "shared"]),
            ("?families=deb", vec!["for-deb", "shared"]),
            ("?families=snap&families=deb", vec!["for-deb", "for-snap", "shared"]),
            ("?families=snap&families=snap", vec!["for-snap", "shared"]),
            ("?families=image", vec![]),
            ("?families=snap&q=FOR", vec!["for-snap"]),
            ("?families=snap&q=deb", vec![]),
        ] {
            assert_eq!(names(&app, query).await, expected, "{query}");
            assert_eq!(list(&app, query).await["count"], expected.len(), "{query}");
        }
        let page = json!({"environments": ["shared"], "count": 2, "limit": 1, "offset": 1});
        assert_eq!(list(&app, "?families=snap&limit=1&offset=1").await, page);
    }

    // Name lists: a limit of 0 or 1001, a negative offset, and what is no family are malformed.
    async fn malformed_queries_are_refused(app: TestApp) {
        for (query, kind, loc) in [
            ("?limit=0", "greater_than_equal", json!(["query", "limit"])),
            ("?limit=-1", "greater_than_equal", json!(["query", "limit"])),
            ("?limit=1001", "less_than_equal", json!(["query", "limit"])),
            ("?limit=", "int_parsing", json!(["query", "limit"])),
            ("?limit=1e2", "int_parsing", json!(["query", "limit"])),
            ("?offset=-1", "greater_than_equal", json!(["query", "offset"])),
            ("?offset=x", "int_parsing", json!(["query", "offset"])),
            ("?families=", "enum", json!(["query", "families", 0])),
            ("?families=Snap", "enum", json!(["query", "families", 0])),
            ("?families=snap,deb", "enum", json!(["query", "families", 0])),
            ("?families=snap&families=x", "enum", json!(["query", "families", 1])),
            ("?q=a%00", "value_error", json!(["query", "q"])),
        ] {
            let problems = app.get(&format!("/v1/environments{query}")).await.problems();
            assert_eq!(problems, [(kind.to_owned(), loc)], "{query}");
        }
        let detail = app.get("/v1/environments?limit=0").await.json();
        let expected = json!({"detail": [{
            "type": "greater_than_equal", "loc": ["query", "limit"],
            "msg": "Input should be greater than or equal to 1", "input": "0", "ctx": {"ge": 1},
        }]});
        assert_eq!(detail, expected);
        let mut problems = app.get("/v1/environments?offset=-1&families=x&limit=0").await.problems();
        problems.sort_by_key(|(_, loc)| loc.to_string());
        let places: Vec<Value> = problems.into_iter().map(|(_, loc)| loc).collect();
        assert_eq!(json!(places), json!([["query", "families", 0], ["query", "limit"], ["query", "offset"]]));
    }

    // Name lists: what is longer than any name is malformed.
    async fn long_searches_are_refused(app: TestApp) {
        for (length, expected) in [(500, 200), (501, 422), (60_000, 422)] {
            let answer = app.get(&format!("/v1/environments?q={}", "q".repeat(length))).await;
            assert_eq!(answer.status, expected, "{length}");
        }
        let problems = app.get(&format!("/v1/environments?q={}", "q".repeat(501))).await.problems();
        assert_eq!(problems, [("string_too_long".to_owned(), json!(["query", "q"]))]);
    }

    // Name lists: rights come before what is wrong with the query.
    async fn rights_come_before_the_query(app: TestApp) {
        for query in ["", "?limit=0", "?families=x"] {
            let answer = app.anonymous(Method::GET, &format!("/v1/environments{query}"), None).await;
            answer.refused(403, "Insufficient permissions");
        }
    }

    // Name lists: reading costs the same whatever is there.
    async fn reading_takes_the_same_statements_for_one_name_as_for_thirty(app: TestApp) {
        let mut counts = Vec::new();
        for total in [1, 30] {
            for n in 0..total {
                app.start(&snap(&json!({"environment": format!("e{n}")}))).await;
            }
            for query in ["", "?families=snap&q=e"] {
                let before = app.service.db.statements();
                assert_eq!(names(&app, query).await.len(), total);
                counts.push(app.service.db.statements() - before);
            }
        }
        assert_eq!(counts[..2], counts[2..]);
    }
}
