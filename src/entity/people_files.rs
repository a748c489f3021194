//! Files that stand for a person: `people/amy.md` is about Amy, whatever is written in it.

use crate::model::{EntityKind, Mention};

/// Directories whose files are each about one person.
const DIRECTORIES: [&str; 9] =
    ["people", "persons", "contacts", "team", "relationships", "friends", "family", "colleagues", "crm"];
const ENDINGS: [&str; 5] = ["md", "mdx", "txt", "org", "markdown"];
/// Files of such a directory that are about all of it.
const ABOUT_ALL: [&str; 6] = ["readme", "index", "template", "todo", "notes", "all"];

/// The person a file stands for, by its name and directory: `people/amy-pond.md` gives `Amy Pond`.
pub fn person_of_file(path: &str) -> Option<String> {
    let mut parts = path.rsplit(['/', '\\']);
    let name = parts.next()?;
    let directory = parts.next()?.to_lowercase();
    let (stem, ending) = name.rsplit_once('.')?;
    let fits = DIRECTORIES.contains(&directory.as_str()) && ENDINGS.contains(&ending.to_lowercase().as_str());
    if !fits || ABOUT_ALL.contains(&stem.to_lowercase().as_str()) {
        return None;
    }
    let words: Vec<String> = stem.split(['-', '_', ' ', '.']).filter(|word| !word.is_empty()).map(titled).collect();
    let is_name = (1..=3).contains(&words.len())
        && words.iter().all(|word| word.chars().all(char::is_alphabetic))
        && words[0].chars().count() > 1;
    is_name.then(|| words.join(" "))
}

/// The people that files stand for, each once.
pub fn people_of_files<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<Mention> {
    let mut people: Vec<Mention> = Vec::new();
    for name in paths.into_iter().filter_map(person_of_file) {
        let mention = Mention::new(EntityKind::Person, name);
        if !people.contains(&mention) {
            people.push(mention);
        }
    }
    people
}

fn titled(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_a_directory_of_people_stands_for_one() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(person_of_file(path).as_deref(), expected, "{path}");
        };
        check("people/amy.md", Some("Amy"));
        check("/home/ada/notes/People/amy-pond.md", Some("Amy Pond"));
        check("crm\\zoë_ng.txt", Some("Zoë Ng"));
        check("people/README.md", None);
        check("people/2026-01-02.md", None);
        check("src/amy.md", None);
        check("people/amy.rs", None);
        check("amy.md", None);
    }
}
