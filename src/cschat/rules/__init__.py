"""What rules mean: conditions, actions, the clocks of time rules and of service levels, and which rules set each other off.

May: import `core`. May not: read a clock, look anything up, do anything.
"""
