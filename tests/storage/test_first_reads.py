"""Many threads of a fresh process read their first records at once."""

import subprocess
import sys

from cschat import Actor, Desk
from cschat import commands as c
from cschat.storage.codec import encode

CHILD = """
import sys, threading
from cschat.core.session import Session
from cschat.storage.codec import decode_record

sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
document = sys.argv[1]

def read():
    together.wait()
    for _ in range(50):
        decode_record(Session, document)

threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_the_first_records_of_a_process_may_be_read_by_many_threads_at_once():
    document = encode(Desk.open().acting_as(Actor.guest("a")).do(c.OpenSession()))
    ends = [subprocess.run([sys.executable, "-c", CHILD, document], timeout=60).returncode for _ in range(10)]
    assert ends == [0] * 10
