//! The router and the document list the same operations.

use std::{collections::BTreeSet, path::Path};

use crate::rig::Rig;
use crate::walk::{anywhere, body_of, operations};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_documented_is_routed_and_nothing_else() {
    let file = patchbay_testkit::sqlite().await;
    let rig = Rig::new(&file.url()).await;
    let all = operations();
    let paths: BTreeSet<&str> = all.iter().map(|one| one.path.as_str()).collect();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let listed = all.iter().find(|one| one.path == path && one.method == method);
            let body = listed.filter(|one| one.has_body).map(|one| body_of(&one.id));
            let answer = rig.send(method, &anywhere(path), "x.y.z", body, &[]).await;
            assert_eq!(answer.status == 405, listed.is_none(), "{method} {path}: {} {}", answer.status, answer.text);
        }
    }
}

/// Resources are mounted by what documents them (`resource!`). What is mounted otherwise stands here.
#[test]
fn nothing_is_mounted_past_the_document() {
    fn mounts(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                mounts(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(text.lines().filter(|line| line.contains(".route(")).map(|line| line.trim().to_owned()));
            }
        }
    }
    let mut found = Vec::new();
    mounts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    // Preflights, an upgrade, and where a browser is sent back to: none of them is for a program.
    let known = [
        "$path, axum::routing::options($crate::http::preflight)",
        "\"/v1/live\"",
        "\"/v1/sign-in/single-sign-on/callback\"",
    ];
    let unknown: Vec<&String> = found.iter().filter(|line| !known.iter().any(|one| line.contains(one))).collect();
    assert!(unknown.is_empty() && found.len() == known.len(), "not in the document: {found:?}");
}
