"""The lines of files, as they are or packed.

May: read files line by line, in constant memory. May not: know what a line says.
"""

from __future__ import annotations

import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from os import PathLike
from pathlib import Path

from cschat.errors import Invalid

__all__ = ["MAX_LINE", "numbered_lines"]

MAX_LINE = 16 * 1024 * 1024
"""Bytes in one line: a file without line ends must not fill the memory."""

_UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error)


def numbered_lines(path: str | PathLike[str]) -> Iterator[tuple[int, bytes]]:
    """The lines of a plain, .gz or .xz file with their numbers, from 1, line ends included.

    The byte order mark that some editors put before the first line is left out. A line over `MAX_LINE` bytes comes cut to one byte
    more than that, for the reader to refuse. `Invalid` when the file cannot be opened or unpacked: `field` is the path, with the
    line from the second line on.
    """
    number = 1
    try:
        with _open(Path(path)) as file:
            while line := file.readline(MAX_LINE + 1):
                rest = line
                while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
                    rest = file.readline(MAX_LINE + 1)
                yield number, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                number += 1
    except _UNREADABLE as error:
        field = str(path) if number == 1 else f"{path}: line {number}"
        raise Invalid(field=field, reason=_why_unreadable(error), line=number, path=str(path)) from error


def _open(path: Path) -> BufferedIOBase:
    match path.suffix.lower():
        case ".gz":
            if path.is_file() and not path.stat().st_size:
                raise EOFError  # gzip itself takes no bytes at all for an empty file
            return gzip.GzipFile(path, "rb")
        case ".xz":
            return lzma.LZMAFile(path, "rb")
        case _:
            return path.open("rb")


def _why_unreadable(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case EOFError():
            return "the file is cut short"
        case lzma.LZMAError() | zlib.error() | gzip.BadGzipFile():
            return f"the file is damaged or not packed as its name says: {error}"
        case OSError():
            return f"the file cannot be read: {error.strerror or error}"
        case _:
            raise error
