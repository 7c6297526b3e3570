"""A process that has imported everything and forks one command at a time.

So a command starts at once, without the seconds that imports take, and can be killed like any other process. It reads
the arguments of each command from standard input, a JSON list per line, and answers with the process id, then with the
exit code (minus the signal that ended it).
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
# A library that keeps threads would not survive the fork: importing starts none.
import pipelines.push
from app.cli import main
from data.crm.odoo import connector, sink
from pipelines.score import batch


def run(arguments: list[str], log: Path, chunk: int) -> None:
    """Run a command in this process, which reads and writes so many leads at a time, and end it."""
    file = log.open("ab", buffering=0)
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
    batch.CHUNK = pipelines.push.BATCH = connector.PAGE = sink.LOAD = sink.OdooSink.batch_size = chunk
    sys.argv = ["leadscore", *arguments]
    try:
        main()
    except SystemExit as end:
        os._exit(int(end.code or 0))


def answer(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(json.loads(line), Path(sys.argv[1]), int(sys.argv[2]))
        answer(str(child))
        answer(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
