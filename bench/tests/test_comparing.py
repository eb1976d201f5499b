import tempfile
import unittest
from pathlib import Path

from bench import comparing


def read(reader, *lines):
    return list(reader(iter(lines)))


class Readers(unittest.TestCase):
    def test_uniq_counts_come_first_and_words_may_hold_blanks_at_their_end(self):
        self.assertEqual(
            read(comparing.uniq, b"      3 word\n", b"1000000 a\x0c\n"),
            [b"word\t3\n", b"a\x0c\t1000000\n"],
        )

    def test_json_keys_are_unquoted_and_plain_ones_stay(self):
        lines = [b'"a"\t1\n', b'"\\u00e9\\"\\\\"\t2\n', b'plain\t"x"\n', b"12\t3\n"]
        expected = [b"a\t1\n", 'é"\\\t2\n'.encode(), b'plain\t"x"\n', b"12\t3\n"]
        self.assertEqual(read(comparing.json_keys, *lines), expected)

    def test_the_escapes_of_word_count_are_undone(self):
        lines = [b'"caf\\\\xe9"\t1\n', b'"\\\\x5cxff"\t2\n', b'"C:\\\\x"\t3\n']
        self.assertEqual(
            read(comparing.word_count, *lines), [b"caf\xe9\t1\n", b"\\xff\t2\n", b"C:\\x\t3\n"]
        )

    def test_counts_of_a_repeated_text_are_divided_and_wrong_ones_stay_wrong(self):
        reader = comparing.counts_divided_by(10, comparing.json_keys)
        self.assertEqual(read(reader, b'"a"\t30\n', b'"b"\t31\n'), [b"a\t3\n", b"b\t31\n"])

    def test_a_tab_before_no_value_is_no_difference(self):
        self.assertEqual(
            read(comparing.without_trailing_tab, b"a b\t\n", b"a\tb\n"), [b"a b\n", b"a\tb\n"]
        )


class Outputs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def difference(self, left, right, tolerance=0.0):
        return comparing.first_difference(self.file("left", left), self.file("right", right), tolerance)

    def test_part_files_are_one_output_whatever_lies_beside_them(self):
        self.file("out/part-00001", b"a\t1\n")
        self.file("out/part-00000", b"b\t2\n")
        self.file("out/_SUCCESS", b"x\n")
        out, to = self.folder / "out", self.folder / "comparable"
        comparing.write_comparable(out, comparing.plain, False, to)
        self.assertEqual(to.read_bytes(), b"a\t1\nb\t2\n")
        comparing.write_comparable(out, comparing.plain, True, to)
        self.assertEqual(to.read_bytes(), b"b\t2\na\t1\n")
        self.assertEqual(comparing.output_bytes(out), 8)

    def test_equal_files_do_not_differ(self):
        self.assertIsNone(self.difference(b"a\t1\n", b"a\t1\n"))
        self.assertIsNone(self.difference(b"", b""))

    def test_a_difference_says_where(self):
        self.assertEqual(self.difference(b"a\n", b"b\n"), "line 1: 'a\\n' against 'b\\n'")
        self.assertEqual(self.difference(b"a\n", b"a\nb\n"), "line 2: the end against 'b\\n'")
        self.assertEqual(self.difference(b"a\nb\n", b"a\n"), "line 2: 'b\\n' against the end")

    def test_with_a_tolerance_numbers_may_differ_by_a_part_of_them_and_keys_may_not(self):
        left = b"a\t1.0e-7\nb\t2\n"
        self.assertIsNone(self.difference(left, b"a\t1.0000000001e-07\nb\t2.0\n", 1e-9))
        self.assertIn("line 1", self.difference(left, b"a\t1.00000001e-7\nb\t2\n", 1e-9))
        self.assertIn("line 1", self.difference(left, b"c\t1.0e-7\nb\t2\n", 1e-9))
        self.assertIn("line 2", self.difference(left, b"a\t1.0e-7\nb\tx\n", 1e-9))
        self.assertIn("line 2", self.difference(left, b"a\t1.0e-7\n", 1e-9))
        self.assertIn("line 2", self.difference(left, b"a\t1.0e-7\nb\t2.0\n"))


if __name__ == "__main__":
    unittest.main()
