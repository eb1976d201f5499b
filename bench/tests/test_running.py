import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from bench.contestants import Contestant, Input, Row
from bench.failure import Failed
from bench.running import Options, measure


class Rows(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "words").write_text("b\t1\na\t2\n")

    def measure(self, *contestants, **of_row):
        row = Row("a row", {"input": Input("words", "words", "text")}, contestants, [], **of_row)
        options = Options(self.folder, self.folder, self.folder, False, 10.0, None)
        with contextlib.redirect_stderr(io.StringIO()):
            return measure(row, contestants, options)

    def test_rounds_are_the_row_s_and_slow_contestants_have_one(self):
        fast, slow = (
            Contestant("fast", "cp {input} {out}"),
            Contestant("slow", "tac {input} >{out}", is_slow=True),
        )
        runs = self.measure(fast, slow, rounds=2).runs
        self.assertEqual({name: len(group) for name, group in runs.items()}, {"fast": 2, "slow": 1})
        self.assertEqual([path.name for path in self.folder.iterdir()], ["words"])

    def test_order_counts_only_where_the_row_says_so(self):
        contestants = [Contestant("one", "cp {input} {out}"), Contestant("two", "tac {input} >{out}")]
        self.measure(*contestants)
        with self.assertRaisesRegex(Failed, "differ at line 1"):
            self.measure(*contestants, in_order=True)

    def test_another_output_fails_the_row(self):
        with self.assertRaisesRegex(
            Failed, "differ at line 1: 'a.t2.n' against 'a.t3.n'|'a.t3.n' against"
        ):
            self.measure(
                Contestant("one", "cp {input} {out}"), Contestant("two", "sed s/2/3/ {input} >{out}")
            )

    def test_an_output_that_changes_between_rounds_fails_the_row(self):
        grows = f"cp {{input}} {{out}}; cat {self.folder}/more >>{{out}}; echo >>{self.folder}/more"
        (self.folder / "more").touch()
        with self.assertRaisesRegex(Failed, "another output than before"):
            self.measure(Contestant("one", grows), rounds=2)

    def test_no_output_is_no_agreement(self):
        with self.assertRaisesRegex(Failed, "nothing to compare"):
            self.measure(Contestant("one", ": >{out}"), Contestant("two", ": >{out}"))
        with self.assertRaisesRegex(Failed, "one wrote nothing"):
            self.measure(Contestant("one", "true"))

    def test_what_is_prepared_is_there_for_all(self):
        contestant = Contestant("one", "cp {prepared}/sorted {out}")
        self.measure(contestant, prepare=["sort {input} >{prepared}/sorted"], in_order=True)

    def test_missing_data_says_how_to_get_it(self):
        (self.folder / "words").unlink()
        with self.assertRaises(Failed) as failed:
            self.measure(Contestant("one", "true"))
        self.assertEqual(failed.exception.hint, f"scripts/fetch-data text --to {self.folder}")


if __name__ == "__main__":
    unittest.main()
