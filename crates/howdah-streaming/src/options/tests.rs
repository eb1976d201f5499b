use proptest::prelude::*;

use super::accepted::{GENERIC, STREAMING};
use super::error::{FAILED, TRY_HELP};
use super::*;

fn parse_line(line: &str) -> Result<Invocation, UsageError> {
    let words: Vec<String> =
        line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    parse(&words)
}

fn job(line: &str) -> StreamingOptions {
    match parse_line(line) {
        Ok(Invocation::Job(job)) => job,
        other => panic!("{line}: {other:?}"),
    }
}

fn failure(line: &str) -> UsageError {
    parse_line(line).unwrap_err()
}

#[test]
fn generic_options_come_first_and_later_properties_stay_behind_earlier_ones() {
    let job = job(
        "-Da=1 -D b=2=3 -D c -files x,y#z -files w -conf f.xml -jt local -input i -output o -jobconf a=4 -dfs h -additionalconfspec g.xml",
    );
    let properties: Vec<_> =
        job.properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        properties,
        [
            "mapreduce.framework.name=local",
            "yarn.resourcemanager.address=local",
            "a=1",
            "b=2=3",
            "fs.default.name=h",
            "a=4"
        ]
    );
    assert_eq!(job.files, ["x", "y#z"]);
    assert_eq!(job.conf_files, ["f.xml", "g.xml"]);
    let ignored: Vec<_> = job.ignored.iter().map(|ignored| ignored.option.as_str()).collect();
    assert_eq!(ignored, ["-files w", "-D c"]);
    assert_eq!(job.warnings.len(), 3);
}

#[test]
fn inputs_are_repeated_listed_or_joined() {
    let job = job("--input a b -input c,{d,e} -output o -mapper cat -mapper rev -input \"f\"");
    assert_eq!(job.inputs, ["a", "b", "c", "{d,e}", "f"]);
    assert_eq!(job.mapper.as_deref(), Some("cat"));
    assert_eq!(job.ignored[0].option, "-mapper rev");
}

#[test]
fn every_streaming_option_has_its_field() {
    let job = job(
        "StreamJob -input i -output o -mapper m -combiner c -reducer NONE -file a b -cacheFile u -cacheArchive v -inputformat f \
         -outputformat g -inputreader R,begin=<a>,end -partitioner p -numReduceTasks 2 -io typedbytes -cmdenv A=1 -cmdenv B=2 \
         -lazyOutput -background -verbose -debug -mapdebug s -reducedebug t",
    );
    assert_eq!((job.combiner.as_deref(), job.reducer.as_deref()), (Some("c"), Some("NONE")));
    assert_eq!(
        (job.packaged_files.len(), job.cache_files.len(), job.cache_archives.len()),
        (2, 1, 1)
    );
    assert_eq!((job.input_format.as_deref(), job.output_format.as_deref()), (Some("f"), Some("g")));
    let reader = job.input_reader.as_ref().unwrap();
    assert_eq!(reader.class, "R");
    assert_eq!(
        reader.properties,
        [
            ("stream.recordreader.begin".into(), "<a>".into()),
            ("stream.recordreader.end".into(), String::new())
        ]
    );
    assert_eq!((job.partitioner.as_deref(), job.io.as_deref()), (Some("p"), Some("typedbytes")));
    assert_eq!(job.reduce_task_count(), Ok(Some(2)));
    assert_eq!(job.task_environment(), "HADOOP_ROOT_LOGGER= A=1 B=2");
    assert!(job.lazy_output && job.background && job.verbose && job.debug);
    assert_eq!((job.map_debug.as_deref(), job.reduce_debug.as_deref()), (Some("s"), Some("t")));
    assert_eq!(job.ignored.len(), 2);
}

#[test]
fn verbs_are_read_in_any_case() {
    assert!(
        matches!(parse_line("DumpTB g*"), Ok(Invocation::DumpTypedBytes(options)) if options.path == "g*")
    );
    assert!(
        matches!(parse_line("loadtb -D a=b p"), Ok(Invocation::LoadTypedBytes(options)) if options.properties.len() == 1)
    );
    assert_eq!(parse_line("-help"), Ok(Invocation::Help { long: false }));
    assert_eq!(parse_line("streamjob -D a=b -info -help"), Ok(Invocation::Help { long: true }));
}

