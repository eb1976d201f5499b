# Hadoop's jars, and the loop around its main and its codecs. Needs lib/toolchain.sh.
# shellcheck shell=bash

oracle_folder=$repository/target/hadoop-oracle

# Runs a command that finds Hadoop by the variable HOWDAH_ORACLE_CLASSPATH.
with_hadoop() { # COMMAND...
  fetch_hadoop && compile_oracle || return 1
  local -x HOWDAH_ORACLE_CLASSPATH="$oracle_folder/classes:$repository/tests/oracle/conf:$oracle_folder/jars/*"
  "$@"
}

# Fetches the jars of tests/oracle/pom.xml, once for each version of that file.
fetch_hadoop() {
  local stamp=$oracle_folder/jars.pom pom=$repository/tests/oracle/pom.xml
  if cmp -s "$pom" "$stamp"; then return; fi
  say "fetching Hadoop's jars by Maven"
  rm -rf "$oracle_folder/jars"
  mkdir -p "$oracle_folder"
  mvn -q -B -Dstyle.color=never -f "$pom" dependency:copy-dependencies \
    -DoutputDirectory="$oracle_folder/jars" -DincludeScope=runtime >&2 &&
    cp "$pom" "$stamp"
}

compile_oracle() {
  local sources=$repository/tests/oracle classes=$oracle_folder/classes
  if [ "$classes/Oracle.class" -nt "$sources/Oracle.java" ] &&
    [ "$classes/Cross.class" -nt "$sources/Cross.java" ]; then return; fi
  mkdir -p "$classes"
  javac -nowarn -Xlint:-removal -cp "$oracle_folder/jars/*" -d "$classes" "$sources"/*.java
}
