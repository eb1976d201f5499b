//! What commands leave behind, as a program sees it that runs jobs by the engine.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use howdah_plan::{CommandLine, Part, Plan, Step};
use howdah_platform::Clock;
use howdah_runner::SharedClock;
use howdah_runner::guardian::GuardianCommand;

use super::{Place, quiet};

fn job(script: &str) -> Plan {
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    Plan::new("leaves", vec![Step::map_only(mapper)])
}

/// A clock on which an hour passes between two looks.
struct Hours(Instant, std::sync::atomic::AtomicU64);

impl Clock for Hours {
    fn now(&self) -> Instant {
        let hours = self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.0 + Duration::from_secs(3600 * hours)
    }
    fn system_time(&self) -> SystemTime {
        UNIX_EPOCH
    }
}

#[test]
fn a_command_that_has_failed_is_not_waited_for_while_a_daemon_holds_its_pipes() {
    let place = Place::new(&[("in", "a\n")]);
    let daemon = place.path("daemon");
    let script = format!(
        "setsid sh -c 'echo $$ >{0}; exec sleep 1000' & until [ -s {0} ]; do sleep 0.01; done; exit 3",
        daemon.display()
    );
    let mut options = place.options(&["in"], "out");
    options.clock = SharedClock(Arc::new(Hours(Instant::now(), 0.into())));
    let error = quiet(&job(&script), &options).unwrap_err();
    assert!(error.to_string().contains("subprocess failed with code 3"), "{error}");
    let daemon = fs::read_to_string(daemon).unwrap();
    let environment = fs::read(format!("/proc/{}/environ", daemon.trim())).unwrap_or_default();
    assert_eq!(environment, b"", "the daemon is gone, if not yet waited for");
}

/// The processes that this one has started and not waited for, by a name that no other test's have.
fn children(name: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let ours = format!(" {} ", std::process::id());
    let is_ours = |stat: &String| {
        stat.contains(&format!(" ({name}) "))
            && stat.get(..80.min(stat.len())).unwrap().contains(&ours)
    };
    stats.filter(is_ours).collect()
}

#[test]
fn a_guardian_is_started_only_if_the_program_says_how_and_is_waited_for() {
    let place = Place::new(&[("in", "a\n")]);
    // It says by whom it was asked for what, and goes: what that means is for a real one to show.
    let guard = "#!/bin/sh\necho \"$@\" >SAID.new; mv SAID.new SAID\n";
    let said = place.path("said");
    fs::write(place.path("guard"), guard.replace("SAID", &said.display().to_string())).unwrap();
    let guard = place.path("a-guardian");
    let wait = format!("cat; until [ -e {} ]; do sleep 0.01; done", said.display());
    quiet(&job("cat"), &place.options(&["in"], "unguarded")).unwrap();
    assert!(!said.exists());

    fs::rename(place.path("guard"), &guard).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&guard, mode).unwrap();
    let mut options = place.options(&["in"], "out");
    options.guardian = Some(GuardianCommand { program: guard, name: "guardian".into() });
    quiet(&job(&wait), &options).unwrap();
    let said = fs::read_to_string(said).unwrap();
    assert!(said.starts_with("--howdah-guardian "), "{said}");
    assert_eq!(children("a-guardian"), [""; 0], "it was waited for");
}

#[test]
fn a_run_goes_on_without_a_guardian_that_cannot_be_started() {
    let place = Place::new(&[("in", "a\n")]);
    let mut options = place.options(&["in"], "out");
    let program = place.path("no-such");
    options.guardian = Some(GuardianCommand { program, name: "guardian".into() });
    let warnings = std::sync::Mutex::new(Vec::new());
    howdah_runner::run(&job("cat"), &options, &|event| {
        if let howdah_plan::Event::Warning { slug, .. } = event {
            warnings.lock().unwrap().push(slug);
        }
    })
    .unwrap();
    assert_eq!(*warnings.lock().unwrap(), ["howdah::no-guardian"]);
}
