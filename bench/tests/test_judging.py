import unittest

from bench.contestants import CPU, PEAK, WALL, Contestant, Growth, Limit, Ratio, Row
from bench.judging import exponent, judge, typical
from bench.measuring import Run


def runs(*cpu, wall=1.0, peak=10.0):
    return [Run(wall, seconds, peak, 0.0) for seconds in cpu]


def row(*goals):
    names = {"ours": 1, "peer": 1, "ten": 10, "hundred": 100}
    contestants = [Contestant(name, "true", times=times) for name, times in names.items()]
    return Row("a row", {}, contestants, goals)


class Figures(unittest.TestCase):
    def test_of_times_the_median_counts_and_of_memory_the_most(self):
        some = [Run(1.0, 2.0, 30.0, 0.0), Run(5.0, 9.0, 10.0, 0.0), Run(2.0, 3.0, 20.0, 0.0)]
        self.assertEqual([typical(some, figure) for figure in (WALL, CPU, PEAK)], [2.0, 3.0, 30.0])

    def test_an_exponent_is_the_slope_of_the_logarithms(self):
        self.assertAlmostEqual(exponent([1, 10, 80], [0.3, 3.0, 24.0]), 1.0)
        self.assertAlmostEqual(exponent([1, 10, 80], [2.0, 200.0, 12_800.0]), 2.0)
        self.assertAlmostEqual(exponent([1, 10], [0.5, 0.5]), 0.0)


class Verdicts(unittest.TestCase):
    def verdict(self, goal, **measured):
        return judge(row(goal), measured)[0]

    def test_a_ratio_is_of_medians_and_its_bound_is_good_enough(self):
        verdict = self.verdict(Ratio("ours", "peer", 0.5), ours=runs(1.0, 9.0, 1.0), peer=runs(2.0))
        self.assertEqual((verdict.value, verdict.is_met, verdict.outcome), (0.5, True, "met"))

    def test_a_ratio_above_its_bound_is_missed(self):
        verdict = self.verdict(Ratio("ours", "peer", 0.5), ours=runs(1.1), peer=runs(2.0))
        self.assertEqual((verdict.is_met, verdict.outcome), (False, "MISSED"))

    def test_an_aim_is_told_apart_from_the_bound(self):
        goal = Ratio("ours", "peer", 1.5, aim=0.75)
        self.assertEqual(self.verdict(goal, ours=runs(2.0), peer=runs(2.0)).outcome, "met")
        self.assertEqual(self.verdict(goal, ours=runs(1.0), peer=runs(2.0)).outcome, "met, and the aim")

    def test_a_goal_without_a_peer_is_not_measured(self):
        verdict = self.verdict(Ratio("ours", "peer", 0.5), ours=runs(1.0))
        self.assertEqual((verdict.value, verdict.is_met, verdict.outcome), (None, None, "not measured"))

    def test_a_limit_is_of_the_figure_that_it_names(self):
        some = runs(5.0, wall=0.03, peak=300.0)
        self.assertIs(self.verdict(Limit("ours", 0.04), ours=some).is_met, True)
        self.assertIs(self.verdict(Limit("ours", 0.02), ours=some).is_met, False)
        self.assertIs(self.verdict(Limit("ours", 288, PEAK), ours=some).is_met, False)

    def test_growth_goes_by_how_much_each_has_read(self):
        goal = Growth(("ours", "ten", "hundred"), 1.05)
        linear = {"ours": runs(0.1), "ten": runs(1.0), "hundred": runs(10.0)}
        self.assertIs(self.verdict(goal, **linear).is_met, True)
        more = linear | {"hundred": runs(20.0)}
        self.assertIs(self.verdict(goal, **more).is_met, False)
        del more["ten"]
        self.assertIsNone(self.verdict(goal, **more).is_met)

    def test_a_row_knows_its_contestants(self):
        with self.assertRaises(ValueError):
            row(Ratio("ours", "nobody", 0.5))


if __name__ == "__main__":
    unittest.main()
