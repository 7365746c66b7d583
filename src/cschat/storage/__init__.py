"""Where records and events live: one protocol, the group-commit front, and a backend for each kind of database.

May: store. May not: know what a session may do; import anything of ours but `core`.
"""
