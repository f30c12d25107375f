//! The sources as the rules see them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// One source file: its path from the workspace root and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// The part before the trailing test module: what counts as product code.
    pub fn code(&self) -> &str {
        self.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(&self.text)
    }

    /// Lines that are neither blank nor comment.
    pub fn code_lines(&self) -> usize {
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        self.code().lines().filter(is_code).count()
    }
}

/// The workspace root. As cargo says now: with one target folder for several clones the program may have been built in another.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.ancestors().nth(2).expect("xtask lives two folders below the root").into()
}

/// Where cargo puts things: here we run from `<target>/debug/xtask`.
pub fn target() -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    here.ancestors().nth(2).map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// Cargo, as a person would start it.
pub fn cargo() -> Command {
    outside(env!("CARGO"))
}

/// A program that does not learn that cargo started us. ring's build script looks at what cargo says of the package that runs: with
/// ours in its sight it is built again, and all that stands on it, and once more by whoever calls cargo next.
pub fn outside(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Every hand-written Rust file of the product below the given folders, test folders and examples left out.
pub fn rust_files(folders: &[&str]) -> Result<Vec<Source>, String> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), "rs", &mut found)?;
    }
    Ok(found)
}

/// Every hand-written TypeScript file of the web app.
pub fn web_files() -> Result<Vec<Source>, String> {
    let mut found = Vec::new();
    for extension in ["ts", "tsx"] {
        collect(&root().join("web/src"), extension, &mut found)?;
    }
    found.retain(|file| !file.path.ends_with(".d.ts") && !file.path.contains(".test.") && !file.path.contains("/gen/"));
    Ok(found)
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<Source>) -> Result<(), String> {
    const LEFT_OUT: [&str; 5] = ["tests", "examples", "benches", "target", "node_modules"];
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(|why| why.to_string())?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !LEFT_OUT.contains(&name) {
                collect(&path, extension, found)?;
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
            let path = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
            found.push(Source { path, text });
        }
    }
    Ok(())
}
