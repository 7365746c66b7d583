"""Who gets which session: routes, seats, the choice among agents.

May: decide, on what it is given. May not: load or record anything, ask the time, know a store.
"""
