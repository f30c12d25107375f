//! Imports run strictly downwards: a crate may name only crates of a lower floor; floors 0 to 3 stay pure.

use std::collections::BTreeMap;

use crate::source;

/// Crates that bring a runtime, a socket, a database or chance into a pure floor.
const IMPURE: [&str; 12] = [
    "tokio",
    "sea-orm",
    "sqlx",
    "axum",
    "hyper",
    "rustix",
    "rand",
    "getrandom",
    "reqwest",
    "lettre",
    "async-std",
    "socket2",
];

pub fn check() -> Result<Vec<String>, String> {
    let root = source::root();
    let workspace: toml::Table = read(&root.join("Cargo.toml"))?;
    let floors = workspace
        .get("workspace")
        .and_then(|it| it.get("metadata")?.get("floors")?.as_table())
        .ok_or("Cargo.toml has no [workspace.metadata.floors]")?;
    let floor = |name: &str| floors.get(name).and_then(toml::Value::as_integer);

    let mut broken = Vec::new();
    for (name, manifest) in manifests(&root)? {
        let Some(own) = floor(&name) else {
            broken.push(format!("{name} has no floor"));
            continue;
        };
        let Some(imports) = manifest.get("dependencies").and_then(toml::Value::as_table) else { continue };
        for import in imports.keys() {
            match floor(import) {
                Some(theirs) if theirs >= own => {
                    broken.push(format!("{name} (floor {own}) imports {import} (floor {theirs})"));
                }
                None if own <= 3 && IMPURE.contains(&import.as_str()) => {
                    broken.push(format!("{name} (floor {own}, pure) imports {import}"));
                }
                Some(_) | None => {}
            }
        }
        let control_meets_switch = matches!(name.as_str(), "patchbay-control" | "patchbay-switch")
            && imports.keys().any(|key| matches!(key.as_str(), "patchbay-control" | "patchbay-switch"));
        if control_meets_switch {
            broken.push(format!("{name}: control and switch never see each other"));
        }
    }
    Ok(broken)
}

fn manifests(root: &std::path::Path) -> Result<BTreeMap<String, toml::Table>, String> {
    let mut found = BTreeMap::new();
    let server = std::fs::read_dir(root.join("server")).map_err(|why| why.to_string())?;
    let folders = server.filter_map(Result::ok).map(|entry| entry.path());
    let others = ["migrations", "infra/xtask", "infra/fuzz/properties", "tests"].map(|folder| root.join(folder));
    for folder in folders.chain(others) {
        let manifest = read(&folder.join("Cargo.toml"))?;
        let name = manifest.get("package").and_then(|it| it.get("name")?.as_str()).unwrap_or_default().to_owned();
        found.insert(name, manifest);
    }
    Ok(found)
}

fn read(path: &std::path::Path) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
    text.parse().map_err(|why| format!("{}: {why}", path.display()))
}
