import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from bench import measuring
from bench.failure import Failed


class Measuring(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        measuring.become_subreaper()

    def run_command(self, command, most_seconds=10.0):
        return measuring.run(command, self.folder, dict(os.environ), most_seconds)

    def test_cpu_of_a_daemon_counts_though_its_parent_did_not_wait(self):
        spin = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
        alone = self.run_command(spin)
        daemon = self.run_command(f"(setsid bash -c '{spin}' &) ; exit 0")
        self.assertGreater(daemon.cpu_seconds, alone.cpu_seconds / 3)

    def test_memory_is_that_of_all_processes_together(self):
        hold = "python3 -c 'import time; held = bytearray(40 << 20); time.sleep(0.2)'"
        one = self.run_command(hold)
        two = self.run_command(f"{hold} & {hold} & wait")
        self.assertGreater(one.peak_mib, 40.0)
        self.assertGreater(two.peak_mib, 80.0)

    def test_a_failure_repeats_what_the_command_said(self):
        with self.assertRaisesRegex(Failed, "ended with 3(.|\n)*no such thing"):
            self.run_command("echo no such thing >&2; exit 3")

    def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(self):
        with self.assertRaisesRegex(Failed, "too long"):
            self.run_command(f"(sleep 30; touch {self.folder}/late) & sleep 30", most_seconds=0.1)
        tree = measuring.Tree()
        tree.refresh()
        self.assertEqual(tree.ours, set())

    def test_ending_is_by_force_where_it_must(self):
        with mock.patch.object(measuring, "POLITE_SECONDS", 0.2), self.assertRaises(Failed):
            self.run_command("trap '' TERM; while :; do sleep 0.01; done", most_seconds=0.1)
        tree = measuring.Tree()
        tree.refresh()
        self.assertEqual(tree.ours, set())


if __name__ == "__main__":
    unittest.main()
