//! Runs on a stand-in for Hadoop: what is called in which order, what is left behind, what is said.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Seek};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use howdah_hadoop::{HadoopError, HadoopOptions, Outcome, Search};
use howdah_plan::{
    CommandLine, Event, FrameworkCounter, Keep, Next, Part, Plan, RejectLimit, Repeat, Source, Step,
};
use tempfile::TempDir;

/// A folder with the stand-in, and with files that are the cluster's.
struct Cluster {
    folder: TempDir,
}

/// What a run said and wrote.
struct Ran {
    outcome: Result<Outcome, HadoopError>,
    stdout: String,
    events: Vec<Event>,
}

impl Cluster {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-in.sh");
        for name in ["hadoop", "mapred", "yarn"] {
            let path = folder.path().join("bin").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            // A copy could not be run while another test's child, just forked, still holds it open to be written.
            symlink(&script, &path).unwrap();
        }
        fs::write(folder.path().join("hadoop-streaming.jar"), "").unwrap();
        fs::write(folder.path().join("in"), "b\na\nb\n").unwrap();
        Cluster { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn options(&self) -> HadoopOptions {
        let mut search = Search::default();
        search.home = Some(self.folder.path().to_owned());
        search.streaming_jar = Some(PathBuf::from(self.path("hadoop-streaming.jar")));
        let mut options = HadoopOptions::default();
        options.search = search;
        options.inputs = vec![self.path("in")];
        options.output = Some(self.path("out"));
        options.handle_signals = false;
        options
    }

    fn run(plan: &Plan, options: &HadoopOptions) -> Ran {
        let events = Mutex::new(Vec::new());
        let mut stdout = tempfile::tempfile().unwrap();
        let tell = |event| events.lock().unwrap().push(event);
        let copied_to = Box::new(stdout.try_clone().unwrap());
        let outcome = howdah_hadoop::run(plan, options, &tell, copied_to);
        let events = events.into_inner().unwrap();
        let mut copied = String::new();
        stdout.rewind().unwrap();
        stdout.read_to_string(&mut copied).unwrap();
        Ran { outcome, stdout: copied, events }
    }

    /// What a run failed with: its message, with the folder as DIR, and its exit code.
    fn failure(&self, plan: &Plan, options: &HadoopOptions) -> (String, u8) {
        let error = Cluster::run(plan, options).outcome.unwrap_err();
        (error.to_string().replace(self.folder.path().to_str().unwrap(), "DIR"), error.exit_code())
    }

    /// What lies in the folder, apart from the stand-in and its notes.
    fn left(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        collect(self.folder.path(), "", &mut found);
        found.retain(|name| {
            !name.starts_with("bin/") && !["in", "hadoop-streaming.jar"].contains(&name.as_str())
        });
        found
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn looks_at_logs(&self) -> usize {
        self.calls().iter().filter(|call| *call == "logs -applicationId").count()
    }

    /// The verbs that Hadoop's programs were called with.
    fn calls(&self) -> Vec<String> {
        let verb = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let calls = self.text("bin/calls");
        calls
            .lines()
            .map(|line| verb(line).split('/').next().unwrap_or_default().to_owned())
            .collect()
    }
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name);
        }
    }
}

fn command(words: &[&str]) -> CommandLine {
    CommandLine::new(words.iter().copied())
}

fn step(mapper: &[&str]) -> Step {
    Step::new(Part::Command(command(mapper)), Part::Command(command(&["uniq", "-c"])))
}

fn one_step() -> Plan {
    Plan::new("count", vec![step(&["cat"])])
}

#[test]
fn a_step_is_one_job_and_one_rename() {
    let cluster = Cluster::new();
    let ran = Cluster::run(&one_step(), &cluster.options());
    let counters = &ran.outcome.unwrap().counters[0];
    assert_eq!(counters.framework(FrameworkCounter::MapInputRecords), 3);
    assert_eq!(cluster.left(), ["out/_SUCCESS", "out/part-00000"].map(str::to_owned).into());
    assert_eq!(cluster.text("out/part-00000"), "      1 a\n      2 b\n");
    assert_eq!(cluster.calls(), ["fs -count", "jar ", "fs -count", "fs -mv"]);
    let submitted = ran.events.iter().any(|event| {
        matches!(event, Event::Submitted { job, address: Some(address), .. }
            if job == "job_17_0001" && address == "http://host/application_17_0001/")
    });
    assert!(submitted, "{:?}", ran.events);
}

