//! Demo data from the command line.

use crate::support::{Database, Server, run};

#[tokio::test]
async fn an_empty_database_is_seeded_once_and_its_pages_have_something_to_show() {
    let database = Database::sqlite();
    let db = ["--db", database.url.as_str()];
    let seed = |more: &[&str]| run(&[&["seed", "--now", "2031-05-04T10:00"][..], more, &db].concat());
    let (is_done, printed, log) = seed(&[]);
    assert!(is_done, "{log}");
    for text in [
        "Seeding database with test data...\n",
        "Database seeding completed successfully!\n",
        "test results\n",
        "logs: ",
        "test-observer serve --db sqlite:",
    ] {
        assert!(printed.contains(text), "{text}: {printed}");
    }
    let users = run(&[&["user", "list"][..], &db].concat()).1;
    assert!(users.contains("casey.morgan@example.com"), "{users}");

    let (is_done, printed, _) = seed(&[]);
    assert!(is_done);
    assert_eq!(printed, "Database already contains data. Skipping seed operation.\n");
    let (is_done, _, log) = seed(&["--force"]);
    assert!(!is_done && log.contains("Application with name 'seed_data_app' already exists"), "{log}");
    assert_eq!(run(&[&["user", "list"][..], &db].concat()).1, users);

    let server = Server::start(&database, &[]);
    for (path, name) in [
        ("snaps", "meadow-core"),
        ("debs", "linux-meadow"),
        ("charms", "granary-db-k8s"),
        ("images", "meadow-server-arm64"),
        ("solutions", "branch-office"),
    ] {
        let page = reqwest::get(format!("{}/{path}", server.url)).await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert!(page.text().await.unwrap().contains(name), "{path}");
    }
}

#[tokio::test]
async fn scale_and_time_are_checked() {
    let database = Database::sqlite();
    for args in [["--scale", "0"], ["--scale", "1001"], ["--now", "yesterday"]] {
        let (is_done, printed, log) = run(&[&["seed", "--db", &database.url][..], &args].concat());
        assert!(!is_done && printed.is_empty() && log.contains(args[0]), "{log}");
    }
}
