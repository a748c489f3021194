//! The elements of a JSON array one by one, without holding or understanding the whole.

use std::io::{self, Read};

/// Longest element that is held: a conversation with pasted files is a few megabytes.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// One element.
pub(super) enum Element<'a> {
    /// Its bytes.
    Whole(&'a [u8]),
    /// It is longer than 256 MB.
    TooLong,
}

/// Where in the text a byte stands.
#[derive(Default)]
struct Position {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

/// Gives every object in the outermost array, or the outermost object, to `each` until that says false.
///
/// An element that is no JSON costs itself as long as its braces and quotes are balanced; one that ends too early is
/// given as far as it goes.
pub(super) fn elements(mut from: impl Read, each: &mut dyn FnMut(Element<'_>) -> bool) -> io::Result<()> {
    let mut block = vec![0; 64 * 1024];
    let mut element = Vec::new();
    let mut too_long = false;
    let mut at = Position::default();
    loop {
        let length = match from.read(&mut block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if length == 0 {
            break;
        }
        for &byte in &block[..length] {
            let was_inside = at.depth > 0;
            at.step(byte);
            if !was_inside && at.depth == 0 {
                continue;
            }
            too_long |= element.len() >= MOST_BYTES;
            if too_long {
                element.clear();
            } else {
                element.push(byte);
            }
            if at.depth == 0 {
                let given = if std::mem::take(&mut too_long) { Element::TooLong } else { Element::Whole(&element) };
                if !each(given) {
                    return Ok(());
                }
                element.clear();
            }
        }
    }
    if !element.is_empty() {
        each(Element::Whole(&element));
    }
    Ok(())
}

impl Position {
    /// Counts braces only: the outermost brackets and commas are passed over, those inside do not matter.
    fn step(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = self.depth > 0,
            b'{' => self.depth += 1,
            b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut found = Vec::new();
        elements(text.as_bytes(), &mut |element| {
            if let Element::Whole(bytes) = element {
                found.push(String::from_utf8(bytes.to_vec()).unwrap());
            }
            true
        })
        .unwrap();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn elements_come_one_by_one() {
        check("", &[]);
        check("[]", &[]);
        check(r#"[{"a":1}, {"b":{"c":"}"}}]"#, &[r#"{"a":1}"#, r#"{"b":{"c":"}"}}"#]);
        check(r#"[{"a":"\"}"}]"#, &[r#"{"a":"\"}"}"#]);
        check(r#"{"a":[{"b":1}]}"#, &[r#"{"a":[{"b":1}]}"#]);
        check(r#"[1, "x", {"a":1}]"#, &[r#"{"a":1}"#]);
        check(r#"[{"a":1},{"b":"cut o"#, &[r#"{"a":1}"#, r#"{"b":"cut o"#]);
        check(r#"[{"a" oops},{"b":1}]"#, &[r#"{"a" oops}"#, r#"{"b":1}"#]);
    }

    #[test]
    fn no_more_than_wanted_is_read() {
        let mut count = 0;
        elements(&b"[{},{},{}]"[..], &mut |_| {
            count += 1;
            count < 2
        })
        .unwrap();
        assert_eq!(count, 2);
    }
}
