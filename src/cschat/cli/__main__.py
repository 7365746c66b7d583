"""`python -m cschat.cli` is the cschat command."""

from cschat.cli import main

main()
