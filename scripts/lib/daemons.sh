# The daemons of a Hadoop cluster on this machine: starting them, finding them again, asking them, ending them. Needs the
# variables `folder` (the cluster's, absolute), `base` (its first port), `user` and JAVA_HOME.
# shellcheck shell=bash disable=SC2034,SC2154
#
# A daemon is known by two words on its command line: the cluster's folder and its own name. Whoever has them is ours,
# whatever a pid file says; and nothing else is ever ended.

# In the order of starting.
all_daemons=(namenode resourcemanager datanode1 datanode2 nodemanager1 nodemanager2 historyserver)

# --- ports -----------------------------------------------------------------------------------------

ports_in_all=24

# A daemon's ports: its web pages' first, then the others in the order in which they are set.
ports_of() { # DAEMON
  local offsets
  case $1 in
    namenode) offsets=(1 0) ;;
    datanode1) offsets=(3 2 4) ;;
    datanode2) offsets=(6 5 7) ;;
    resourcemanager) offsets=(12 8 9 10 11) ;;
    nodemanager1) offsets=(15 13 14 16) ;;
    nodemanager2) offsets=(19 17 18 20) ;;
    historyserver) offsets=(23 21 22) ;;
  esac
  local offset
  for offset in "${offsets[@]}"; do printf '%d ' $((base + offset)); done
}

web_port_of() { # DAEMON
  local ports
  read -ra ports <<<"$(ports_of "$1")"
  echo "${ports[0]}"
}

web_address_of() { echo "http://localhost:$(web_port_of "$1")"; } # DAEMON

# Who listens at a port, in words; nothing if nobody does.
listener_at() { # PORT
  local inode socket pid
  inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port="$(printf '%04X' "$1")" '$4 == "0A" && $2 ~ ":" port "$" { print $10; exit }')
  if [ -z "$inode" ]; then return; fi
  for socket in /proc/[0-9]*/fd/*; do
    if [ "$(readlink "$socket" 2>/dev/null)" = "socket:[$inode]" ]; then
      pid=${socket#/proc/}
      pid=${pid%%/*}
      printf 'process %d, %s\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c 1-120 | sed 's/ *$//')"
      return
    fi
  done
  echo "a process of another user"
}

# --- finding ---------------------------------------------------------------------------------------

mark_of_cluster() { echo "-Dhowdah.cluster=$folder"; }
mark_of() { echo "-Dhowdah.daemon=$1"; } # DAEMON

pid_file_of() { echo "$folder/pids/$1.pid"; } # DAEMON
log_file_of() { echo "$folder/logs/$1.log"; } # DAEMON

has_argument() { grep -zxqF -e "$2" "/proc/$1/cmdline" 2>/dev/null; } # PID ARGUMENT

is_daemon() { # PID DAEMON
  [[ $1 =~ ^[0-9]+$ ]] && has_argument "$1" "$(mark_of_cluster)" && has_argument "$1" "$(mark_of "$2")"
}

# The daemon's process, or nothing. A pid file that is lost or of an earlier process does not hide it.
pid_of() { # DAEMON
  local pid=
  if read -r pid 2>/dev/null <"$(pid_file_of "$1")" && is_daemon "$pid" "$1"; then
    echo "$pid"
    return
  fi
  for pid in $(processes_with "$(mark_of "$1")"); do
    if is_daemon "$pid" "$1"; then
      echo "$pid" | tee "$(pid_file_of "$1")"
      return
    fi
  done
}

processes_with() { # ARGUMENT
  local file
  { grep -lzxF -e "$1" /proc/[0-9]*/cmdline 2>/dev/null || true; } | while IFS= read -r file; do
    file=${file#/proc/}
    echo "${file%/cmdline}"
  done
}

# The processes of a node manager's containers, or of all: the shells that launch them, and what runs in their
# environment. They are in sessions of their own, and outlive a node manager that is killed.
container_processes() { # [NODEMANAGER]
  local nodes=${folder//./\\.}/${1:-nodemanager[12]} file pid
  {
    grep -lz -e "^LOCAL_DIRS=$nodes/" /proc/[0-9]*/environ
    grep -lz -e "^$nodes/.*/container_.*/\(default_container_executor\|launch_container\).*\.sh$" /proc/[0-9]*/cmdline || true
  } 2>/dev/null | while IFS= read -r file; do
    pid=${file#/proc/}
    pid=${pid%/*}
    # Somebody may just read such a script.
    if [[ $file == */environ || $(readlink "/proc/$pid/exe") == */bash ]]; then echo "$pid"; fi
  done | sort -un
}

# --- asking ----------------------------------------------------------------------------------------

# What a daemon answers, with head and body; nothing if it does not answer within seconds.
answer_of() { # DAEMON PATH
  # shellcheck disable=SC2016 # for the inner shell
  timeout 5 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf "GET %s HTTP/1.0\r\nHost: localhost:%s\r\nAccept: application/json\r\n\r\n" "$2" "$1" >&3
    cat <&3' - "$(web_port_of "$1")" "$2" 2>/dev/null || true
}

bean_of() { answer_of "$1" "/jmx?qry=Hadoop:service=$2"; } # DAEMON BEAN

# A number within JSON, or 0.
number_in() { # NAME JSON
  local number
  number=$(sed -n "s/.*\"$1\" *: *\([0-9][0-9]*\).*/\1/p" <<<"$2" | head -n 1)
  echo "${number:-0}"
}

# True when the daemon answers and, where it works for another, that one knows it.
is_ready() { # DAEMON
  local answer node
  case $1 in
    namenode)
      answer=$(bean_of namenode NameNode,name=FSNamesystemState)
      [[ $answer == *'"FSState"'* ]]
      ;;
    datanode?)
      answer=$(bean_of "$1" DataNode,name=DataNodeInfo)
      [[ $answer == *'ActorState'*'RUNNING'* ]]
      ;;
    resourcemanager)
      answer=$(answer_of resourcemanager /ws/v1/cluster/info)
      [[ $answer == *'"state":"STARTED"'* ]]
      ;;
    nodemanager?)
      node=$(answer_of "$1" /ws/v1/node/info)
      [[ $node == *'"nodeHealthy":true'* ]] || return 1
      answer=$(answer_of resourcemanager "/ws/v1/cluster/nodes/$(number_of_node "$node")")
      # A node manager that was started anew is not what the resource manager heard of before.
      [[ $answer == *'"state":"RUNNING"'* ]] &&
        [ "$(number_in lastHealthUpdate "$answer")" -ge "$(number_in nmStartupTime "$node")" ]
      ;;
    historyserver)
      answer=$(answer_of historyserver /ws/v1/history/info)
      [[ $answer == *'"startedOn"'* ]]
      ;;
  esac
}

