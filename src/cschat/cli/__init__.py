"""The cschat command; each module has the commands of one subject.

May: put them together, and turn an error of ours into one line. May not: know more than the library.
"""

from __future__ import annotations

import sys

import click

from cschat.cli.bot import bot
from cschat.cli.data import export_command, import_command
from cschat.cli.explain import explain
from cschat.cli.finding import search, spikes
from cschat.cli.history import history, reindex
from cschat.cli.ledger import statement
from cschat.cli.operating import copy_command, doctor, migrate_command
from cschat.cli.simulate import simulate, what_if_command
from cschat.cli.stats import stats
from cschat.cli.summary import summary
from cschat.errors import CschatError

__all__ = ["main"]


def main() -> None:
    """Run the command; an error of ours is one line on standard error and exit code 1."""
    try:
        sys.exit(cschat.main(standalone_mode=False) or 0)  # what `Context.exit` was given
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except CschatError as error:
        click.echo(f"cschat: {error}", err=True)
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cschat")
def cschat() -> None:
    """A customer-support desk, from the command line."""


for command in (
    *(simulate, what_if_command, bot, search, spikes, explain, history, reindex),
    *(stats, summary, statement, export_command, import_command),
    *(copy_command, migrate_command, doctor),
):
    cschat.add_command(command)
