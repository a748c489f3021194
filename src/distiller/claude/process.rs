//! A program with an input, an output and an end, whatever it does.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Longest output that is kept.
const MOST_OUTPUT: u64 = 4 << 20;

/// What a program left.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) output: String,
    pub(super) errors: String,
    /// It was ended because it took too long.
    pub(super) timed_out: bool,
}

/// Runs a program with nothing of our own environment but `environment`, and ends it and its children after `timeout`.
pub(super) fn run(
    program: &Path,
    arguments: &[String],
    environment: &[(String, OsString)],
    directory: &Path,
    input: &str,
    timeout: Duration,
) -> std::io::Result<Ended> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(environment.iter().cloned()).current_dir(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program that does not read its input says so by its output.
            let _unread = stdin.map(|mut stdin| stdin.write_all(input.as_bytes()));
        });
        let output = scope.spawn(|| text(stdout));
        let errors = scope.spawn(|| text(stderr));
        let timed_out = wait(&mut child, timeout)?;
        let (output, errors) = (output.join().unwrap_or_default(), errors.join().unwrap_or_default());
        Ok(Ended { output, errors, timed_out })
    })
}

fn text(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What came before a failure is still worth reading.
        let _broken = pipe.take(MOST_OUTPUT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits for the end; true when it had to be brought about.
fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<bool> {
    let started = Instant::now();
    while child.try_wait()?.is_none() {
        if started.elapsed() >= timeout {
            end(child);
            child.wait()?;
            return Ok(true);
        }
        std::thread::sleep(LOOK);
    }
    // Children that outlive it would keep the pipes open.
    end_group(child);
    Ok(false)
}

fn end(child: &mut Child) {
    end_group(child);
    let _ended_already = child.kill();
}

#[cfg(unix)]
fn end_group(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let _gone_already = group.map(|group| kill_process_group(group, Signal::KILL));
}

#[cfg(not(unix))]
fn end_group(_child: &Child) {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, input: &str, timeout: Duration) -> std::io::Result<Ended> {
        let arguments = ["-c".to_owned(), script.to_owned()];
        let path = [("PATH".to_owned(), OsString::from("/usr/bin:/bin"))];
        run(Path::new("/bin/sh"), &arguments, &path, Path::new("/"), input, timeout)
    }

    #[test]
    fn input_and_output_pass_and_the_environment_does_not() {
        let ended = sh("cat; echo \" $HOME|\" >&2", "words", Duration::from_secs(60)).unwrap();
        assert_eq!((ended.output.as_str(), ended.errors.trim(), ended.timed_out), ("words", "|", false));
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_with_its_children() {
        let ended = sh("echo started; sleep 600 & sleep 600", "", Duration::from_millis(300)).unwrap();
        assert!(ended.timed_out);
    }
}
