# A Docker engine and compose: finding them, installing them, and an engine of one's own where none runs. Needs
# lib/toolchain.sh.
# shellcheck shell=bash disable=SC2034
#
# An engine that answers is the user's: it is used, and nothing of it but what is asked for by name is touched. One that is
# started here has its data, its socket and its processes in folders of its own. When it ends, what such an engine leaves in
# the kernel goes, too: its bridge, its firewall rules, and the settings for forwarding.

# Debian keeps dockerd and iptables where only root looks.
PATH=$PATH:/usr/sbin:/sbin

# --- what there is ---------------------------------------------------------------------------------

engine_answers() { timeout 20 docker info >/dev/null 2>&1; }

# True if jobs can run in containers: an engine answers or can be started here, and there is a compose.
have_docker() {
  has_command docker && find_compose && { engine_answers || can_start_engine; }
}

# Sets `compose_command` to the newer compose, a command of docker's, or the older, a program of its own.
find_compose() {
  if docker compose version >/dev/null 2>&1; then
    compose_command=(docker compose)
  elif has_command docker-compose; then
    compose_command=(docker-compose)
  else
    return 1
  fi
}

can_start_engine() {
  [ "$EUID" -eq 0 ] && has_command dockerd && has_command iptables && ! pgrep -x dockerd >/dev/null
}

# Only what is missing, and under the names that this system has.
install_docker() {
  local wanted=()
  if ! has_command apt-get; then
    say "error: this system has no apt-get; install a Docker engine and compose by hand: https://docs.docker.com/engine/install"
    return 1
  fi
  refresh_package_lists || return 1
  if ! engine_answers && ! has_command dockerd; then wanted+=(docker.io iptables); fi
  if ! has_command docker; then
    wanted+=(docker.io)
    # Where the program is a package apart from the engine.
    if [ -n "$(packaged_version docker-cli)" ]; then wanted+=(docker-cli); fi
  fi
  if ! find_compose; then
    if [ -n "$(packaged_version docker-compose-v2)" ]; then wanted+=(docker-compose-v2); else wanted+=(docker-compose); fi
  fi
  if [ ${#wanted[@]} -gt 0 ]; then install_packages "${wanted[@]}"; fi
  find_compose
}

# --- an engine of one's own ------------------------------------------------------------------------

# The engine's folder is the first argument of each: its data is in it, and `engine`, which leads to what belongs to its
# present run.

# That of the present run. It is in /tmp, where by now a folder of the same name may be somebody else's: then nothing in it
# is to be trusted.
run_folder() { # FOLDER
  local run
  run=$(readlink "$1/engine") || return 1
  if [ -d "$run" ] && [ ! -L "$run" ] && [ -O "$run" ]; then echo "$run"; else return 1; fi
}

# Starts one, unless it runs, and has docker speak to it.
start_engine() { # FOLDER
  local run seconds=60
  if use_own_engine "$1"; then return; fi
  end_engine "$1"
  if pgrep -x dockerd >/dev/null; then
    say "error: a Docker engine runs here, but does not answer this user"
    say "hint: docker info says why; join the group docker, or work as root"
    return 1
  fi
  if [ "$EUID" -ne 0 ]; then
    say "error: only root can start a Docker engine"
    say "hint: start the system's (systemctl start docker), or work as root"
    return 1
  fi
  # The path of a socket must be short.
  run=$(mktemp -d /tmp/howdah-engine.XXXXXX) || return 1
  mkdir -p "$1/data"
  ln -sfn "$run" "$1/engine"
  note_network "$run"
  # A session of its own, and no open file of ours: whoever waits for this script's output or its locks does not wait for
  # the engine.
  # shellcheck disable=SC2016 # for the inner shell
  setsid bash -c '
    for file in /proc/self/fd/*; do
      if [ "${file##*/}" -gt 2 ]; then eval "exec ${file##*/}>&-"; fi
    done
    exec "$@"' - \
    dockerd --host "unix://$run/socket" --data-root "$1/data" --exec-root "$run/exec" --pidfile "$run/pid" \
    </dev/null >"$run/log" 2>&1 &
  echo $! >"$run/started"
  disown
  export DOCKER_HOST=unix://$run/socket
  until engine_answers; do
    if [ $((seconds--)) -eq 0 ] || ! kill -0 "$(cat "$run/started")" 2>/dev/null; then
      say "error: the Docker engine did not start; the last lines of its log:"
      tail -n 20 "$run/log" >&2
      end_engine "$1"
      return 1
    fi
    sleep 1
  done
}

# True if an engine that was started here answers; docker speaks to it from now on.
use_own_engine() { # FOLDER
  local run
  run=$(run_folder "$1") || return 1
  DOCKER_HOST=unix://$run/socket engine_answers || return 1
  export DOCKER_HOST=unix://$run/socket
}

# Ends the engine that was started here, if there is one, with its containers, its data and its traces.
end_engine() { # FOLDER
  local run pid containers
  run=$(readlink "$1/engine") || return 0
  if use_own_engine "$1"; then
    containers=$(docker ps -aq)
    # shellcheck disable=SC2086 # a list of numbers
    if [ -n "$containers" ]; then docker rm -f $containers >/dev/null 2>&1 || true; fi
    docker network prune -f >/dev/null 2>&1 || true
  fi
  for pid in $(engine_processes "$run"); do end_process "$pid" || true; done
  unset DOCKER_HOST
  unmount_below "$run"
  unmount_below "$1/data"
  if run_folder "$1" >/dev/null; then
    restore_network "$run"
    rm -rf "$run"
  fi
  rm -rf "$1/data" "$1/engine"
}

# The engine first, then what it leaves behind if it was killed.
engine_processes() { # RUN-FOLDER
  pgrep -f -- "--exec-root $1/exec" || true
  pgrep -f -- "$1/exec" || true
}

# Asks a process to end, waits for half a minute, and kills it if it does not. Not even that ends one which waits for a disk.
end_process() { # PID
  local rounds=0
  kill "$1" 2>/dev/null || return 0
  while process_runs "$1"; do
    case $((rounds++)) in
      150) kill -9 "$1" 2>/dev/null || true ;;
      200)
        say "error: the process $1 does not end"
        return 1
        ;;
    esac
    sleep 0.2
  done
}