/// Recorded from Hadoop 3.4.2, or read in its source.
#[test]
fn mistakes_are_answered_as_hadoop_answers_them() {
    let unrecognized = "ERROR streaming.StreamJob: Unrecognized option:";
    let cases: &[(&str, &str, bool)] = &[
        ("", "No Arguments Given!", true),
        (
            "-output o -mapper cat",
            "Required argument: -input <name>|Try -help for more information|Streaming Command Failed!",
            false,
        ),
        (
            "-input i",
            "Required argument: -output |Try -help for more information|Streaming Command Failed!",
            false,
        ),
        ("-input i -output o -foo 1", &format!("{unrecognized} -foo||{TRY_HELP}|{FAILED}"), true),
        ("-input i -map cat -output o", "", false),
        ("-output o -map cat", &format!("{unrecognized} -map||{TRY_HELP}|{FAILED}"), true),
        ("-reducer NONE -D a=b", &format!("{unrecognized} -D||{TRY_HELP}|{FAILED}"), true),
        (
            "-input i -mapper -output o",
            &format!(
                "ERROR streaming.StreamJob: Missing argument for option: mapper||{TRY_HELP}|{FAILED}"
            ),
            true,
        ),
        (
            "-output o dummy",
            &format!(
                "Found 1 unexpected arguments on the command line [dummy]|{TRY_HELP}|{FAILED}"
            ),
            false,
        ),
        (
            "-output o x y -help",
            &format!("Found 2 unexpected arguments on the command line [x, y]|{TRY_HELP}|{FAILED}"),
            false,
        ),
        (
            "-D",
            &format!(
                "WARN util.GenericOptionsParser: options parsing failed: Missing argument for option: D|Required argument: -input <name>|{TRY_HELP}|{FAILED}"
            ),
            false,
        ),
        (
            "-files a,,b -input i -output o",
            "Exception in thread \"main\" java.lang.IllegalArgumentException: File name can't be empty string",
            false,
        ),
        (
            "-jobconf a",
            "WARN streaming.StreamJob: -jobconf option is deprecated, please use -D instead.|Exception in thread \"main\" java.lang.ArrayIndexOutOfBoundsException: Index 1 out of bounds for length 1",
            false,
        ),
        ("dumptb", &format!("Too few arguments!|{FAILED}"), true),
    ];
    for (line, lines, prints_usage) in cases {
        if lines.is_empty() {
            assert_eq!(job(line).inputs, ["i", "-map", "cat"]);
            continue;
        }
        let error = failure(line);
        assert_eq!(error.lines.join("|"), *lines, "{line}");
        assert_eq!((error.exit_code, error.prints_usage), (1, *prints_usage), "{line}");
    }
}

#[test]
fn hints_say_what_hadoop_leaves_open() {
    let error = failure("-output o -Da=b");
    assert_eq!(
        error.to_string(),
        "ERROR streaming.StreamJob: Unrecognized option: -Da=b\n\nTry -help for more information\nStreaming Command Failed!\n\n\
         hint: generic options such as -D, -files and -conf must stand before all others"
    );
    let error = job("-input i -output o -numReduceTasks two").reduce_task_count().unwrap_err();
    assert_eq!(
        error.to_string(),
        "Streaming Command Failed!\n\nhint: -numReduceTasks needs a whole number, such as 4"
    );
}

#[test]
fn hints_say_what_may_have_been_meant() {
    for (words, hint) in [
        (&["-input=a"][..], "write the value behind a blank: -input VALUE"),
        (&["-Mapper", "cat"], "the option is -mapper"),
        (&["-outp", "o"], "options cannot be shortened: -output or -outputformat"),
        (&["-h"], "-help shows the usage"),
        (
            &["-mapper", "-verbose"],
            "-mapper needs a value behind it; what follows is another option or nothing",
        ),
        (
            &["-input", "i", "-mapper", "python3", "m.py", "x"],
            "a command of several words is one argument; put quotes around it: -mapper 'python3 m.py'",
        ),
        (&["-D", "a=", "b"], "a property is one argument without blanks around `=`: -D NAME=VALUE"),
        (&["-files", "a", "b"], "several paths are one argument, with commas: -files A,B"),
        (&["-cmdenv", "A=1", "B=2"], "each variable needs a -cmdenv of its own"),
        (&["-verbose", "\r"], "a line of the script ends in CR LF: save it with Unix line ends"),
        (
            &["\u{2013}input"],
            "`\u{2013}input` begins with a dash: options begin with a hyphen, `-`",
        ),
    ] {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let error = parse(&words).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some(hint), "{words:?}");
    }
    assert_eq!(failure("-nonsense").hint, None);
}

