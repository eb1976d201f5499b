//! Jobs on real Hadoop, HDFS and YARN, beside the same jobs here: the same part files, byte for byte, and the counters
//! that must be equal.
//!
//! `scripts/test cluster` brings a cluster up, builds the jobs, and starts this inside `scripts/hadoop-cluster exec`.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod both;
mod readme;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use both::{Both, job_data};
use howdah_codec::Codec;
use howdah_tests::cluster::{self, Cluster};

/// A combiner, and text that Hadoop has compressed in three ways; its output is Hadoop's gzip, which is read here.
#[test]
fn word_count_of_files_that_hadoop_has_compressed() {
    let cluster = Cluster::folder("compressed");
    let text = cluster.put(&[&job_data("classics/data/text")]);
    for (codec, name) in [("GzipCodec", "gz"), ("BZip2Codec", "bz2"), ("SnappyCodec", "snappy")] {
        let class = format!(
            "mapreduce.output.fileoutputformat.compress.codec=org.apache.hadoop.io.compress.{codec}"
        );
        let out = cluster.path(&format!("in-{name}"));
        // By Hadoop's local runner, which is quicker and writes the same files.
        cluster::streaming(&[
            "-D",
            "mapreduce.framework.name=local",
            "-D",
            "mapreduce.job.reduces=1",
            "-D",
            "mapreduce.output.fileoutputformat.compress=true",
            "-D",
            &class,
            "-input",
            &format!("{text}/text"),
            "-output",
            &out,
            "-mapper",
            "cat",
            "-reducer",
            "cat",
        ]);
    }
    let both = Both::new("word-count").input(cluster.path("in-*/part-*")).fetched();
    let ran = both.run(&cluster, &["--output-codec", "gzip", "-r", "3"]);
    ran.same_counters();
    let (here, there) = (decoded(&ran.here), decoded(&ran.there));
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    assert_eq!(here, there);
    assert_eq!(here.len(), 3);
    assert!(here.values().all(|part| part.contains(&b'\t')), "each part has words");
}

fn decoded(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let decode = |bytes: &Vec<u8>| {
        let mut text = Vec::new();
        let mut decoder = Codec::Gzip.decoder(&bytes[..]).unwrap();
        std::io::Read::read_to_end(&mut decoder, &mut text).unwrap();
        text
    };
    files.iter().map(|(name, bytes)| (name.clone(), decode(bytes))).collect()
}

/// A loop of three rounds whose counters decide, and what one round sets the next one reads; five jobs.
#[test]
fn the_rounds_of_pagerank() {
    let cluster = Cluster::folder("pagerank");
    let both = Both::new("pagerank").file(&cluster, "pagerank/data/links.tsv");
    let ran = both.run(&cluster, &["--iterations", "3", "-r", "2"]);
    ran.same_files();
    ran.same_counters();
    assert_eq!(ran.there.len(), 2);
}

/// Two steps with combiners, a side file, and lines without keys.
#[test]
fn the_most_used_word_but_for_those_of_a_side_file() {
    let cluster = Cluster::folder("side-file");
    let stop_words = job_data("classics/data/common-words.txt");
    let both = Both::new("most-used-word").file(&cluster, "classics/data/text");
    let ran = both.run(&cluster, &["--stop-words", stop_words.to_str().unwrap()]);
    ran.same_files();
    ran.same_counters();
}

/// A secondary sort, an output with a name, and rejected lines with their places.
#[test]
fn sessions_with_an_output_of_their_own_and_rejects() {
    let cluster = Cluster::folder("sessions");
    let both = Both::new("sessions").file(&cluster, "sessions/data/access.log");
    let mut ran = both.run(&cluster, &["-r", "2"]);
    ran.same_counters();
    let rejects = |files: &mut BTreeMap<String, Vec<u8>>| {
        let part = files.remove("_rejects/part-m-00000").expect("rejected lines");
        String::from_utf8(part).unwrap()
    };
    let (here, there) = (rejects(&mut ran.here), rejects(&mut ran.there));
    // The file is another's, and the rest of each line the same.
    let file = |line: &str| {
        let (begin, rest) = line.split_once("\"file\":\"").unwrap();
        let (_, end) = rest.split_once('"').unwrap();
        format!("{begin}{end}")
    };
    let placed = |text: &str| text.lines().map(file).collect::<Vec<_>>();
    assert_eq!(placed(&here), placed(&there));
    assert!(there.contains("hdfs://"), "{there}");
    assert!(
        ran.there.keys().any(|name| name.starts_with("long/part-r-")),
        "{:?}",
        ran.there.keys()
    );
    ran.same_files();
}

