//! The import direction: who may use whom inside the crate, and that every test file is declared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and the modules it may import. A new arrow is a new word here, and a line in `ARCHITECTURE.md`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("text", &[]),
    ("config", &["model"]),
    ("redact", &[]),
    ("embed", &[]),
    ("entity", &["model", "text"]),
    ("trace", &["model", "config", "text"]),
    ("catcher", &["model", "text", "entity"]),
    ("store", &["model", "text"]),
    ("distiller", &["model", "config", "text", "redact", "entity", "catcher", "store"]),
    ("recall", &["model", "text", "entity", "store"]),
    ("search", &["model", "text", "store"]),
    ("pipeline", &["model", "config", "text", "redact", "trace", "entity", "embed", "catcher", "distiller", "store"]),
    ("hook", &["model", "config", "text", "redact", "trace", "embed", "store", "recall"]),
    ("install", &["config", "text"]),
    (
        "cli",
        &[
            "model",
            "config",
            "text",
            "redact",
            "trace",
            "entity",
            "embed",
            "catcher",
            "store",
            "distiller",
            "recall",
            "search",
            "pipeline",
            "hook",
            "install",
        ],
    ),
];

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules of this crate that a source names after `crate::`, also in braces over several lines.
fn imported(source: &str) -> BTreeSet<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut modules = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            None => modules.extend(first_name(part)),
            Some(braced) => {
                let mut depth = 1;
                let mut piece = String::new();
                for c in braced.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 || depth == 1 && c == ',' {
                        modules.extend(first_name(piece.trim()));
                        piece.clear();
                    } else {
                        piece.push(c);
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
        }
    }
    modules
}

fn first_name(path: &str) -> Option<String> {
    let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn imports_point_downwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if module == "main" || module == "lib" {
            continue;
        }
        let Some(may) = allowed.get(module.as_str()) else {
            wrong.push(format!("{module} has no row in ALLOWED"));
            continue;
        };
        for used in imported(&fs::read_to_string(&file).unwrap()) {
            if used != module && allowed.contains_key(used.as_str()) && !may.contains(&used.as_str()) {
                wrong.push(format!("{} imports {used}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "not allowed:\n{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_every_form() {
    let source = "use crate::{\n    a::{b, c},\n    d,\n};\n// use crate::not_this;\nfn f() { crate::e::g() }";
    assert_eq!(imported(source).into_iter().collect::<Vec<_>>(), ["a", "d", "e"]);
}

#[test]
fn every_module_is_in_the_map() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (module, _) in ALLOWED {
        assert!(map.contains(&format!("`{module}`")), "ARCHITECTURE.md does not name `{module}`");
    }
}

#[test]
fn every_test_file_is_declared() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(dir.join("main.rs")).unwrap();
    for entry in fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name != "main" && name != "snapshots" {
            assert!(main.contains(&format!("mod {name};")), "tests/it/{name}.rs is not declared in main.rs");
        }
    }
}
