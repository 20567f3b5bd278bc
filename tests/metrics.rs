//! What `/metrics` tells, and that the dashboard and the alerts ask for nothing else.

mod common;
#[path = "common/service.rs"]
mod service;

use common::World;
use courant::demo::world;
use service::{Service, courant, run, until};
use std::collections::BTreeMap;

/// Each sample of the exposition by its name and labels.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let body = text.split("\r\n\r\n").nth(1).unwrap();
    let lines = body.lines().filter(|line| !line.starts_with('#') && line.contains(' '));
    lines
        .filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}

#[test]
fn metrics_count_what_was_committed() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    world.files(folder.path());
    let mut service = Service::start(courant(folder.path(), &["run"]));
    until("the first poll", || service.logged("everything that was due is polled") == 1);
    run(folder.path(), &["once", "--all"]);
    let answer = service.get("/metrics");
    assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"), "{answer}");
    assert!(answer.trim_end().ends_with("# EOF") || answer.contains("# EOF\n"), "{answer}");
    let told = samples(&answer);
    let of = |name: &str| *told.get(name).unwrap_or_else(|| panic!("no {name} in {answer}"));
    let (entries, stories) = world::expected();
    assert_eq!(of("courant_entries_total{what=\"new\"}") as usize, entries);
    assert_eq!(of("courant_kept{what=\"stories\"}") as usize, stories);
    assert_eq!(of("courant_polls_total{outcome=\"read\"}") as usize, world::PUBLISHERS);
    assert_eq!(of("courant_polls_total{outcome=\"unchanged\"}") as usize, world::PUBLISHERS, "the second pass found nothing");
    assert_eq!(of("courant_poll_seconds_count") as usize, 2 * world::PUBLISHERS);
    let joined: f64 = told.iter().filter(|(name, _)| name.starts_with("courant_joins_total")).map(|(_, n)| n).sum();
    assert_eq!(joined as usize, entries - stories);
    assert!(of("courant_poll_received_bytes_total") > 1000.0);
    assert!(of("courant_disk_bytes{file=\"database\"}") > 1000.0);
    assert!(of("courant_commit_seconds_count") > 2.0);

    // What the dashboard and the alerts ask for is there.
    for file in ["docs/grafana.json", "docs/alerts.yml"] {
        let text = std::fs::read_to_string(file).unwrap();
        let asked =
            text.split("courant_").skip(1).map(|rest| rest.split(|c: char| c != '_' && !c.is_alphanumeric()).next().unwrap());
        let mut n = 0;
        for name in asked.map(|rest| format!("courant_{rest}")) {
            assert!(told.keys().any(|known| known.split('{').next() == Some(name.as_str())), "{file}: {name}");
            n += 1;
        }
        assert!(n > 5, "{file}");
    }
    assert!(serde_json::from_str::<serde_json::Value>(&std::fs::read_to_string("docs/grafana.json").unwrap()).is_ok());
    service.stop();
}

#[test]
fn beyond_loopback_metrics_are_off_by_default() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let file = world.files(folder.path());
    let text = std::fs::read_to_string(&file).unwrap().replace("127.0.0.1:0", "0.0.0.0:0");
    for (setting, status) in [("", "404"), ("metrics = \"on\"\n", "200"), ("metrics = \"off\"\n", "404")] {
        std::fs::write(&file, format!("{text}{setting}")).unwrap();
        let mut service = Service::start(courant(folder.path(), &["run"]));
        assert!(service.get("/metrics").starts_with(&format!("HTTP/1.1 {status}")), "{setting}");
        service.stop();
    }
}
