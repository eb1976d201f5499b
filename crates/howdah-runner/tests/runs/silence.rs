//! Commands that give no sign of life for too long. Time is what the tests say it is.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use howdah_plan::{CommandLine, Event, Part, Plan, Step};
use howdah_platform::Clock;
use howdah_runner::{RunOptions, SharedClock, run};

use super::{Place, failure, parts};

/// A clock that goes on by an hour at each look, or only when it is told to.
struct Hours {
    began: Instant,
    minutes: AtomicU64,
    by_itself: AtomicBool,
}

impl Hours {
    fn new(by_itself: bool) -> Arc<Self> {
        let by_itself = AtomicBool::new(by_itself);
        Arc::new(Hours { began: Instant::now(), minutes: AtomicU64::new(0), by_itself })
    }

    fn pass(&self, minutes: u64) {
        self.minutes.fetch_add(minutes, Ordering::SeqCst);
    }
}

impl Clock for Hours {
    fn now(&self) -> Instant {
        if self.by_itself.load(Ordering::SeqCst) {
            self.pass(60);
        }
        self.began + Duration::from_secs(60 * self.minutes.load(Ordering::SeqCst))
    }
    fn system_time(&self) -> SystemTime {
        UNIX_EPOCH
    }
}

/// A job of one command, which may be silent for ten minutes.
fn job(place: &Place, script: &str, clock: &Arc<Hours>) -> (Plan, RunOptions) {
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    let mut options = place.options(&["in"], "out");
    options.properties.insert("mapreduce.task.timeout".into(), "600000".into());
    options.clock = SharedClock(Arc::clone(clock) as Arc<dyn Clock>);
    (Plan::new("silent", vec![Step::map_only(mapper)]), options)
}

#[test]
fn a_silent_command_is_ended_with_all_that_it_started() {
    let place = Place::new(&[("in", "a\n")]);
    // The run cannot end before the second process, which holds the output.
    let script = "cat >/dev/null; echo waiting >&2; sleep 600 & wait";
    let (plan, options) = job(&place, script, &Hours::new(true));
    let began = Instant::now();
    let (message, code) = failure(&place, &plan, &options);
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
    assert!(message.contains("AttemptID:attempt_local"), "{message}");
    assert!(
        message.contains("_m_000000_0 task timeout set: 600s, taskTimedOut: true"),
        "{message}"
    );
    assert!(message.contains("\nhint: a line `reporter:status:TEXT`"), "{message}");
    assert_eq!(code, 1);
    let error = super::quiet(&plan, &options).unwrap_err();
    assert_eq!(error.slug(), "howdah::timed-out");
}

#[test]
fn a_silent_command_may_end_in_order() {
    let place = Place::new(&[("in", "a\n")]);
    let script = "trap 'echo cleaned up >&2; exit 0' TERM; cat >/dev/null; sleep 600 & wait";
    let (plan, mut options) = job(&place, script, &Hours::new(false));
    options.clock = SharedClock::default();
    // Long enough for a shell to begin, whatever else the machine does.
    options.properties.insert("mapreduce.task.timeout".into(), "3000".into());
    let lines = Mutex::new(Vec::new());
    let error = run(&plan, &options, &|event| {
        if let Event::TaskLog { line, .. } = event {
            lines.lock().unwrap().push(line);
        }
    })
    .unwrap_err();
    assert_eq!(error.slug(), "howdah::timed-out");
    assert_eq!(lines.into_inner().unwrap(), ["cleaned up"]);
}

#[test]
fn a_reducer_that_does_not_read_is_silent_too() {
    let place = Place::new(&[("in", "a\n")]);
    let command = |script: &str| Part::Command(CommandLine::new(["sh", "-c", script]));
    let (mut plan, options) = job(&place, "cat", &Hours::new(true));
    plan.steps = vec![Step::new(Part::Identity, command("sleep 600"))];
    let (message, _) = failure(&place, &plan, &options);
    assert!(message.starts_with("reduce task "), "{message}");
    assert!(message.contains("taskTimedOut: true"), "{message}");
}

#[test]
fn without_the_property_no_command_is_ended() {
    let place = Place::new(&[("in", "a\n")]);
    let (plan, mut options) = job(&place, "sleep 1; cat", &Hours::new(true));
    for timeout in ["0", "-1", ""] {
        options.properties.insert("mapreduce.task.timeout".into(), timeout.into());
        super::quiet(&plan, &options).unwrap();
        std::fs::remove_dir_all(place.path("out")).unwrap();
    }
}

#[test]
fn a_line_on_the_standard_error_is_a_sign_of_life() {
    let place = Place::new(&[("in", "a\n")]);
    // Each time it waits for somebody to have heard of its status, and nine minutes have passed.
    let script = format!(
        "for round in 1 2 3 4; do echo reporter:status:$round >&2; \
         for i in $(seq 300); do [ -e {0}-$round ] && break; sleep 0.1; done; [ -e {0}-$round ] || exit 9; done; cat",
        place.path("heard").display()
    );
    let clock = Hours::new(false);
    let (plan, options) = job(&place, &script, &clock);
    run(&plan, &options, &|event| {
        if let Event::Status { text, .. } = event {
            clock.pass(9);
            std::fs::write(place.path(&format!("heard-{text}")), "").unwrap();
        }
    })
    .unwrap();
    assert_eq!(parts(&place.path("out"))["part-00000"], "a\t\n");
}

#[test]
fn an_attempt_that_was_ended_may_be_followed_by_another() {
    let place = Place::new(&[("in", "a\n")]);
    let script = "case $mapreduce_task_attempt_id in *_0) sleep 600;; esac; cat";
    let clock = Hours::new(true);
    let (plan, mut options) = job(&place, script, &clock);
    options.properties.insert("mapreduce.map.maxattempts".into(), "2".into());
    let failed = Mutex::new(Vec::new());
    run(&plan, &options, &|event| {
        if let Event::AttemptFailed { slug, .. } = event {
            clock.by_itself.store(false, Ordering::SeqCst);
            failed.lock().unwrap().push(slug);
        }
    })
    .unwrap();
    assert_eq!(*failed.lock().unwrap(), ["howdah::timed-out"]);
    assert_eq!(parts(&place.path("out"))["part-00000"], "a\t\n");
}