#[test]
fn without_an_output_the_parts_are_copied_out() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.output = None;
    options.temporary = Some(cluster.path("scratch"));
    let ran = Cluster::run(&one_step(), &options);
    ran.outcome.unwrap();
    assert_eq!(ran.stdout, "      1 a\n      2 b\n");
    assert!(cluster.left().is_empty(), "{:?}", cluster.left());
}

#[test]
fn what_is_missing_or_exists_is_said_before_anything_runs() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.inputs.push(cluster.path("none*"));
    let (message, code) = cluster.failure(&one_step(), &options);
    assert_eq!((message.as_str(), code), ("Input path does not exist: DIR/none*", 5));
    // However its path is written, and however Hadoop writes it.
    fs::create_dir(cluster.path("mine")).unwrap();
    fs::write(cluster.path("mine/data"), "").unwrap();
    for path in ["mine", "mine/", ".//mine", "./mine"] {
        let mut options = cluster.options();
        options.output = Some(cluster.path(path));
        let (message, code) = cluster.failure(&one_step(), &options);
        assert!(message.contains("mine` exists\nhint: "), "{path}: {message}");
        assert_eq!(code, 5);
        // A folder of empty files is no empty folder.
        options.overwrite = true;
        let (message, code) = cluster.failure(&one_step(), &options);
        assert!(message.contains("mine` is not the output of a job"), "{path}: {message}");
        assert_eq!(code, 5);
        let mut options = cluster.options();
        (options.rejects, options.overwrite) = (Some(cluster.path(path)), true);
        let (message, _) = cluster.failure(&one_step(), &options);
        assert!(message.contains("mine` is not the output of a job"), "{path}: {message}");
    }
    assert!(cluster.calls().iter().all(|call| call == "fs -count"), "{:?}", cluster.calls());
    assert_eq!(cluster.left(), ["mine/data".to_owned()].into());
}

#[test]
fn records_that_would_have_no_place_are_not_made() {
    let cluster = Cluster::new();
    let mut plan = one_step();
    plan.steps[0].outputs.push("long".to_owned());
    let mut options = cluster.options();
    options.output = None;
    let (message, code) = cluster.failure(&plan, &options);
    assert!(message.contains("an output `long` beside its own"), "{message}");
    assert_eq!(code, 2);
    let mut options = cluster.options();
    options.rejects = Some(cluster.path("out/rejects"));
    let (message, code) = cluster.failure(&plan, &options);
    assert!(message.contains("is in the output"), "{message}");
    assert_eq!(code, 2);
}

#[test]
fn a_job_whose_client_ends_before_it_is_ended_too() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.properties.insert("stand.in.attempt".to_owned(), "is-left".to_owned());
    options.properties.insert("yarn.resourcemanager.address".to_owned(), "there:8032".to_owned());
    let (message, code) = cluster.failure(&one_step(), &options);
    assert!(message.starts_with("job_17_0001 failed: "), "{message}");
    assert_eq!(code, 1);
    let calls = cluster.text("bin/calls");
    let kill = "job -D yarn.resourcemanager.address=there:8032 -kill job_17_0001";
    assert!(calls.lines().any(|call| call == kill), "{calls}");
    assert!(cluster.left().is_empty(), "{:?}", cluster.left());
}

#[test]
fn an_output_is_replaced_if_it_is_one() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.overwrite = true;
    Cluster::run(&one_step(), &options).outcome.unwrap();
    fs::write(cluster.path("out/old"), "").unwrap();
    Cluster::run(&one_step(), &options).outcome.unwrap();
    assert_eq!(cluster.left(), ["out/_SUCCESS", "out/part-00000"].map(str::to_owned).into());
}

#[test]
fn an_output_that_cannot_be_replaced_stays() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.overwrite = true;
    Cluster::run(&one_step(), &options).outcome.unwrap();
    fs::write(cluster.path("out/old"), "").unwrap();
    // The stand-in refuses the rename that would put the new one in its place.
    fs::write(cluster.path("bin/refused"), "").unwrap();
    let (message, code) = cluster.failure(&one_step(), &options);
    assert!(message.starts_with("moving `DIR/.out.howdah-"), "{message}");
    assert_eq!(code, 74);
    assert!(cluster.left().contains("out/old"), "{:?}", cluster.left());
    assert_eq!(cluster.left().len(), 3, "{:?}", cluster.left());
}

