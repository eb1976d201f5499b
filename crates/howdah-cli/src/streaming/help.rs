//! What `-help` and `-info` print.

/// The usage, as `-help` and a mistake show it.
pub(super) const SHORT: &str = "\
Usage: $HADOOP_HOME/bin/hadoop jar hadoop-streaming.jar [options]
Usage: mapred streaming [options]
   or: howdah streaming [our options] [options]      (the same job, on this machine)

Our options, before all others:
  --maps N          cut the input into N map tasks or more (Hadoop's local runner: 1)
  --workers N       run N tasks at once (the number of processors)
  --memory SIZE     memory for records, such as 512M (a quarter of this machine's)
  --tmp DIR         the folder for temporary files (the system's)
  A pasted `hadoop jar X.jar` or `mapred streaming` in front of the options is skipped.

Generic options, before the streaming options:
  -D NAME=VALUE     set a property
  -conf FILE        read properties from an XML file
  -files A,B#LINK   ship files to the tasks
  -archives A,B     ship archives, unpacked
  -libjars A,B      jars; of no use here, where no Java runs
  -fs URI, -jt X    name a cluster; jobs run on this machine all the same

Streaming options:
  -input PATH...    files, folders and globs to read; may be repeated
  -output DIR       the folder to make; it must not exist
  -mapper CMD       a command, or a Java class that howdah answers for
  -combiner CMD     likewise
  -reducer CMD      likewise; NONE for a job without reduce tasks
  -numReduceTasks N reduce tasks (1)
  -partitioner CLASS      which reduce task gets a key
  -inputformat CLASS      TextInputFormat (default), KeyValueTextInputFormat, NLineInputFormat
  -outputformat CLASS     TextOutputFormat
  -inputreader SPEC       a reader of records
  -io ID            the form of records in all pipes: text, keyonlytext
  -cmdenv NAME=VALUE      set a variable for the commands; may be repeated
  -lazyOutput       make a part file with its first record only
  -file F, -cacheFile U, -cacheArchive U, -jobconf N=V, -dfs H, -additionalconfspec F
                    deprecated: use -files, -archives, -D, -fs, -conf
  -background, -verbose, -debug, -mapdebug S, -reducedebug S
  -help, -info      this text; this text with tips
";

/// The usage with tips, as `-info` shows it.
pub(super) const LONG: &str = "\
Usage: $HADOOP_HOME/bin/hadoop jar hadoop-streaming.jar [options]
Usage: mapred streaming [options]
   or: howdah streaming [our options] [options]      (the same job, on this machine)

`howdah streaming -help` lists the options.

Usage tips:
  How records pass
    A mapper reads lines from its standard input and writes lines `key TAB value` to its standard
    output. A reducer reads such lines, sorted by key, and writes lines of the same form. A line
    without TAB is a key with an empty value.

  How a command is read
    There is no shell. A command is cut at spaces; ' and \" keep words together and there are no
    escapes. For pipes and variables: -mapper \"sh -c 'grep x | sort'\".

  Where a command runs
    In the current folder; with -files or -file in a folder of its own that shows the files of the
    current folder and what was shipped. Programs are looked for there first, then in the PATH.

  What a command can say
    Lines on the standard error that read reporter:counter:GROUP,NAME,AMOUNT add to a counter, and
    reporter:status:TEXT sets the status. Other lines are passed on.
    Properties of the job stand in the environment, with _ for each character that is neither a
    letter nor a digit: mapreduce_task_partition.

  Useful properties
    -D mapreduce.job.reduces=4                              reduce tasks
    -D stream.num.map.output.key.fields=2                   the key has two fields
    -D stream.map.output.field.separator=,                  and commas between them
    -D mapreduce.partition.keypartitioner.options=-k1,1     with -partitioner
       org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner: parts by the first field
    -D mapreduce.job.output.key.comparator.class=org.apache.hadoop.mapreduce.lib.partition.KeyFieldBasedComparator
    -D mapreduce.partition.keycomparator.options=-k2,2nr    sort by the second field, as numbers
    -D mapreduce.output.fileoutputformat.compress=true      compress part files
    -D stream.non.zero.exit.is.failure=false                a command may exit with any code

  Example
    howdah streaming -input logs -output counts -mapper 'cut -f1' -reducer 'uniq -c'
";
