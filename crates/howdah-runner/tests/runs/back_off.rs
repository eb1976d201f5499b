//! Waits before a task is tried again. No time passes in them: the clock notes how long they would be.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use howdah_plan::{CommandLine, Event, Part, Plan, Step};
use howdah_platform::{Alarm, Clock, SystemClock};
use howdah_runner::{RunOptions, SharedClock, run};

use super::{Place, parts};

/// A clock that waits for nobody.
#[derive(Default)]
struct Hasty(Mutex<Vec<Duration>>);

impl Clock for Hasty {
    fn now(&self) -> Instant {
        SystemClock.now()
    }
    fn system_time(&self) -> SystemTime {
        SystemClock.system_time()
    }
    fn wait(&self, span: Duration, _: &Alarm) {
        self.0.lock().unwrap().push(span);
    }
}

/// A map-only job of a command, of which a task has some attempts, and waits a second before the second one.
fn job(place: &Place, script: &str, attempts: u32) -> (Plan, RunOptions) {
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    let mut options = place.options(&["in"], "out");
    for (name, value) in [("mapreduce.map.maxattempts", attempts), ("howdah.retry.delay", 1000)] {
        options.properties.insert(name.into(), value.to_string());
    }
    (Plan::new("again", vec![Step::map_only(mapper)]), options)
}

#[test]
fn each_further_attempt_waits_twice_as_long() {
    let place = Place::new(&[("in", "a\n")]);
    let script = "cat; case $mapreduce_task_attempt_id in *_4) ;; *) exit 3;; esac";
    let (plan, mut options) = job(&place, script, 5);
    let clock = Arc::new(Hasty::default());
    options.clock = SharedClock(Arc::clone(&clock) as Arc<dyn Clock>);
    let told = Mutex::new(Vec::new());
    run(&plan, &options, &|event| {
        if let Event::Status { text, .. } = event {
            told.lock().unwrap().push(text);
        }
    })
    .unwrap();
    assert_eq!(*clock.0.lock().unwrap(), [1, 2, 4, 8].map(Duration::from_secs));
    assert_eq!(told.lock().unwrap()[1], "attempt 2 begins in 2 seconds");
    assert_eq!(parts(&place.path("out"))["part-00000"], "a\t\n");
}

#[test]
fn nobody_waits_behind_the_last_attempt_nor_without_a_delay() {
    let place = Place::new(&[("in", "a\n")]);
    let (plan, mut options) = job(&place, "exit 3", 1);
    let clock = Arc::new(Hasty::default());
    options.clock = SharedClock(Arc::clone(&clock) as Arc<dyn Clock>);
    super::quiet(&plan, &options).unwrap_err();
    for delay in ["0", "-5", ""] {
        options.properties.insert("mapreduce.map.maxattempts".into(), "3".into());
        options.properties.insert("howdah.retry.delay".into(), delay.into());
        super::quiet(&plan, &options).unwrap_err();
    }
    assert_eq!(*clock.0.lock().unwrap(), []);
}

#[test]
fn who_waits_is_woken_when_the_run_fails() {
    // One task waits to be tried again, and the other one then fails for good.
    let place = Place::new(&[("in", "first\n"), ("other", "other\n")]);
    let waits = place.path("waits");
    let script = format!(
        "read line; [ $line = first ] && exit 3; until [ -e {} ]; do sleep 0.01; done; \
         case $mapreduce_task_attempt_id in *_0) exit 4;; *) kill -9 $$;; esac",
        waits.display()
    );
    let (plan, mut options) = job(&place, &script, 2);
    options.inputs.extend(place.options(&["other"], "out").inputs);
    options.workers = Some(2);
    options.clock = SharedClock(Arc::new(UntilWoken::default()));
    let error = run(&plan, &options, &|event| {
        if let Event::Status { task: 0, .. } = event {
            std::fs::write(&waits, "").unwrap();
        }
    })
    .unwrap_err();
    assert!(error.to_string().contains("code 137"), "{error}");
}

/// A clock on which the first wait lasts until somebody ends it, and no other takes any time.
#[derive(Default)]
struct UntilWoken(Mutex<bool>);

impl Clock for UntilWoken {
    fn now(&self) -> Instant {
        SystemClock.now()
    }
    fn system_time(&self) -> SystemTime {
        SystemClock.system_time()
    }
    fn wait(&self, _: Duration, alarm: &Alarm) {
        if !std::mem::replace(&mut *self.0.lock().unwrap(), true) {
            SystemClock.wait(Duration::from_secs(60), alarm);
            assert!(alarm.has_rung(), "nobody has ended the wait");
        }
    }
}
