"""What follows the log: deliveries to the world outside, after the commit.

May: read the log, keep a position, deliver at least once. May not: be called from within a command.
"""
