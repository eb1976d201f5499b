import contextlib
import io
import unittest

from bench import command_line, instructions
from bench.failure import Failed
from bench.instructions import Change
from bench.rows import ROWS
from bench.running import filled


def chosen(*words):
    arguments = command_line.command_line().parse_args(words)
    contestants = command_line.chosen_contestants(arguments)
    return {name: [each.name for each in group] for name, group in contestants.items()}


class Choice(unittest.TestCase):
    def test_all_rows_run_without_what_is_optional(self):
        everything = chosen()
        self.assertEqual(list(everything), list(ROWS))
        self.assertNotIn("python", everything["words"])
        self.assertIn("python", chosen("words", "--with-python")["words"])

    def test_a_peer_that_is_named_runs_alone_where_it_is(self):
        rows = chosen("--peer", "mawk")
        self.assertEqual(rows, {"words": ["howdah", "mawk"], "join": ["broadcast", "shuffled", "mawk"]})

    def test_a_row_and_a_peer_that_it_has_not_is_an_error(self):
        with self.assertRaisesRegex(Failed, "sort has none of the peers polars"):
            chosen("sort", "--peer", "polars")

    def test_a_peer_can_be_left_out(self):
        self.assertEqual(
            chosen("frameworks", "--without", "hadoop"), {"frameworks": ["howdah", "mrjob"]}
        )

    def test_rounds_are_of_all_rows_or_of_one(self):
        arguments = command_line.command_line().parse_args(["--rounds", "5", "--rounds", "sort=2"])
        self.assertEqual(arguments.rounds, {"": 5, "sort": 2})


class Commands(unittest.TestCase):
    def test_known_names_are_filled_in_and_quoted_and_other_braces_stay(self):
        command = filled("awk '{print}' {input} >{out} {1..3}", {"input": "/a b", "out": "/o"})
        self.assertEqual(command, "awk '{print}' '/a b' >/o {1..3}")


class Instructions(unittest.TestCase):
    def outcome(self, now, before):
        return Change("row", now, before).outcome(0.03)

    def test_a_row_may_grow_by_the_tolerance_and_no_more(self):
        self.assertEqual(self.outcome(1030, 1000), "same")
        self.assertEqual(self.outcome(1031, 1000), "GREW")
        self.assertEqual(self.outcome(969, 1000), "shrank")

    def test_rows_come_and_go_with_the_baseline(self):
        self.assertEqual(self.outcome(1, None), "NEW")
        self.assertEqual(self.outcome(None, 1), "GONE")
        self.assertIn("GONE", Change("row", None, 1).line(0.03))

    def test_a_count_above_the_baseline_fails_and_one_below_does_not(self):
        baseline = {"most_growth": 0.02, "rows": {"map": 1000, "sort": 1000}}
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(instructions.compared(baseline, {"map": 1019, "sort": 900}), 0)
            self.assertIn("a row shrank", out.getvalue())
            with self.assertRaisesRegex(Failed, "^sort: not as"):
                instructions.compared(baseline, {"map": 1000, "sort": 1021})
            with self.assertRaisesRegex(Failed, "^sort: not as"):
                instructions.compared(baseline, {"map": 1000})


if __name__ == "__main__":
    unittest.main()
