"""A real PostgreSQL server for tests: found among the machine's programs, started, and stopped."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

DEBIAN = Path("/usr/lib/postgresql")
PASSWORD = "s3cr:t/p@ss%"
LOGIN = "postgresql://ann:s3cr%3At%2Fp%40ss%25@127.0.0.1"


def program(name: str) -> Path | None:
    """A program of the server, on PATH or where Debian keeps it."""
    found = shutil.which(name)
    places = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parent.parent.name))
    return Path(found) if found else places[-1] if places else None


def owner() -> str | None:
    """Whom the server may run as: it refuses to be root."""
    if os.geteuid():
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start a server with a database ``shop`` and a user ``ann``; give the address of the database."""
    initdb, postgres = program("initdb"), program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL server on this machine: initdb and postgres are not there (make postgres)")
    user = owner()
    with tempfile.TemporaryDirectory(prefix="segscope-postgres-") as folder, socket.socket() as free:
        if user:
            shutil.chown(folder, user)
        data, login = Path(folder, "data"), Path(folder, "password")
        login.write_text(PASSWORD)
        login.chmod(0o644)
        made = subprocess.run(
            [initdb, "-D", data, "-U", "ann", "-A", "scram-sha-256", f"--pwfile={login}", "--no-sync", "-E", "UTF8",
             "--locale=C"],
            user=user, cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            pytest.skip(f"no PostgreSQL server can be made here: {made.stderr.strip().splitlines()[-1:]}")
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "port": port}
        told = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with Path(folder, "log").open("w") as log:
            running = subprocess.Popen([postgres, "-D", data, *told], user=user, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(f"{LOGIN}:{port}/postgres", running, Path(folder, "log"))
            yield f"{LOGIN}:{port}/shop"
        finally:
            running.send_signal(2)  # a fast shutdown
            running.wait(30)


def wait_for(address: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server answers, and make the database."""
    for _ in range(300):
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("CREATE DATABASE shop")
                return
        except psycopg.OperationalError:
            if running.poll() is not None:
                break
            time.sleep(0.1)
    pytest.fail(f"the PostgreSQL server does not start: {log.read_text()[-2000:]}")
