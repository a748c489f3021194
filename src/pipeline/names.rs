//! Entities that a person wrote down → the store: names files and directories of pages, as `entity_sources` lists them.
//!
//! A names file has one entity a line: `Adam Smith | ads, adam.smith | designer at Acme`, the last two parts optional; a
//! kind other than person stands before the name (`project: acme/api`), `#` begins a comment. A directory has one Markdown
//! page for each person: named by its first heading, else by the file; `aliases:` in the front matter gives further names,
//! the first line of prose says who it is. The page then stands for the person.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::entity::person_of_file;
use crate::model::{EntityKind, NamedEntity};
use crate::store::EntityStore;
use crate::{redact, text};

/// A larger file is no list of names.
const LARGEST: u64 = 1024 * 1024;
const MOST_PAGES: usize = 5_000;
const NOTE_CHARS: usize = 90;

/// Reads every source and makes what it names known. Returns how many entities there are.
///
/// A source that cannot be read is an error that names it; the others are taken in nevertheless.
pub fn take_in_names<S: EntityStore + ?Sized>(store: &mut S, sources: &[PathBuf]) -> anyhow::Result<usize> {
    let mut taken = 0;
    let mut failure = None;
    for source in sources {
        match read(source) {
            Ok(entities) => {
                store.take_in_names(&source.to_string_lossy(), &entities)?;
                taken += entities.len();
            }
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or(Ok(taken), Err)
}

fn read(path: &Path) -> anyhow::Result<Vec<NamedEntity>> {
    let what = || format!("read the names in {} (setting `entity_sources`)", path.display());
    if path.is_dir() {
        return pages(path).with_context(what);
    }
    let size = std::fs::metadata(path).with_context(what)?.len();
    anyhow::ensure!(size <= LARGEST, "{} is too large for a list of names ({size} bytes)", path.display());
    let lines = std::fs::read_to_string(path).with_context(what)?;
    Ok(lines.lines().filter_map(line).collect())
}

/// One line of a names file.
fn line(line: &str) -> Option<NamedEntity> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let mut parts = line.split('|').map(str::trim);
    let first = parts.next()?;
    let (kind, name) =
        match first.split_once(':').and_then(|(kind, name)| Some((EntityKind::parse(kind.trim())?, name))) {
            Some((kind, name)) => (kind, name.trim()),
            None => (EntityKind::Person, first),
        };
    let aliases = parts.next().map(list).unwrap_or_default();
    let note = parts.next().map(noted).unwrap_or_default();
    (!name.is_empty()).then(|| NamedEntity { kind, name: name.to_owned(), aliases, note, file: None })
}

fn list(names: &str) -> Vec<String> {
    let names = names.trim().trim_start_matches('[').trim_end_matches(']').split(',');
    names.map(|name| name.trim().trim_matches(['"', '\'']).to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Notes are shown and injected: no secrets, one line.
fn noted(note: &str) -> String {
    text::one_line(&redact::redact(note), NOTE_CHARS)
}

fn pages(directory: &Path) -> std::io::Result<Vec<NamedEntity>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    paths.sort();
    paths.truncate(MOST_PAGES);
    let mut entities = Vec::new();
    for path in paths {
        if std::fs::metadata(&path)?.len() <= LARGEST {
            entities.extend(page(&path, &String::from_utf8_lossy(&std::fs::read(&path)?)));
        }
    }
    Ok(entities)
}

fn page(path: &Path, content: &str) -> Option<NamedEntity> {
    let stem = path.file_stem()?.to_string_lossy();
    // Whatever the directory is called: the person said that its pages are about people.
    let by_file = person_of_file(&format!("people/{stem}.md"));
    let (front, body) = match content.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---")) {
        Some((front, body)) => (front, body),
        None => ("", content),
    };
    let heading = body.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim);
    let name = heading.filter(|heading| (1..=4).contains(&heading.split_whitespace().count()));
    let mut aliases = front.lines().find_map(|line| line.strip_prefix("aliases:")).map(list).unwrap_or_default();
    let name = name.map(str::to_owned).or_else(|| by_file.clone())?;
    aliases.extend(by_file.filter(|other| other.to_lowercase() != name.to_lowercase() && other.contains(' ')));
    let prose = body.lines().map(str::trim).find(|line| line.starts_with(char::is_alphanumeric));
    let file = Some(path.to_string_lossy().into_owned());
    Some(NamedEntity { kind: EntityKind::Person, name, aliases, note: prose.map(noted).unwrap_or_default(), file })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: EntityKind, name: &str, aliases: &[&str], note: &str, file: Option<&str>) -> NamedEntity {
        NamedEntity {
            kind,
            name: name.to_owned(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            note: note.to_owned(),
            file: file.map(str::to_owned),
        }
    }

    #[test]
    fn lines_name_entities() {
        assert_eq!(
            line(" Adam Smith | ads, adam.smith | designer at Acme "),
            Some(named(EntityKind::Person, "Adam Smith", &["ads", "adam.smith"], "designer at Acme", None))
        );
        assert_eq!(line("project: acme/api"), Some(named(EntityKind::Project, "acme/api", &[], "", None)));
        assert_eq!(line("# people"), None);
        assert_eq!(line("  "), None);
        assert_eq!(line("| x"), None);
    }

    #[test]
    fn pages_name_people() {
        let check = |content: &str, expected: Option<NamedEntity>| {
            assert_eq!(page(Path::new("/n/amy-pond.md"), content), expected, "{content:?}");
        };
        let path = Some("/n/amy-pond.md");
        check("", Some(named(EntityKind::Person, "Amy Pond", &[], "", path)));
        check(
            "---\naliases: [\"Amelia\", ap]\n---\n# Amelia Jane Pond\n\nRuns the Leeds office.\n",
            Some(named(
                EntityKind::Person,
                "Amelia Jane Pond",
                &["Amelia", "ap", "Amy Pond"],
                "Runs the Leeds office.",
                path,
            )),
        );
    }
}
