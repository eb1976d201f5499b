"""What `scripts/bench` is made of: howdah beside the programs that people would use in its place.

- `rows`: the workloads, each with its contestants, their commands and its goals
- `contestants`: what a row, a contestant and a goal are
- `tools`: what the peers need, whether it is here, and how to get it
- `measuring`: one command, with the time and the memory of its whole process tree
- `comparing`: whether two outputs are the same, before any time is believed
- `running`: one row, round by round
- `judging`: medians, ratios, exponents, and whether a goal is met
- `report`, `plot`: what is shown
- `instructions`: instruction counts of the hot paths, compared with `instructions.json`
- `command_line`: the options

`peers/` has the peers' programs in Python, `programs/` those in Rust: a Cargo project of its own.
"""
