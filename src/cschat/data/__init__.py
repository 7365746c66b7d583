"""Data out and in: exports of every record and event, imports of the same files and of others', copies of whole stores.

May: read a desk's store, write into an empty place of it, read and write files. May not: decide anything about a session.
"""

from cschat.data.copying import Copied, copy_store
from cschat.data.exporting import Progress, export, export_table
from cschat.data.foreign import import_chatwoot, import_csv
from cschat.data.importing import Imported, import_folder
from cschat.data.tables import Filter

__all__ = [
    "Copied",
    "Filter",
    "Imported",
    "Progress",
    "copy_store",
    "export",
    "export_table",
    "import_chatwoot",
    "import_csv",
    "import_folder",
]
