#!/usr/bin/env bash
# Ranks nodes by the programs of ../programs with sort between them: ranks_pipe.sh ITERATIONS EDGES OUT FOLDER
#
# A state has lines of NODE TAB RANK TAB LINK,LINK,... Beside it lies what the next iteration needs to know: how many
# nodes there are, and the rank that nodes without links give away.
set -euo pipefail
iterations=$1 edges=$2 out=$3 folder=$4

sort_by_key() { sort --parallel=2 -S 1G -T "$folder" -t $'\t' -k 1,1; }

by-hand map-links <"$edges" | sort_by_key | by-hand gather-links "$folder/totals" >"$folder/state"
for ((i = 0; i < iterations; i++)); do
  by-hand map-ranks "$folder/totals" <"$folder/state" | sort_by_key |
    by-hand sum-ranks "$folder/totals" "$folder/totals.next" >"$folder/next"
  mv "$folder/next" "$folder/state"
  mv "$folder/totals.next" "$folder/totals"
done
cut -f 1,2 "$folder/state" >"$out"