number_of_node() { sed -n 's/.*"id" *: *"\([^"]*\)".*/\1/p' <<<"$1"; } # JSON

# True when HDFS takes and gives data: two live data nodes, and out of safe mode.
hdfs_is_ready() {
  local state
  state=$(bean_of namenode NameNode,name=FSNamesystemState)
  [[ $state == *'"FSState" : "Operational"'* ]] && [ "$(number_in NumLiveDataNodes "$state")" -eq 2 ]
}

# --- starting --------------------------------------------------------------------------------------

start_daemon() { # DAEMON
  local ports
  read -ra ports <<<"$(ports_of "$1")"
  case $1 in
    namenode) launch "$1" hdfs namenode ;;
    resourcemanager) launch "$1" yarn resourcemanager ;;
    datanode?)
      launch "$1" hdfs datanode \
        -D dfs.datanode.hostname=localhost \
        -D dfs.datanode.data.dir="file://$folder/$1" \
        -D dfs.datanode.http.address="localhost:${ports[0]}" \
        -D dfs.datanode.address="localhost:${ports[1]}" \
        -D dfs.datanode.ipc.address="localhost:${ports[2]}"
      ;;
    nodemanager?)
      launch "$1" yarn nodemanager \
        -D yarn.nodemanager.hostname=localhost \
        -D yarn.nodemanager.local-dirs="$folder/$1/local" \
        -D yarn.nodemanager.log-dirs="$folder/$1/logs" \
        -D yarn.nodemanager.webapp.address="localhost:${ports[0]}" \
        -D yarn.nodemanager.address="localhost:${ports[1]}" \
        -D yarn.nodemanager.localizer.address="localhost:${ports[2]}" \
        -D mapreduce.shuffle.port="${ports[3]}"
      ;;
    historyserver) launch "$1" mapred historyserver ;;
  esac
}

# Starts a daemon in a session of its own, so that a terminal's Ctrl-C does not reach it, and with an environment of its
# own, so that it and its containers are the same whoever starts them. The pid file is there before Java is.
launch() { # DAEMON COMMAND ARGUMENT...
  local daemon=$1
  shift
  mkdir -p "$folder/tmp/$daemon"
  # shellcheck disable=SC2016 # for the inner shell
  setsid env -i \
    HOME="$HOME" USER="$user" PATH="$PATH" LANG="${LANG:-C.UTF-8}" ${TZ:+TZ="$TZ"} JAVA_HOME="$JAVA_HOME" \
    HADOOP_HOME="$folder" HADOOP_CONF_DIR="$folder/etc/hadoop" \
    HADOOP_COMMON_HOME="$folder" HADOOP_HDFS_HOME="$folder" HADOOP_YARN_HOME="$folder" HADOOP_MAPRED_HOME="$folder" \
    HADOOP_OPTS="$(mark_of_cluster) $(mark_of "$daemon") -Djava.io.tmpdir=$folder/tmp/$daemon" \
    bash -c 'echo $$ >"$1" && shift && exec "$@"' - "$(pid_file_of "$daemon")" "$folder/bin/$1" "${@:2}" \
    </dev/null >>"$(log_file_of "$daemon")" 2>&1 9>&- &
  started[$daemon]=$!
  # This shell need not tell how it ends.
  disown
}

# The daemons that were started here, with their processes.
declare -A started=()

# False when a daemon that was started here has ended.
still_lives() { # DAEMON
  [ -z "${started[$1]-}" ] || kill -0 "${started[$1]}" 2>/dev/null
}

# --- ending ----------------------------------------------------------------------------------------

# Ends daemons, and returns when they are gone.
end_daemons() { # DAEMON...
  local daemon
  end_listed pids_of "$@"
  for daemon in "$@"; do rm -f "$(pid_file_of "$daemon")"; done
}

end_containers() { end_listed container_processes "$@"; } # [NODEMANAGER]

pids_of() { # DAEMON...
  local daemon
  for daemon in "$@"; do pid_of "$daemon"; done
}

# Ends the processes that a command lists: asks each once, waits, and kills what did not go. They are listed anew each
# time, so that a number that another process has by now is left alone.
end_listed() { # COMMAND...
  local deadline=$((SECONDS + 15)) asked=' ' pids pid
  while :; do
    pids=$("$@")
    if [ -z "$pids" ]; then return; fi
    for pid in $pids; do
      if [ "$SECONDS" -ge "$deadline" ]; then
        kill -9 "$pid" 2>/dev/null || true
      elif [[ $asked != *" $pid "* ]]; then
        kill "$pid" 2>/dev/null || true
        asked+="$pid "
      fi
    done
    sleep 0.1
  done
}
