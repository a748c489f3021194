//! What a change of a small text file looks like, for a person to approve.

/// Changed lines, `-` for those that go and `+` for those that come; unchanged lines are left out.
pub fn line_diff(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    middle_diff(&old[head..old.len() - tail], &new[head..new.len() - tail])
}

/// Longest common subsequence; quadratic, so a middle of more than 1,000 lines is shown as all old, then all new.
fn middle_diff(old: &[&str], new: &[&str]) -> Vec<String> {
    if old.len().max(new.len()) > 1_000 {
        return old.iter().map(|line| minus(line)).chain(new.iter().map(|line| plus(line))).collect();
    }
    let common = common_lengths(old, new);
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            out.push(minus(old[i]));
            i += 1;
        } else {
            out.push(plus(new[j]));
            j += 1;
        }
    }
    out
}

/// `[i][j]`: how many lines `old[i..]` and `new[j..]` have in common, in order.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    common
}

fn minus(line: &str) -> String {
    format!("- {line}")
}

fn plus(line: &str) -> String {
    format!("+ {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_lines_are_shown() {
        let check = |before, after, expected: &[&str]| assert_eq!(line_diff(before, after), expected);
        check("a\nb\n", "a\nb\n", &[]);
        check("", "a\n", &["+ a"]);
        check("a\n", "", &["- a"]);
        check("{\n  1\n}\n", "{\n  1,\n  2\n}\n", &["-   1", "+   1,", "+   2"]);
        check("a\nx\nb\ny\nc", "a\nX\nb\nY\nc", &["- x", "+ X", "- y", "+ Y"]);
    }
}
