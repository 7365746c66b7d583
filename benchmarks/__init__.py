"""Measurements: ratios to a floor written by hand, interleaved in one run. No tests; `make bench` prints them.

The same binary varies up to twofold between runs on a busy machine, so ratios decide and absolute figures are only reported.
"""
