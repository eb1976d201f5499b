"""Tests of what scripts/bench computes: `python3 -B -m unittest discover -s bench/tests -t .`"""
