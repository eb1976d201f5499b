//! What `-help` and `-info` print.

/// The usage, as `-help` and a mistake show it.
pub(super) const SHORT: &str = "\
Usage: $HADOOP_HOME/bin/hadoop jar hadoop-streaming.jar [options]
Usage: mapred streaming [options]
   or: howdah streaming [our options] [generic options] [streaming options]
       (the same job, on this machine)

Examples:
  howdah streaming -input logs -output counts -mapper 'cut -f1' -reducer 'uniq -c'
  howdah streaming -files map.py,reduce.py -input 'logs/*.gz' -output counts \\
      -mapper 'python3 map.py' -combiner 'python3 reduce.py' -reducer 'python3 reduce.py'
  howdah streaming --maps 8 hadoop jar hadoop-streaming.jar -D mapreduce.job.reduces=4 …

Our options, before all others:
  --maps N          cut the input into N map tasks or more (Hadoop's local runner: 1)
  --workers N       run N tasks at once (the number of processors)
  --memory SIZE     memory for records, such as 512M (a quarter of this machine's)
  --tmp DIR         the folder for temporary files (the system's)
  --chaos SEED      let go wrong what may: attempts fail and are run again, a spill is damaged, buffers
                    are small; the output is the same
  --disk-limit SIZE the most that temporary files and the output to come may take of the disks, such as
                    100G; beyond it the job fails with exit code 74
  --retry-delay T   wait before a task is tried again, as 500ms, 2s or 1m, and twice as long each time,
                    up to 5m; -D mapreduce.map.maxattempts=N and its kin say how often it is tried
  --max-record SIZE a longer record fails the job (as Hadoop: 2 GiB less a byte)
  --max-expansion RATIO   a compressed file that comes to more than RATIO times its bytes, and to more
                    than 64M, fails the job (as Hadoop: none does)
  --clean-env       give commands of this environment only PATH, HOME, USER, LANG, LC_*, TZ and TMPDIR,
                    beside the job's properties and -cmdenv
  --manifest        write _MANIFEST.json into the output, for `howdah verify`: the SHA-256 of what was
                    read and written
  A pasted `hadoop jar X.jar`, `yarn jar X.jar` or `mapred streaming` is skipped.

Generic options, before the streaming options:
  -D NAME=VALUE     set a property; may be repeated, and the last one counts
  -conf FILE        read properties from an XML file; may be repeated; -D stands above it
  -files A,B#LINK   ship files and folders: tasks see each under its own name, or as LINK
  -archives A,B#LINK      ship zip, jar, tar, tar.gz and tgz files, unpacked into a folder of that name
  -libjars A,B      jars; without effect, since no Java runs here
  -fs URI, -jt X, -tokenCacheFile F
                    name a cluster; without effect, since jobs run on this machine

What the job reads and writes:
  -input PATH...    files, folders and globs to read; may be repeated, also A,B
  -output DIR       the folder to make; it must not exist
  -inputformat CLASS      TextInputFormat (default), KeyValueTextInputFormat, SequenceFileInputFormat,
                          SequenceFileAsTextInputFormat, AutoInputFormat (either, as files begin),
                          org.apache.hadoop.mapred.lib.NLineInputFormat
  -inputreader SPEC       a reader of records: StreamXmlRecordReader,begin=<page>,end=</page>
                          reads what stands between two tags; with slowmatch=true by patterns
  -outputformat CLASS     org.apache.hadoop.mapred.TextOutputFormat (default), SequenceFileOutputFormat
  -lazyOutput       make a part file with its first record only

What it does:
  -mapper CMD       a command, or a Java class that howdah answers for (records passed on)
  -combiner CMD     likewise; reduces what a map task emits before it is sorted together
  -reducer CMD      likewise (records passed on); NONE for a job without reduce tasks;
                    aggregate for sums, counts and histograms of lines TYPE:ID TAB VALUE
  -numReduceTasks N reduce tasks (1); 0 as with -reducer NONE
  -partitioner CLASS      which reduce task gets a key: org.apache.hadoop.mapred.lib.HashPartitioner
                          (default), KeyFieldBasedPartitioner or BinaryPartitioner
  -cmdenv NAME=VALUE      set a variable for the commands, without blanks; may be repeated
  -io ID            the form of records in all pipes: text, keyonlytext, rawbytes, typedbytes

How it is run:
  -verbose          print the commands and all properties
  -background       a job that fails once it has begun exits with 0, as Hadoop's do
  -help, -info      this text; the same with tips
  -debug, -mapdebug S, -reducedebug S
                    without effect, as on Hadoop since version 2

Deprecated:
  -file F...        use -files         -cacheFile URI#LINK...     use -files
  -jobconf N=V      use -D             -cacheArchive URI#LINK...  use -archives
  -dfs URI          use -fs            -additionalconfspec F      use -conf

In place of a job:
  howdah streaming dumptb GLOB    write the first match to the standard output as typed bytes: lines of
                                  text with their offsets, or the records of SequenceFiles
  howdah streaming loadtb PATH    read typed bytes from the standard input into a new SequenceFile

Exit codes: 0 the output is complete; 1 the job failed, or the command line is wrong; 2 a file to be
shipped is missing; 3 the output format has no such compression; 5 the job could not start: input
missing, output exists; 74 reading or writing failed, or a disk is full; 255 what loadtb is to write
exists, or nothing matches for dumptb.
";

/// The usage with tips, as `-info` shows it.
pub(super) const LONG: &str = "\
Usage: $HADOOP_HOME/bin/hadoop jar hadoop-streaming.jar [options]
Usage: mapred streaming [options]
   or: howdah streaming [our options] [generic options] [streaming options]
       (the same job, on this machine)

`howdah streaming -help` lists the options.

Usage tips:
  How records pass
    A mapper reads lines from its standard input and writes lines `key TAB value` to its standard
    output. A reducer reads such lines, sorted by key, and writes lines of the same form. A line
    without TAB is a key with an empty value.

  How a command is read
    There is no shell. A command is one argument, which is cut at spaces; ' and \" keep words together
    and there are no escapes. For pipes and variables: -mapper \"sh -c 'grep x | sort'\".
    The program is looked for where the command runs, then in the PATH; a file that is found there is
    made executable. A script without `#!` is run by sh.

  Where a command runs
    In the current folder, so what it writes there stays. With -files, -archives or -file in a folder
    of the run, which shows the files of the current folder and what was shipped, and is removed at
    the end. Write what should stay to the folder that mapreduce_task_output_dir names.

  Numbers, bytes, SequenceFiles
    With -io typedbytes a record is two values with their types, with -io rawbytes two lengths with
    their bytes. -inputformat SequenceFileInputFormat reads Hadoop's binary files, -outputformat
    org.apache.hadoop.mapred.SequenceFileOutputFormat writes them. Where a class maps or reduces, the
    types are declared: -D mapreduce.job.output.key.class=org.apache.hadoop.io.IntWritable.

  What a command can say
    Lines on the standard error that read reporter:counter:GROUP,NAME,AMOUNT add to a counter, and
    reporter:status:TEXT sets the status. Other lines are passed on.
    Properties of the job stand in the environment, with _ for each character that is neither a
    letter nor a digit: mapreduce_task_partition.

  What a value can refer to
    ${other.property}, ${user.name}, ${user.home}, ${user.dir}, ${java.io.tmpdir}, and variables:
    ${env.HOME}, ${env.LEVEL:-3}. Put such values between ' so that the shell leaves them alone.

  Useful properties
    -D mapreduce.job.reduces=4                              reduce tasks
    -D stream.num.map.output.key.fields=2                   the key has two fields
    -D stream.map.output.field.separator=,                  and commas between them
    -D mapreduce.partition.keypartitioner.options=-k1,1     with -partitioner
       org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner: parts by the first field
    -D mapreduce.job.output.key.comparator.class=org.apache.hadoop.mapreduce.lib.partition.KeyFieldBasedComparator
    -D mapreduce.partition.keycomparator.options=-k2,2nr    sort by the second field, as numbers
    -D mapreduce.output.fileoutputformat.compress=true      compress part files
    -D mapreduce.output.fileoutputformat.compress.type=BLOCK            SequenceFiles: many records together
    -D stream.non.zero.exit.is.failure=false                a command may exit with any code

  Example
    howdah streaming -input logs -output counts -mapper 'cut -f1' -reducer 'uniq -c'
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_in_the_help_and_no_line_is_too_long() {
        for option in [
            "--maps",
            "--workers",
            "--memory",
            "--tmp",
            "--chaos",
            "--disk-limit",
            "--retry-delay",
            "--max-record",
            "--max-expansion",
            "--clean-env",
            "--manifest",
            "-D",
            "-conf",
            "-files",
            "-archives",
            "-libjars",
            "-fs",
            "-jt",
            "-tokenCacheFile",
            "-input",
            "-output",
            "-inputformat",
            "-inputreader",
            "-outputformat",
            "-lazyOutput",
            "-mapper",
            "-combiner",
            "-reducer",
            "-numReduceTasks",
            "-partitioner",
            "-cmdenv",
            "-io",
            "-verbose",
            "-background",
            "-help",
            "-info",
            "-debug",
            "-mapdebug",
            "-reducedebug",
            "-file",
            "-cacheFile",
            "-jobconf",
            "-cacheArchive",
            "-dfs",
            "-additionalconfspec",
            "dumptb",
            "loadtb",
        ] {
            let is_told = |line: &str| line.split(&[' ', ','][..]).any(|word| word == option);
            assert!(SHORT.lines().any(is_told), "{option}");
        }
        let longest = |text: &str| text.lines().map(|line| line.chars().count()).max();
        assert!(longest(SHORT) <= Some(105) && longest(LONG) <= Some(115));
    }
}
