"""What a support desk is: records, events, the session machine, people, access. Pure.

May: decide and compute. May not: read a clock, draw a number, do I/O, start a thread, await, or import anything of ours but `errors`.
"""
