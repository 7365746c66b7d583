"""What answers events within the transaction in which they happen.

May: hold reactors of the desk's own. May not: hold commands.
"""
