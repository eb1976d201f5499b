#!/bin/sh
# A stand-in for the command `hadoop`: its file system is this machine's, and a job is a pipe. It writes down what it is
# called with. A property `stand.in.attempt` says what becomes of a job.
here=$(dirname "$0")
printf '%s\n' "$*" >>"$here/calls"

log() { echo "2026-11-22 10:00:00,000 INFO $*" >&2; }

count() {
  for path; do
    if ls -d $path >/dev/null 2>&1; then
      for found in $path; do
        bytes=$(find "$found" -type f -exec cat {} + | wc -c)
        printf '%12d %12d %18d %s\n' 1 1 "$bytes" "$found"
      done
    else
      echo "count: \`$path': No such file or directory" >&2
      missing=1
    fi
  done
  [ -z "$missing" ]
}

file_system() {
  while [ "$1" = -D ]; do shift 2; done
  verb=$1
  shift
  case $verb in
    -count) count "$@" ;;
    -mv)
      if [ -e "$here/refused" ] && echo "$1 $2" | grep -qE '/\.out\.howdah-[^.]* .*/out$'; then
        echo "mv: refused" >&2
        return 1
      fi
      mv "$@"
      ;;
    -rm) shift 3 && rm -rf "$@" ;;
    -mkdir) mkdir "$@" ;;
    -find) find "$@" ;;
    -cat) cat $@ ;;
    -put) cat >"$2" ;;
    *) echo "$verb: Unknown command" >&2 && return 255 ;;
  esac
}

# Counters from reporter lines, as the client prints them.
counters() {
  log "mapreduce.Job: Counters: 2"
  printf '\tMap-Reduce Framework\n\t\tMap input records=%d\n' "$(cat $inputs | wc -l)" >&2
  sed -n 's/^reporter:counter:\(.*\),\(.*\),\(.*\)$/\t\1\n\t\t\2=\3/p' "$here/stderr" >&2
  printf '\tFile Output Format Counters \n\t\tBytes Written=7\n' >&2
}

job() {
  shift # the jar
  attempt=succeeds reducer= inputs= prefix=
  while [ $# -gt 0 ]; do
    case $1 in
      -D)
        case $2 in
          stand.in.attempt=*) attempt=${2#*=} ;;
          howdah.side.prefix=*) prefix=${2#*=} ;;
        esac
        ;;
      -input) inputs="$inputs $2" ;;
      -output) output=$2 ;;
      -mapper) mapper=$2 ;;
      -reducer) reducer=$2 ;;
    esac
    shift 2
  done
  if [ "$attempt" = is-refused ]; then
    echo "2026-11-22 10:00:00,000 ERROR streaming.StreamJob: Error Launching job : no queue" >&2
    echo "Streaming Command Failed!" >&2
    return 5
  fi
  log "mapreduce.JobSubmitter: number of splits:1"
  log "impl.YarnClientImpl: Submitted application application_17_0001"
  log "mapreduce.Job: The url to track the job: http://host/application_17_0001/"
  log "mapreduce.Job: Running job: job_17_0001"
  log "mapreduce.Job:  map 50% reduce 0%"
  if [ "$attempt" = is-left ]; then
    echo "Killed" >&2
    return 137
  fi
  mkdir -p "$output/named"
  export side="$output/named/${prefix}part-m-00000"
  if [ "$attempt" != fails ]; then
    cat $inputs | sh -c "$mapper" 2>"$here/stderr" | LC_ALL=C sort | sh -c "${reducer:-cat}" >"$output/part-00000"
    rmdir "$output/named" 2>/dev/null
    log "mapreduce.Job: Job job_17_0001 completed successfully"
    case $attempt in succeeds-*) ;; *) counters ;; esac
    [ "$attempt" != succeeds-unseen ] || : >"$here/unseen"
    : >"$output/_SUCCESS"
    return 0
  fi
  log "mapreduce.Job: Task Id : attempt_17_0001_m_000000_0, Status : FAILED"
  echo "Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 3" >&2
  log "mapreduce.Job:  map 100% reduce 100%"
  log "mapreduce.Job: Job job_17_0001 failed with state FAILED due to: Task failed task_17_0001_m_000000"
  rmdir "$output/named"
  return 1
}

# A container's file as `yarn logs` gives it.
section() {
  printf 'Container: %s on node_1\nLogType:%s\nLogContents:\n%s\nEnd of LogType:%s\n\n' "$1" "$2" "$3" "$2"
}

# The logs of a job that has failed: at the first look none are gathered, at the second those of the one who leads the job,
# then the task's. A file `elsewhere` has the task's never be, and a file `interrupts` has somebody press Ctrl-C meanwhile.
logs() {
  [ ! -e "$here/interrupts" ] || { kill -INT "$PPID" && exec tail -f /dev/null; }
  echo >>"$here/looks"
  looks=$(wc -l <"$here/looks")
  if [ "$looks" -eq 1 ]; then
    echo "Can not find the logs for the application: application_17_0001" >&2
    return 255
  fi
  master="2026-11-22 10:00:00,000 INFO [x] org.apache.hadoop.mapreduce.v2.app.job.impl.TaskAttemptImpl: "
  [ "$looks" -eq 2 ] || [ -e "$here/elsewhere" ] || section container_17_0001_01_000002 stderr "error[howdah::job-error]: no date
  line: a\\tb
hint: mend it"
  section container_17_0001_01_000001 syslog "${master}TaskAttempt: [attempt_17_0001_m_000000_0] using containerId: \
[container_17_0001_01_000002 on NM: [node:1]"
}

# How far the gathering is. A file `untold` has it not say, as an old one.
application() {
  case $(wc -l <"$here/looks") in
    1) gathering=NOT_START ;;
    2) gathering=RUNNING ;;
    *) gathering=SUCCEEDED ;;
  esac
  printf 'Application Report : \n\tApplication-Id : application_17_0001\n\tFinal-State : FAILED\n'
  [ -e "$here/untold" ] || printf '\tLog Aggregation Status : %s\n' "$gathering"
}

called=$1
shift
case $(basename "$0")-$called in
  hadoop-fs) file_system "$@" ;;
  hadoop-jar) job "$@" ;;
  yarn-logs) logs ;;
  yarn-application) application ;;
  mapred-job) [ ! -e "$here/unseen" ] && printf 'Counters: 1\n\tWords\n\t\tseen=9\n\n' ;;
  *) echo "not known: $0 $called" >&2 && exit 255 ;;
esac
