import json
import tempfile
import unittest
import xml.dom.minidom
from pathlib import Path

from bench import plot, report
from bench.contestants import Contestant, Input, Ratio, Row
from bench.measuring import Run
from bench.running import Measured

ROW = Row(
    "a <row>",
    {"input": Input("text", "text", "text")},
    [
        Contestant("howdah", "howdah {input}", is_ours=True),
        Contestant("slow", "slow {input}"),
        Contestant("fast", "fast {input}"),
    ],
    [Ratio("howdah", "slow", 0.5), Ratio("howdah", "fast", 0.5)],
)


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        text = Path(folder.name) / "text"
        text.write_bytes(b"x" * 1_000_000)
        runs = {
            "howdah": [Run(0.5, 1.0, 100.0, 0.1), Run(0.7, 1.2, 110.0, 0.2), Run(0.6, 1.1, 90.0, 0.3)],
            "slow": [Run(120.0, 110.0, 900.0, 0.0)],
            "fast": [Run(1.0, 2.0, 50.0, 0.0)],
        }
        self.rows = {"words": Measured(ROW, ROW.contestants, {"input": text}, runs)}

    def test_a_table_has_figures_ratios_and_goals(self):
        table = report.table("words", self.rows["words"])
        self.assertEqual(
            [" ".join(line.split()) for line in table.splitlines()],
            [
                "",
                "words: a <row>",
                "text (1.0 MB)",
                "CPU s (min..max) wall s (min..max) peak MiB others rounds",
                "howdah 1.10 (1.00..1.20) 0.600 (0.500..0.700) 110.0 0.20 3",
                "slow 110.00 (110.00..110.00) 120.00 (120.00..120.00) 900.0 0.00 1",
                "fast 2.00 (2.00..2.00) 1.00 (1.00..1.00) 50.0 0.00 1",
                "howdah : slow CPU 0.01, wall 0.005, memory 0.122",
                "howdah : fast CPU 0.55, wall 0.6, memory 2.20",
                "goal howdah : slow, CPU 0.01 x at most 0.5: met",
                "goal howdah : fast, CPU 0.55 x at most 0.5: MISSED",
            ],
        )

    def test_a_summary_counts_goals_and_names_rows_without_figures(self):
        summary = report.summary(self.rows, ["sort"])
        self.assertIn("goals: 1 met, 1 missed, 0 not measured", summary)
        self.assertIn("no figures for: sort", summary)

    def test_a_document_goes_through_json_and_tells_the_fastest_peer(self):
        document = json.loads(json.dumps(report.document(self.rows, ["sort"])))
        row = document["rows"]["words"]
        self.assertEqual(row["inputs"], [{"name": "text", "bytes": 1_000_000}])
        self.assertEqual([goal["is_met"] for goal in row["goals"]], [True, False])
        self.assertEqual(report.fastest_peers(document), {"words": "fast"})

    def test_a_picture_is_xml_with_a_bar_for_each_contestant_and_a_line_for_each_goal(self):
        picture = xml.dom.minidom.parseString(plot.svg(self.rows))
        kinds = [rect.getAttribute("class") for rect in picture.getElementsByTagName("rect")]
        self.assertEqual(kinds, ["", "ours", "peer", "peer"])
        self.assertEqual(len(picture.getElementsByTagName("line")), 2)

    def test_no_line_crosses_a_figure(self):
        picture = xml.dom.minidom.parseString(plot.svg(self.rows))
        for line in picture.getElementsByTagName("line"):
            at, top = float(line.getAttribute("x1")), float(line.getAttribute("y1"))
            beside = [
                float(text.getAttribute("x"))
                for text in picture.getElementsByTagName("text")
                if text.getAttribute("text-anchor") == "start"
                and top < float(text.getAttribute("y")) < top + plot.BAR
            ]
            self.assertFalse([x for x in beside if x <= at < x + plot.FIGURE - 6], (at, beside))


if __name__ == "__main__":
    unittest.main()