/// A map-only step that looks records up in a side file.
#[test]
fn a_join_in_memory() {
    let cluster = Cluster::folder("join");
    let folder = tempfile::tempdir().unwrap();
    let (left, right) = (folder.path().join("left.tsv"), folder.path().join("right.tsv"));
    fs::write(&left, "1\tann\n2\tbob\n3\tcid\n").unwrap();
    fs::write(&right, "1\tred\n3\tblue\n").unwrap();
    let both = Both::new("join").local(&cluster, "left", &left);
    let ran = both.run(&cluster, &["--broadcast", "--right-file", right.to_str().unwrap()]);
    ran.same_files();
    ran.same_counters();
}

/// An old command line: a mapper in Python, and this binary as combiner and reducer. `howdah streaming` takes it word for
/// word.
#[test]
fn a_mapper_in_python_and_a_reducer_in_rust() {
    let cluster = Cluster::folder("python");
    let folder = tempfile::tempdir().unwrap();
    let mapper = "import json, sys\nfor line in sys.stdin:\n    for word in line.split():\n        \
                  print(json.dumps(word, ensure_ascii=False), 1, sep='\\t')\n";
    fs::write(folder.path().join("map.py"), mapper).unwrap();
    fs::write(folder.path().join("in.txt"), "b a b\na c é\n").unwrap();
    let input = cluster.put(&[&folder.path().join("in.txt")]);
    let words = |input: &str, output: &str| {
        let files = format!(
            "{}/map.py,{}",
            folder.path().display(),
            cluster::program("word-count").display()
        );
        let line = format!(
            "-D mapreduce.job.reduces=2 -files {files} -cmdenv LC_ALL=C.UTF-8 -input {input} -output {output}"
        );
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let parts = [
            ("mapper", "python3 map.py"),
            ("combiner", "word-count combine"),
            ("reducer", "word-count reduce"),
        ];
        for (part, command) in parts {
            words.extend([format!("-{part}"), command.to_owned()]);
        }
        words
    };
    let there = cluster.path("out");
    let line = words(&format!("{input}/in.txt"), &there);
    cluster::streaming(&line.iter().map(String::as_str).collect::<Vec<_>>());
    let here = folder.path().join("out");
    let line = words("in.txt", here.to_str().unwrap());
    cluster::succeed(
        Command::new(cluster::program("howdah-under-test"))
            .arg("streaming")
            .args(line)
            .current_dir(folder.path()),
    );
    let (here, there) = (cluster::files(&here), cluster::get(&there));
    assert_eq!(here, there);
    assert_eq!(there.len(), 2);
}

/// Ctrl-C without a terminal ends the job on the cluster, too.
#[test]
fn an_interrupted_run_ends_its_job_and_leaves_nothing() {
    let cluster = Cluster::folder("interrupted");
    let both = Both::new("word-count").file(&cluster, "classics/data/text");
    let (code, job, said) = both.interrupt_there(&cluster);
    assert_eq!(code, 130, "{said}");
    assert!(said.contains("interrupted; the output is as it was"), "{said}");
    let application = job.replace("job_", "application_");
    let status =
        cluster::succeed(Command::new("yarn").args(["application", "-status", &application]));
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("Final-State : KILLED"), "{status}\n{said}");
    assert_eq!(cluster.list(), ["text"], "nothing but the input");
}

/// A job that fails names the record that it failed at and leaves nothing; and its logs say the same afterwards.
#[test]
fn a_job_that_fails_leaves_nothing_and_says_why() {
    let cluster = Cluster::folder("fails");
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("lines.txt");
    fs::write(&lines, "all is well\ndon't panic: \x1b[31mred\x1b[0m\n").unwrap();
    let input = cluster.put(&[&lines]);
    let both = Both::new("faulty").input(format!("{input}/lines.txt"));
    let arguments = ["-D", "mapreduce.map.maxattempts=2", "--fault", "panics"];
    let (code, said) = both.fail_there(&cluster, &arguments);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("error: job_"), "{said}");
    let says_why = [
        "cause: the job's code panicked: no such line is expected".to_owned(),
        "task: map task 0 failed twice".to_owned(),
        "in line 2 of its input, which begins at byte 12".to_owned(),
        r"line: don\'t panic: \x1b[31mred\x1b[0m".to_owned(),
        format!("{input}/lines.txt"),
    ];
    for words in &says_why {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.contains("hint: `yarn logs -applicationId application_"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
    assert_eq!(cluster.list(), ["lines.txt"], "nothing but the input");

    let (_, rest) = said.split_once("-applicationId ").unwrap();
    let application = rest.split('`').next().unwrap();
    let diagnosed = cluster::succeed(
        Command::new(cluster::program("howdah-under-test")).args(["diagnose", application]),
    );
    let diagnosed = String::from_utf8(diagnosed.stdout).unwrap();
    for words in &says_why {
        assert!(diagnosed.contains(words), "{words}: {diagnosed}");
    }
}
