use super::*;

fn task(command: &[&str], variables: &[(&str, &str)]) -> Task {
    let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Task { command: words(command), variables, minutes: 15 }
}

fn odd() -> Task {
    task(&["/home/o'neil/100% \"lane\"/$bin/memory-lane", "worker"], &[("MEMORY_LANE_HOME", "/home/o'neil/a&b %h")])
}

fn places(dir: &Path) -> SchedulerPlaces {
    SchedulerPlaces { home: dir.join("home"), config: dir.join("home/.config"), search_path: None }
}

#[test]
fn every_scheduler_reads_odd_names_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let service = systemd::files(&odd(), &places(dir.path())).unwrap()[0].1.clone();
    assert!(service.contains(r#"ExecStart="/home/o'neil/100%% \"lane\"/$$bin/memory-lane" "worker""#), "{service}");
    assert!(service.contains(r#"Environment="MEMORY_LANE_HOME=/home/o'neil/a&b %%h""#), "{service}");
    let agent = launchd::files(&odd(), &places(dir.path())).unwrap()[0].1.clone();
    assert!(agent.contains("<string>/home/o'neil/a&amp;b %h</string>"), "{agent}");
    assert!(agent.contains("<integer>900</integer>"), "{agent}");
    let line = crontab::block(&odd()).unwrap();
    let expected = r#"*/15 * * * * MEMORY_LANE_HOME='/home/o'\''neil/a&b \%h' '/home/o'\''neil/100\% "lane"/$bin/memory-lane' 'worker' >/dev/null 2>&1"#;
    assert_eq!(line.lines().nth(1), Some(expected));
}

#[test]
fn a_line_end_cannot_be_smuggled_in() {
    let dir = tempfile::tempdir().unwrap();
    let bad = task(&["/bin/x\n* * * * * rm"], &[]);
    for scheduler in Scheduler::ALL {
        let planned = plan_schedule(*scheduler, &bad, &places(dir.path()));
        assert!(matches!(planned, Err(InstallError::Unschedulable(_))), "{scheduler}");
    }
}

#[test]
fn only_our_lines_of_a_crontab_change() {
    let (ours, other) = (crontab::block(&odd()).unwrap(), crontab::block(&task(&["/bin/other"], &[])).unwrap());
    for own in ["", "MAILTO=me\n0 4 * * * backup\n", "0 4 * * * backup"] {
        let with = crontab::with_block(own, &ours);
        assert_eq!(crontab::block_in(&with).as_ref(), Some(&ours));
        assert_eq!(crontab::with_block(&with, &ours), with, "twice is once");
        let without = crontab::without_block(&with);
        assert_eq!(without.trim_end_matches('\n'), own.trim_end_matches('\n'));
        let before_ours = format!("{with}5 5 * * * more\n");
        assert_eq!(crontab::with_block(&before_ours, &other), before_ours.replace(&ours, &other));
        assert_eq!(crontab::without_block(&before_ours), format!("{without}5 5 * * * more\n"));
    }
    assert_eq!(crontab::without_block("# memory-lane: end\n1 * * * * x\n"), "# memory-lane: end\n1 * * * * x\n");
}

#[test]
fn files_tell_whether_the_worker_is_scheduled() {
    let dir = tempfile::tempdir().unwrap();
    let places = places(dir.path());
    for scheduler in [Scheduler::Systemd, Scheduler::Launchd] {
        assert_eq!(scheduled(scheduler, &odd(), &places).unwrap(), Scheduled::No);
        assert_eq!(plan_unschedule(scheduler, &places).unwrap(), [], "nothing to undo");
        let steps = plan_schedule(scheduler, &odd(), &places).unwrap();
        let files: Vec<Step> = steps.into_iter().filter(|step| matches!(step, Step::File(..))).collect();
        carry_out(&files, &places).unwrap();
        assert_eq!(scheduled(scheduler, &odd(), &places).unwrap(), Scheduled::Yes);
        assert_eq!(scheduled(scheduler, &task(&["/bin/other"], &[]), &places).unwrap(), Scheduled::Otherwise);
        carry_out(&plan_unschedule(scheduler, &places).unwrap(), &places).unwrap();
        assert_eq!(scheduled(scheduler, &odd(), &places).unwrap(), Scheduled::No, "also without its commands");
    }
}