#[test]
fn folders_that_hadoops_shell_would_take_for_others_are_refused() {
    let cluster = Cluster::new();
    for name in ["out[1]", "o*", "a{b,c}"] {
        let mut options = cluster.options();
        options.output = Some(cluster.path(name));
        let (message, code) = cluster.failure(&one_step(), &options);
        assert!(message.contains("cannot be the name of a folder to be made\nhint: "), "{message}");
        assert_eq!(code, 2);
    }
    let mut options = cluster.options();
    for root in ["/", "hdfs://host", "hdfs://host/"] {
        options.output = Some(root.to_owned());
        assert_eq!(cluster.failure(&one_step(), &options).1, 2, "{root}");
    }
    assert!(!cluster.folder.path().join("bin/calls").exists());
}

#[test]
fn an_output_that_holds_the_input_is_not_replaced() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.overwrite = true;
    fs::create_dir(cluster.path("out")).unwrap();
    fs::copy(cluster.path("in"), cluster.path("out/in")).unwrap();
    options.inputs = vec![cluster.path("out/in")];
    let (message, code) = cluster.failure(&one_step(), &options);
    assert!(message.contains("the input `DIR/out/in` is in the output `DIR/out`"), "{message}");
    assert_eq!(code, 5);
}

#[test]
fn a_job_that_fails_leaves_nothing_and_says_why() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.properties.insert("stand.in.attempt".to_owned(), "fails".to_owned());
    let ran = Cluster::run(&one_step(), &options);
    let error = ran.outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        "job_17_0001 failed: Task failed task_17_0001_m_000000\n  \
         cause: no date\n  \
         task: map task 0 failed once, as attempt_17_0001_m_000000_0 on node:1\n  \
         line: a\\tb\n  \
         exit code: 3, the program itself says that it failed\n\
         hint: mend it\n\
         hint: `yarn logs -applicationId application_17_0001` shows all that its tasks said"
    );
    // At the first look YARN had not yet gathered them, at the second not the task's.
    assert_eq!(cluster.looks_at_logs(), 3);
    assert_eq!((error.exit_code(), error.slug()), (1, "howdah::job-failed"));
    let failed = ran.events.iter().find_map(|event| match event {
        Event::AttemptFailed { task: 0, attempt: 0, message, .. } => Some(message.as_str()),
        _ => None,
    });
    let meant = "its program ended with exit code 3: the program itself says that it failed";
    assert_eq!(failed, Some(meant));
    assert!(cluster.left().is_empty(), "{:?}", cluster.left());

    options.keep = Keep::Failed;
    assert!(Cluster::run(&one_step(), &options).outcome.is_err());
    assert_eq!(fs::read_dir(cluster.folder.path()).unwrap().count(), 4, "with the step's folder");
}

#[test]
fn logs_that_do_not_come_are_not_waited_for() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.properties.insert("stand.in.attempt".to_owned(), "fails".to_owned());
    fs::write(cluster.path("bin/elsewhere"), "").unwrap();
    let ran = Cluster::run(&one_step(), &options);
    let message = ran.outcome.unwrap_err().to_string();
    assert!(message.contains("\n  cause: exit code 3: "), "{message}");
    assert!(message.contains("is not among these logs"), "{message}");
    // Once more when YARN says that it has them all.
    assert_eq!(cluster.looks_at_logs(), 4);
    let is_told = |event: &&Event| matches!(event, Event::Warning { slug, .. } if slug == "howdah::reading-logs");
    assert_eq!(ran.events.iter().filter(is_told).count(), 1);
}

#[test]
fn where_nobody_says_whether_logs_will_come_the_same_logs_twice_are_all() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.properties.insert("stand.in.attempt".to_owned(), "fails".to_owned());
    fs::write(cluster.path("bin/elsewhere"), "").unwrap();
    fs::write(cluster.path("bin/untold"), "").unwrap();
    let (message, _) = cluster.failure(&one_step(), &options);
    assert!(message.contains("is not among these logs"), "{message}");
    // Once in vain.
    assert_eq!(cluster.looks_at_logs(), 3);
}

#[test]
fn a_signal_ends_the_looks_at_logs() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.handle_signals = true;
    options.properties.insert("stand.in.attempt".to_owned(), "fails".to_owned());
    fs::write(cluster.path("bin/interrupts"), "").unwrap();
    let error = Cluster::run(&one_step(), &options).outcome.unwrap_err();
    assert_eq!((error.exit_code(), error.slug()), (130, "howdah::signal"));
    assert_eq!(cluster.looks_at_logs(), 1);
    let left = cluster.left();
    assert!(!left.iter().any(|name| name.contains("out")), "{left:?}");
}

