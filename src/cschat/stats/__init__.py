"""Statistics: what a desk's events say in numbers."""
