//! The committed OpenAPI document is the one that the code generates.

use std::process::Command;

use crate::source;

pub fn check() -> Result<Vec<String>, String> {
    let committed = source::root().join("web/src/api/openapi.json");
    if !committed.exists() {
        return Ok(vec!["web/src/api/openapi.json is missing: patchbay openapi > web/src/api/openapi.json".into()]);
    }
    let built = source::outside("bash")
        .arg("infra/scripts/programs.sh")
        .env("CARGO_TARGET_DIR", source::target())
        .current_dir(source::root())
        .status()
        .map_err(|why| why.to_string())?;
    if !built.success() {
        return Err("the server could not be built".into());
    }
    let printed = Command::new(source::target().join("debug/patchbay"))
        .arg("openapi")
        .current_dir(source::root())
        .output()
        .map_err(|why| why.to_string())?;
    if !printed.status.success() {
        return Err(String::from_utf8_lossy(&printed.stderr).into_owned());
    }
    let generated: serde_json::Value = serde_json::from_slice(&printed.stdout).map_err(|why| why.to_string())?;
    let text = std::fs::read_to_string(&committed).map_err(|why| why.to_string())?;
    let kept: serde_json::Value = serde_json::from_str(&text).map_err(|why| why.to_string())?;
    let same = generated == kept;
    Ok(if same { vec![] } else { vec!["the document has drifted: run `make api` and commit".into()] })
}
