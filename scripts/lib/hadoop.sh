# Hadoop's jars, and the loop around its main. Needs lib/toolchain.sh.
# shellcheck shell=bash

oracle_folder=target/hadoop-oracle

# Fetches the jars of tests/oracle/pom.xml, once for each version of that file.
fetch_hadoop() {
  local stamp="$oracle_folder/jars.pom"
  if ! cmp -s tests/oracle/pom.xml "$stamp"; then
    echo "fetching Hadoop's jars…" >&2
    rm -rf "$oracle_folder/jars"
    mkdir -p "$oracle_folder"
    mvn -q -B -Dstyle.color=never -f tests/oracle/pom.xml dependency:copy-dependencies \
      -DoutputDirectory="$PWD/$oracle_folder/jars" -DincludeScope=runtime >&2
    cp tests/oracle/pom.xml "$stamp"
  fi
}

# Compiles tests/oracle/Oracle.java and sets `oracle_class_path`.
compile_oracle() {
  local classes=$oracle_folder/classes
  if [ ! "$classes/Oracle.class" -nt tests/oracle/Oracle.java ]; then
    mkdir -p "$classes"
    javac -nowarn -Xlint:-removal -cp "$oracle_folder/jars/*" -d "$classes" tests/oracle/Oracle.java
  fi
  oracle_class_path="$PWD/$classes:$PWD/tests/oracle/conf:$PWD/$oracle_folder/jars/*"
  export oracle_class_path
}