#[test]
fn a_job_that_is_not_taken_is_another_failure() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.properties.insert("stand.in.attempt".to_owned(), "is-refused".to_owned());
    let (message, code) = cluster.failure(&one_step(), &options);
    assert_eq!(
        message,
        "Hadoop did not take the job: streaming.StreamJob: Error Launching job : no queue"
    );
    assert_eq!(code, 5);
}

#[test]
fn counters_are_asked_for_where_the_client_did_not_print_them() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.properties.insert("stand.in.attempt".to_owned(), "succeeds-silently".to_owned());
    let outcome = Cluster::run(&one_step(), &options).outcome.unwrap();
    assert_eq!(outcome.counters[0].get("Words", "seen"), 9);
    // Who cannot be asked has not counted nothing.
    options.properties.insert("stand.in.attempt".to_owned(), "succeeds-unseen".to_owned());
    options.output = Some(cluster.path("other"));
    let (message, code) = cluster.failure(&one_step(), &options);
    assert!(message.starts_with("asking for the job's counters failed"), "{message}");
    assert_eq!(code, 74);
    assert!(!fs::exists(cluster.path("other")).unwrap());
}

/// A loop whose mapper counts its lines that are longer than `xxx`, adds an `x` to each, and leaves their number beside.
fn growing(cluster: &Cluster) -> Plan {
    let grow = cluster.path("bin/grow");
    let script = "awk '{ print $0 \"x\"; if (length($0) >= 4) n++ }\n\
                  END { print \"reporter:counter:Grow,long,\" n + 0 > \"/dev/stderr\"; print FNR > ENVIRON[\"side\"] }'\n";
    fs::write(&grow, script).unwrap();
    let mut body = Step::map_only(Part::Command(command(&["sh", &grow])));
    body.inputs[0].source = Source::Step(0);
    let mut plan = Plan::new("grow", vec![Step::map_only(Part::Command(command(&["cat"]))), body]);
    plan.loops.push(Repeat::new(
        1,
        1,
        Source::Step(0),
        Arc::new(|round| {
            round.say(format!("{} are long", round.counter("Grow", "long")));
            if round.counter("Grow", "long") == 3 { Next::Stop } else { Next::Again }
        }),
    ));
    plan
}

#[test]
fn a_loop_stops_by_the_counters_of_its_rounds_and_keeps_their_outputs() {
    let cluster = Cluster::new();
    let mut options = cluster.options();
    options.keep = Keep::All;
    let ran = Cluster::run(&growing(&cluster), &options);
    ran.outcome.unwrap();
    let said: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Event::RoundFinished { message: Some(message), .. } => Some(message.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(said, ["0 are long", "0 are long", "0 are long", "3 are long"]);
    assert_eq!(cluster.text("out/part-00000"), "axxxx\nbxxxx\nbxxxx\n");
    // What a task wrote beside its records is gathered, and only the last round's has its plain name.
    let named = ["part-m-00000", "step-0001.0001-part-m-00000", "step-0001.0002-part-m-00000"];
    for name in named {
        assert_eq!(cluster.text(&format!("out/named/{name}")), "3\n");
    }
    let left = cluster.left();
    for step in ["0000", "0001.0001", "0001.0002", "0001.0003"] {
        assert!(left.contains(&format!("out.steps/{step}/part-00000")), "{left:?}");
    }
    assert!(!left.iter().any(|name| name.starts_with('.')), "{left:?}");
}

#[test]
fn more_rejects_than_allowed_fail_the_run() {
    let cluster = Cluster::new();
    let mapper = "cat; echo 'reporter:counter:howdah,Rejected records,2' >&2";
    let plan = Plan::new("reject", vec![step(&["sh", "-c", mapper])]);
    let mut options = cluster.options();
    options.max_rejects = Some(RejectLimit::Records(1));
    let (message, code) = cluster.failure(&plan, &options);
    assert!(message.starts_with("2 records were rejected, and at most 1 may be"), "{message}");
    assert_eq!(code, 65);
    assert!(cluster.left().is_empty(), "{:?}", cluster.left());
}

#[test]
fn what_no_cluster_can_be_told_needs_no_cluster_to_be_refused() {
    let cluster = Cluster::new();
    let plan = Plan::new("count", vec![step(&["printf", "both ' and \""])]);
    let (message, code) = cluster.failure(&plan, &cluster.options());
    assert!(message.starts_with("step 1 (`--step 0`): the mapper cannot be told"), "{message}");
    assert_eq!(code, 2);
    assert!(!cluster.folder.path().join("bin/calls").exists());
}