# One that has ended, and whose parent has not asked how, does not run any more.
process_runs() { # PID
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  [[ ${stat##*) } != [ZX]* ]]
}

unmount_below() { # FOLDER
  local place
  findmnt -rno TARGET | awk -v top="$1" '$1 == top || index($1, top "/") == 1' | sort -r |
    while IFS= read -r place; do umount "$place" || true; done
}

# --- what an engine does to the network ------------------------------------------------------------

firewalls() { for tool in iptables ip6tables; do if has_command "$tool"; then echo "$tool"; fi; done; }

# All rules of a firewall, with the table before each.
rules_of() { # FIREWALL
  local table
  for table in filter nat raw; do "$1" -w -t "$table" -S 2>/dev/null | sed "s/^/$table /"; done || true
}

# How it is before.
note_network() { # RUN-FOLDER
  local firewall
  for firewall in $(firewalls); do rules_of "$firewall" >"$1/$firewall"; done
  cat /proc/sys/net/ipv4/ip_forward >"$1/forwarding"
  bridges >"$1/bridges"
}

bridges() { find /sys/class/net -maxdepth 1 \( -name docker0 -o -name 'br-????????????' \) -printf '%f\n' | sort; }

# Takes away what is new since, and is an engine's by its name.
restore_network() { # RUN-FOLDER
  local firewall bridge
  for firewall in $(firewalls); do restore_rules "$firewall" "$1/$firewall"; done
  if [ -e "$1/bridges" ]; then
    bridges | comm -13 "$1/bridges" - | while IFS= read -r bridge; do ip link delete "$bridge" || true; done
  fi
  if [ -e "$1/forwarding" ]; then cat "$1/forwarding" >/proc/sys/net/ipv4/ip_forward; fi
}

restore_rules() { # FIREWALL FILE
  local table rule
  if [ ! -e "$2" ]; then return; fi
  # Rules first, then the chains that they are in; the policy of before comes back.
  engines_rules "$1" "$2" -A | while read -r table rule; do
    xargs "$1" -w -t "$table" <<<"${rule/#-A/-D}" || true
  done
  engines_rules "$1" "$2" -N | while read -r table rule; do
    xargs "$1" -w -t "$table" <<<"${rule/#-N/-X}" || true
  done
  { grep '^filter -P FORWARD ' "$2" || true; } | while read -r table rule; do
    xargs "$1" -w -t "$table" <<<"$rule" || true
  done
}

# The rules (-A) or chains (-N) that came since, and are an engine's by their names.
engines_rules() { # FIREWALL FILE VERB
  rules_of "$1" | grep -vxFf "$2" | grep -E -e "^[a-z]+ $3 .*(DOCKER|docker0|br-[0-9a-f]{12})" || true
}
