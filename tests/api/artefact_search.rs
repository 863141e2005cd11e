//! `/v1/artefacts/search` and `/v1/artefacts/history`: names of artefacts, and the versions of one name over time.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, both};

/// Adds an artefact past the application; the id. Of what is given, the rest is `''`.
async fn add(app: &TestApp, family: &str, name: &str, version: &str, rest: &[(&str, &str)]) -> i64 {
    let columns: String = rest.iter().map(|(column, _)| format!(", {column}")).collect();
    let values: String = rest.iter().map(|(_, value)| format!(", '{value}'")).collect();
    let stage = if columns.contains("stage") { ("", "") } else { (", stage", ", 'edge'") };
    let sql = format!(
        "INSERT INTO artefact (created_at, updated_at, family, name, version, sha256{columns}{})
         VALUES ('2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00', '{family}', '{name}', '{version}',
             '{name} {version}'{values}{}) RETURNING id",
        stage.0, stage.1
    );
    app.raw.number(&sql).await
}

async fn archive(app: &TestApp, id: i64) {
    app.raw.run(&format!("UPDATE artefact SET archived = TRUE WHERE id = {id}")).await;
}

async fn search(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/v1/artefacts/search{query}")).await.ok()
}

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let answer = search(app, query).await;
    answer["artefacts"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

async fn history(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/v1/artefacts/history?{query}")).await.ok()
}

async fn history_ids(app: &TestApp, query: &str) -> Vec<i64> {
    let answer = history(app, query).await;
    let ids: Vec<i64> =
        answer["items"].as_array().unwrap().iter().map(|item| item["artefact_id"].as_i64().unwrap()).collect();
    assert_eq!(answer["count"], ids.len(), "{query}");
    ids
}

/// The single problem of a request.
async fn problem(app: &TestApp, path: &str) -> (String, Value) {
    let mut problems = app.get(path).await.problems();
    assert_eq!(problems.len(), 1, "{path}: {problems:?}");
    problems.remove(0)
}

both! {
    // Search: no parameters, every name once, ascending.
    async fn every_name_is_listed_once(app: TestApp) {
        assert_eq!(search(&app, "").await, json!({"artefacts": [], "count": 0, "limit": 50, "offset": 0}));
        for (family, name, version) in [
            ("snap", "beta", "1"), ("snap", "beta", "2"), ("deb", "beta", "1"), ("charm", "alpha", "1"),
            ("image", "gamma", "1"), ("solution", "delta", "1"), ("snap", "Zed", "1"),
        ] {
            add(&app, family, name, version, &[]).await;
        }
        let expected = json!({
            "artefacts": ["Zed", "alpha", "beta", "delta", "gamma"], "count": 5, "limit": 50, "offset": 0,
        });
        assert_eq!(search(&app, "").await, expected);
    }

    // Search: part of the name in any case, white space around it stripped, wildcards as they are.
    async fn names_are_found_by_a_part_of_them(app: TestApp) {
        for name in ["core22", "Core24", "linux-raspi", "a_b", "axb", "50%", "50x", r"back\slash"] {
            add(&app, "snap", name, "1", &[]).await;
        }
        for (query, expected) in [
            ("?q=core", vec!["Core24", "core22"]),
            ("?q=CORE2", vec!["Core24", "core22"]),
            ("?q=ore22", vec!["core22"]),
            ("?q=core22", vec!["core22"]),
            ("?q=%20%20core22%20", vec!["core22"]),
            ("?q=%09core22%0A", vec!["core22"]),
            ("?q=core23", vec![]),
            ("?q=raspi%20linux", vec![]),
            ("?q=_", vec!["a_b"]),
            ("?q=a_b", vec!["a_b"]),
            ("?q=%25", vec!["50%"]),
            ("?q=0%25", vec!["50%"]),
            ("?q=%5C", vec![r"back\slash"]),
            ("?q=%5Cs", vec![r"back\slash"]),
            ("?q='", vec![]),
        ] {
            assert_eq!(names(&app, query).await, expected, "{query}");
            assert_eq!(search(&app, query).await["count"], expected.len(), "{query}");
        }
        for query in ["?q=", "?q=%20", "?q=%20%09", "?q=x&q="] {
            assert_eq!(names(&app, query).await.len(), 8, "{query}");
        }
    }

    // Search: archived artefacts have no name here, unless another version of it is not archived.
    async fn archived_artefacts_are_not_found(app: TestApp) {
        for (name, version, is_archived) in [("gone", "1", true), ("kept", "1", true), ("kept", "2", false)] {
            let id = add(&app, "snap", name, version, &[]).await;
            if is_archived {
                archive(&app, id).await;
            }
        }
        assert_eq!(names(&app, "").await, ["kept"]);
        assert_eq!(names(&app, "?q=gone").await, [""; 0]);
        // Also in the other families.
        let deb = add(&app, "deb", "gone", "1", &[]).await;
        assert_eq!(names(&app, "?q=gone").await, ["gone"]);
        assert_eq!(names(&app, "?q=gone&families=snap").await, [""; 0]);
        archive(&app, deb).await;
        assert_eq!(search(&app, "").await["count"], 1);
    }

    // Search: families are repeated.
    async fn names_are_found_by_family(app: TestApp) {
        for family in ["snap", "deb", "charm", "image", "solution"] {
            add(&app, family, family, "1", &[]).await;
        }
        for (query, expected) in [
            ("?families=snap&families=deb", vec!["deb", "snap"]),
            ("?families=charm", vec!["charm"]),
            ("?families=image&families=image&families=solution", vec!["image", "solution"]),
            ("?families=snap&families=deb&q=e", vec!["deb"]),
            ("?families=snap&families=deb&q=charm", vec![]),
            ("?family=snap&q=a", vec!["charm", "image", "snap"]),
        ] {
            assert_eq!(names(&app, query).await, expected, "{query}");
        }
        for (query, index) in
            [("families=snap&families=snaps", 1), ("families=", 0), ("families=snap,deb", 0), ("families=Snap", 0)]
        {
            let found = problem(&app, &format!("/v1/artefacts/search?{query}")).await;
            assert_eq!(found, ("enum".to_owned(), json!(["query", "families", index])), "{query}");
        }
    }

    // Search: pages follow the order; the count is of all names.
    async fn pages_of_names_follow_their_order(app: TestApp) {
        for n in [3, 1, 5, 2, 4] {
            add(&app, "snap", &format!("name{n}"), "1", &[]).await;
            add(&app, "snap", &format!("name{n}"), "2", &[]).await;
        }
        for (query, names, limit, offset) in [
            ("?limit=3", vec!["name1", "name2", "name3"], 3, 0),
            ("?limit=3&offset=3", vec!["name4", "name5"], 3, 3),
            ("?limit=2&offset=1", vec!["name2", "name3"], 2, 1),
            ("?offset=5", vec![], 50, 5),
            ("?limit=1000&offset=9999", vec![], 1_000, 9_999),
            ("?limit=%2B1", vec!["name1"], 1, 0),
        ] {
            let expected = json!({"artefacts": names, "count": 5, "limit": limit, "offset": offset});
            assert_eq!(search(&app, query).await, expected, "{query}");
        }
        for n in 10..65 {
            add(&app, "charm", &format!("name{n}"), "1", &[]).await;
        }
        let answer = search(&app, "?q=name").await;
        assert_eq!((answer["artefacts"].as_array().unwrap().len(), &answer["count"]), (50, &json!(60)));
    }

    // Search: bounds of the page, all told together, and texts that no name can be.
    async fn malformed_searches_are_refused(app: TestApp) {
        for (query, kind, name) in [
            ("limit=0", "greater_than_equal", "limit"),
            ("limit=1001", "less_than_equal", "limit"),
            ("limit=", "int_parsing", "limit"),
            ("limit=x", "int_parsing", "limit"),
            ("offset=-1", "greater_than_equal", "offset"),
            ("offset=1.5", "int_parsing", "offset"),
        ] {
            let found = problem(&app, &format!("/v1/artefacts/search?{query}")).await;
            assert_eq!(found, (kind.to_owned(), json!(["query", name])), "{query}");
        }
        let all = app.get("/v1/artefacts/search?families=x&limit=0&offset=-1").await.problems();
        assert_eq!(all.len(), 3, "{all:?}");
        let problem = app.get("/v1/artefacts/search?limit=0").await.json()["detail"][0].clone();
        let expected = json!({
            "type": "greater_than_equal", "loc": ["query", "limit"],
            "msg": "Input should be greater than or equal to 1", "input": "0", "ctx": {"ge": 1},
        });
        assert_eq!(problem, expected);
        assert_eq!(app.get("/v1/artefacts/search?q=a%00b").await.status, 422);
        assert_eq!(app.get("/v1/artefacts/search?offset=99999999999999999999").await.status, 422);
        assert_eq!(names(&app, &format!("?q={}", "x".repeat(3_000))).await, [""; 0]);
    }

    // History: an item's keys, the number on the page and the number of all.
    async fn history_tells_the_versions_of_a_name(app: TestApp) {
        let old = add(&app, "snap", "core22", "2", &[("track", "latest"), ("stage", "stable")]).await;
        let new = add(&app, "snap", "core22", "1", &[("track", "latest"), ("stage", "beta")]).await;
        // Later made is further up, by its id.
        app.raw.run(&format!("UPDATE artefact SET created_at = '2032-01-01T00:00:00.250+00:00' WHERE id = {old}")).await;
        let expected = json!({
            "count": 2, "total": 2,
            "items": [
                {"artefact_id": new, "name": "core22", "version": "1", "stage": "beta", "created_at": "2031-01-01T00:00:00"},
                {"artefact_id": old, "name": "core22", "version": "2", "stage": "stable",
                 "created_at": "2032-01-01T00:00:00.250000"},
            ],
        });
        assert_eq!(history(&app, "name=core22&family=snap").await, expected);
        // Archived ones are part of it.
        archive(&app, new).await;
        assert_eq!(history(&app, "name=core22&family=snap").await, expected);
        let nothing = json!({"count": 0, "total": 0, "items": []});
        assert_eq!(history(&app, "name=core24&family=snap").await, nothing);
    }

    // History: name, family, track and stage are as given; the track is `latest` when nobody says another.
    async fn history_is_of_one_name_family_track_and_stage(app: TestApp) {
        let latest = add(&app, "snap", "core", "1", &[("track", "latest"), ("stage", "edge")]).await;
        let stable = add(&app, "snap", "core", "2", &[("track", "latest"), ("stage", "stable")]).await;
        let track = add(&app, "snap", "core", "3", &[("track", "22"), ("stage", "edge")]).await;
        let charm = add(&app, "charm", "core", "1", &[("track", "latest"), ("stage", "edge")]).await;
        let deb = add(&app, "deb", "core", "1", &[("stage", "proposed")]).await;
        let ppa = add(&app, "deb", "core", "2", &[("stage", ""), ("source", "ppa")]).await;
        add(&app, "snap", "core22", "1", &[("track", "latest")]).await;
        add(&app, "snap", "Core", "1", &[("track", "latest")]).await;
        for (query, expected) in [
            ("name=core&family=snap", vec![stable, latest]),
            ("name=core&family=snap&track=latest", vec![stable, latest]),
            ("name=core&family=snap&track=22", vec![track]),
            ("name=core&family=snap&track=2", vec![]),
            ("name=core&family=snap&track=", vec![]),
            ("name=core&family=charm", vec![charm]),
            ("name=core&family=snap&stage=edge", vec![latest]),
            ("name=core&family=snap&stage=stable", vec![stable]),
            ("name=core&family=snap&stage=beta", vec![]),
            ("name=core&family=snap&stage=pending", vec![]),
            ("name=core&family=snap&track=22&stage=edge", vec![track]),
            // Debs have no track, so the default finds none.
            ("name=core&family=deb", vec![]),
            ("name=core&family=deb&track=", vec![ppa, deb]),
            ("name=core&family=deb&track=&stage=proposed", vec![deb]),
            ("name=%20core&family=snap", vec![]),
            ("name=co%25&family=snap", vec![]),
            ("name=&family=snap", vec![]),
            ("name=x&name=core&family=deb&family=charm", vec![charm]),
        ] {
            assert_eq!(history_ids(&app, query).await, expected, "{query}");
            assert_eq!(history(&app, query).await["total"], expected.len(), "{query}");
        }
    }

    // History: ten by default, newest first; `count` is of the page, `total` of all.
    async fn history_is_paged(app: TestApp) {
        let mut ids = Vec::new();
        for version in 0..20 {
            ids.insert(0, add(&app, "charm", "db", &format!("{version}"), &[("track", "latest")]).await);
        }
        for (query, expected) in [
            ("", &ids[..10]),
            ("&limit=5", &ids[..5]),
            ("&limit=5&offset=5", &ids[5..10]),
            ("&limit=5&offset=18", &ids[18..]),
            ("&offset=20", &ids[..0]),
            ("&limit=500", &ids[..]),
        ] {
            let query = format!("name=db&family=charm{query}");
            assert_eq!(history_ids(&app, &query).await, expected, "{query}");
            assert_eq!(history(&app, &query).await["total"], 20, "{query}");
        }
    }

    // History: what has to be there, and what each parameter takes.
    async fn malformed_histories_are_refused(app: TestApp) {
        let mut missing = app.get("/v1/artefacts/history").await.problems();
        missing.sort_by_key(|(_, loc)| loc.to_string());
        let loc = |name: &str| ("missing".to_owned(), json!(["query", name]));
        assert_eq!(missing, [loc("family"), loc("name")]);
        assert_eq!(problem(&app, "/v1/artefacts/history?family=snap").await, loc("name"));
        assert_eq!(problem(&app, "/v1/artefacts/history?name=x").await, loc("family"));
        for (query, kind, name) in [
            ("limit=0", "greater_than_equal", "limit"),
            ("limit=501", "less_than_equal", "limit"),
            ("offset=-1", "greater_than_equal", "offset"),
            ("limit=ten", "int_parsing", "limit"),
            ("stage=", "enum", "stage"),
            ("stage=Edge", "enum", "stage"),
            ("stage=nonsense", "enum", "stage"),
            ("family=", "enum", "family"),
            ("family=snaps", "enum", "family"),
        ] {
            let found = problem(&app, &format!("/v1/artefacts/history?name=x&family=snap&{query}")).await;
            assert_eq!(found, (kind.to_owned(), json!(["query", name])), "{query}");
        }
        let stage = app.get("/v1/artefacts/history?name=x&family=snap&stage=x").await.json()["detail"][0].clone();
        let stages = "'proposed', 'updates', 'edge', 'beta', 'candidate', 'stable', 'pending' or 'current'";
        assert_eq!((&stage["msg"], &stage["ctx"]), (&json!(format!("Input should be {stages}")), &json!({"expected": stages})));
        for name in ["name", "track"] {
            let answer = app.get(&format!("/v1/artefacts/history?name=x&family=snap&{name}=a%00b")).await;
            assert_eq!(answer.status, 422, "{name}");
        }
    }

    // Both need `view_artefact`, before anything that is wrong.
    async fn both_need_the_right_to_view_artefacts(app: TestApp) {
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|it| *it != Permission::ViewArtefact).collect();
        let powerless = app.add_application(&others).await;
        let viewer = app.add_application(&[Permission::ViewArtefact]).await;
        for (good, bad) in [("search", "search?limit=0&families=x"), ("history?name=x&family=snap", "history?limit=0")] {
            for path in [format!("/v1/artefacts/{good}"), format!("/v1/artefacts/{bad}")] {
                app.anonymous(Method::GET, &path, None).await.refused(403, "Insufficient permissions");
                app.as_application(&powerless, Method::GET, &path, None).await.refused(403, "Insufficient permissions");
            }
            app.as_application(&viewer, Method::GET, &format!("/v1/artefacts/{good}"), None).await.ok();
        }
    }

    // The two words are no ids, and their paths are exact.
    async fn search_and_history_are_no_ids(app: TestApp) {
        for path in ["/v1/artefacts/search/", "/v1/artefacts/history/"] {
            app.get(path).await.refused(404, "Not Found");
        }
        for path in ["/v1/artefacts/search/builds", "/v1/artefacts/history/versions"] {
            assert_eq!(problem(&app, path).await, ("int_parsing".to_owned(), json!(["path", "artefact_id"])));
        }
    }

    // As many statements for thirty rows as for one.
    async fn both_take_the_same_statements_for_one_row_as_for_many(app: TestApp) {
        let mut counts = Vec::new();
        for (prefix, size) in [("one", 1), ("many", 30)] {
            for n in 0..size {
                add(&app, "snap", &format!("{prefix}{n}"), "1", &[("track", "latest")]).await;
                add(&app, "charm", prefix, &format!("{n}"), &[("track", "latest")]).await;
            }
            let before = app.service.db.statements();
            assert_eq!(names(&app, &format!("?q={prefix}&families=snap&limit=100")).await.len(), size);
            let between = app.service.db.statements();
            assert_eq!(history_ids(&app, &format!("name={prefix}&family=charm&limit=100")).await.len(), size);
            counts.push((between - before, app.service.db.statements() - between));
        }
        assert_eq!(counts[0], counts[1]);
    }
}
