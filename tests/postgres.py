"""A real PostgreSQL for tests: started once, reached by a socket in a short folder, ended by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "monitor"
PASSWORD = "s3cret/p@ss word"
REQUIRED = "POSTGRESQL_REQUIRED"
_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "log_min_messages": "log",
    "log_checkpoints": "off",
}


def binaries() -> Path | None:
    """Answer the folder of a PostgreSQL server: on the path, or where Debian keeps them, the newest first."""
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name), reverse=True)
    return next((one for one in folders if (one / "postgres").exists() and (one / "initdb").exists()), None)


def _lowly() -> dict[str, str | int | list[int]]:
    """Answer whom the server runs as: ourselves, or nobody where we are root, whom it refuses."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@dataclass
class Server:
    """A PostgreSQL that can be stopped and started; its data survive."""

    bin: Path
    folder: Path
    process: subprocess.Popen[str] | None = None
    schemas: int = 0
    _log: IO[str] | None = field(default=None, repr=False)

    def url(self, *, password: str = PASSWORD, schema: str = "public", database: str = "postgres") -> str:
        """Answer the address of a schema, with the password in it."""
        where = f"host={quote(str(self.folder), safe='')}&options=-csearch_path%3D{schema}"
        return f"postgresql://{USER}:{quote(password, safe='')}@/{database}?{where}"

    def fresh(self) -> str:
        """Answer the address of a schema that is empty."""
        import psycopg  # noqa: PLC0415  where no server is, no driver need be

        self.schemas += 1
        name = f"s{self.schemas}"
        with psycopg.connect(self.url()) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return self.url(schema=name)

    def initialise(self) -> None:
        """Make the folder of its data."""
        password = self.folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        command = [self.bin / "initdb", "-D", self.folder / "data", "-U", USER, "--no-sync", "--encoding=UTF8"]
        command += ["--auth=scram-sha-256", f"--pwfile={password}", "--no-locale"]
        if not os.geteuid():
            owner = pwd.getpwnam("nobody")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            os.chown(password, owner.pw_uid, owner.pw_gid)
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **_lowly())  # type: ignore[call-overload]  # noqa: S603  a server of ours

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603  a server of ours
            [self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            **_lowly(),
        )
        said = list[str]()
        for line in self.process.stderr or ():
            said.append(line)
            if "ready to accept connections" in line:
                return
        raise AssertionError("".join(said))

    def stop(self) -> None:
        """Stop it at once, whoever is connected, and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate()
            self.process = None


@contextmanager
def running() -> Iterator[Server]:
    """Run a PostgreSQL until the block ends."""
    found = binaries()
    assert found is not None, f"{REQUIRED} is set, and there is no PostgreSQL server: apt-get install postgresql"
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = Server(found, Path(folder))
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.stop()