#[test]
fn files_are_looked_at_in_hadoops_order() {
    let only = |there: &'static str| {
        move |path: &str| if path == there { Ok(()) } else { Err(format!("file:/here/{path}")) }
    };
    let missing = |line: &str, there| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        parse_looking(&words, &only(there)).unwrap_err().lines.join("|")
    };
    let exception = "Exception in thread \"main\" java.io.FileNotFoundException: File";
    for (line, there, lines) in [
        ("-files f -libjars j.jar -foo", "f", format!("{exception} j.jar does not exist")),
        ("-archives a -files f", "j", format!("{exception} f does not exist")),
        ("-files file:/x#y -help", "", format!("{exception} file:/here//x does not exist")),
        ("-tokenCacheFile t", "", format!("{exception} file:/here/t does not exist")),
        ("-libjars d/* -foo", "d", format!("{exception} d/ does not exist")),
        (
            "-output o -file f",
            "",
            format!(
                "WARN streaming.StreamJob: -file option is deprecated, please use generic option -files instead.|\
                 File: file:/here/f does not exist.|{TRY_HELP}|{FAILED}"
            ),
        ),
    ] {
        assert_eq!(missing(line, there), lines, "{line}");
    }
}

fn any_word() -> impl Strategy<Value = String> {
    let names: Vec<&str> = GENERIC.iter().chain(STREAMING).map(|&(name, _)| name).collect();
    prop_oneof![
        prop::sample::select(names).prop_map(|name| format!("-{name}")),
        "-{0,2}[a-zD]{0,3}=?[a,{}\"]{0,3}",
        ".{0,4}",
    ]
}

proptest! {
    #[test]
    fn any_arguments_are_read_or_refused(args in prop::collection::vec(any_word(), 0..12)) {
        match parse(&args) {
            Ok(Invocation::Job(job)) => {
                prop_assert!(!job.inputs.is_empty());
                let _ = job.reduce_task_count();
            }
            Ok(_) => {}
            Err(error) => prop_assert!(error.exit_code != 0 && !error.lines.is_empty()),
        }
    }

    #[test]
    fn a_well_formed_line_says_what_is_meant(
        properties in prop::collection::vec(("[a-z.]{1,4}", "[a-z= -]{0,4}", any::<bool>()), 0..4),
        inputs in prop::collection::vec(("[a-z/*]{1,4}", any::<bool>()), 1..4),
        (mapper, output) in ("[a-z][a-z '|]{0,8}", "[a-z/]{1,6}"),
        (verbose, hyphens, reduce_tasks) in (any::<bool>(), "--?", prop::option::of(0i32..9)),
    ) {
        let mut words = Vec::new();
        for (name, value, joined) in &properties {
            let setting = format!("{name}={value}");
            words.extend(if *joined { vec![format!("-D{setting}")] } else { vec!["-D".to_owned(), setting] });
        }
        let mut option = |name: &str, value: &str| {
            words.extend([format!("{hyphens}{name}"), value.to_owned()]);
        };
        option("mapper", &mapper);
        option("output", &output);
        if let Some(count) = reduce_tasks {
            option("numReduceTasks", &count.to_string());
        }
        for (at, (input, in_a_row)) in inputs.iter().enumerate() {
            if at == 0 || !in_a_row {
                words.push("-input".to_owned());
            }
            words.push(input.clone());
        }
        words.extend(verbose.then(|| format!("{hyphens}verbose")));
        let Ok(Invocation::Job(job)) = parse(&words) else { panic!("{words:?}") };
        let set: Vec<_> = properties.into_iter().map(|(name, value, _)| (name, value)).collect();
        prop_assert_eq!(job.properties.clone(), set);
        prop_assert_eq!(&job.inputs, &inputs.into_iter().map(|(input, _)| input).collect::<Vec<_>>());
        prop_assert_eq!((job.mapper.as_deref(), &job.output), (Some(mapper.as_str()), &output));
        prop_assert_eq!(job.verbose, verbose);
        prop_assert_eq!(job.reduce_task_count(), Ok(reduce_tasks));
    }

    #[test]
    fn split_paths_lose_nothing(value in "[a,{}]{0,12}") {
        prop_assert_eq!(split_paths(&value).join(","), value);
    }
}
