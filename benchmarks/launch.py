"""Starts one command and prints its status, seconds and peak memory (KiB) as JSON; imports next to nothing itself.

A process inherits the peak memory of the one that starts it: measured from here, that is only a few MiB.

    python -I -S launch.py LOG COMMAND [ARGUMENT...]
"""

import os
import sys
import time


def main() -> None:
    """Start the command, its output going to the log, and wait for its end."""
    log, *words = sys.argv[1:]
    with open(log, "wb") as output:  # noqa: PTH123  pathlib would be most of this process
        actions = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)]
        began = time.perf_counter()
        process = os.posix_spawnp(words[0], words, os.environ, file_actions=actions)
        _, status, usage = os.wait4(process, 0)
        seconds = time.perf_counter() - began
    print(f"[{os.waitstatus_to_exitcode(status)}, {seconds}, {usage.ru_maxrss}]")


if __name__ == "__main__":
    main()
