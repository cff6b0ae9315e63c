"""Sessions of Spark: in this process, on a standalone cluster, or behind Spark Connect."""

import logging
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from segscope.engine.spark_watch import has_workers, is_open
from segscope.errors import SourceError
from segscope.scratch import scratch_folder
from segscope.settings import from_environment

LEAST_JAVA = 17
REACH_SECONDS = 5.0
ADDRESS = re.compile(r"(spark|sc)://[\w.\-]+(:\d{1,5})?(/[\w.;=&%\-/]*)?")
INSTALL_SPARK = "pip install 'segscope[spark]'"
INSTALL_JAVA = "apt-get install openjdk-17-jre-headless"

MEANING = {
    # What a query means must not depend on how a cluster is set up.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # an overflow or a cast that fails is an error, as in DuckDB, never a blank
    "spark.sql.caseSensitive": "true",
    "spark.sql.legacy.javaCharsets": "true",  # texts in any encoding that Java knows, as files are read here
    # A view means what it meant when it was made, also when what it was made of has gone, as a stored table does.
    "spark.sql.legacy.storeAnalyzedPlanForView": "true",
}


def is_spark(place: str) -> bool:
    """Whether a name stands for Spark.

    >>> is_spark("spark"), is_spark("sc://10.0.0.7:15002"), is_spark("duckdb")
    (True, True, False)
    """
    return place == "spark" or bool(ADDRESS.fullmatch(place))


def open_session(place: str) -> Any:
    """A session of its own, in which names meet none of another's.

    Parameters
    ----------
    place : "spark" for this machine, spark://host:port for a standalone cluster, sc://host:port for Spark Connect

    Raises
    ------
    SourceError : without PySpark or Java, with the command that installs it; when nobody answers at the address
    """
    check_place(place)
    session = _connected(place) if place.startswith("sc://") else _local_or_cluster(place)
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # what it logs, we say in a sentence
    for name, value in MEANING.items():
        session.conf.set(name, value)
    return session


def check_place(place: str) -> None:
    """Raise unless what Spark needs is installed, and somebody answers at an address."""
    check_installed(place)
    if place != "spark" and not _has_workers_of(place):
        _check_reachable(place)


def check_installed(place: str) -> None:
    """Raise unless PySpark is there, and Java where Spark's driver runs in this process."""
    try:
        import pyspark  # noqa: F401 - only whether it is there
    except ImportError:
        raise SourceError(f"Spark needs PySpark, which is not installed. Install it with: {INSTALL_SPARK}") from None
    if place.startswith("sc://"):
        return
    found = java_version()
    if found is None:
        raise SourceError(f"Spark needs Java {LEAST_JAVA} or newer; none was found. Install it with: {INSTALL_JAVA}")
    if found < LEAST_JAVA:
        raise SourceError(f"Spark needs Java {LEAST_JAVA} or newer, not {found}. Install it with: {INSTALL_JAVA}")


def java_version() -> int | None:
    """The main version of the Java that Spark would start; None where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home, "bin", "java"))) if home else shutil.which("java")
    if java is None:
        return None
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr  # noqa: S603 - the user's own Java
    except (OSError, subprocess.SubprocessError):
        return None
    return version_in(told)


def version_in(told: str) -> int | None:
    """The main version in what ``java -version`` says.

    >>> version_in('openjdk version "17.0.15" 2025-04-15'), version_in('java version "1.8.0_392"'), version_in("")
    (17, 8, None)
    """
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None


def _running() -> Any:
    """The session that this process began with; None before there is one."""
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession() or SparkSession._instantiatedSession


def _has_workers_of(place: str) -> bool:
    """Whether workers of a standalone cluster work for this process already; they do so without their master too."""
    if not place.startswith("spark://"):
        return False
    running = _running()
    if running is None or not is_open(running.sparkContext):
        return False
    return str(running.sparkContext.master) == place and has_workers(running.sparkContext)


def _check_reachable(place: str) -> None:
    # A session waits for minutes before it says that nobody is there.
    parts = urlsplit(place)
    port = parts.port or (15002 if parts.scheme == "sc" else 7077)
    try:
        socket.create_connection((parts.hostname or "", port), REACH_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"Nothing answers at {place} ({reason}). Start the cluster, or name another.") from None


def _connected(place: str) -> Any:
    from pyspark.sql.connect.session import SparkSession

    try:
        return SparkSession.builder.remote(place).create()
    except ImportError:
        raise SourceError(f"Spark Connect needs more packages. Install them with: {INSTALL_SPARK}") from None


def _local_or_cluster(place: str) -> Any:
    from pyspark.sql import SparkSession

    master = f"local[{os.cpu_count() or 1}]" if place == "spark" else place
    running = _running()
    if running is not None and is_open(running.sparkContext):
        if str(running.sparkContext.master).partition("[")[0] != master.partition("[")[0]:
            raise SourceError(f"This process is connected to {running.sparkContext.master}; it cannot be to {place}.")
        return running.newSession()
    if running is not None:
        running.stop()  # its cluster was lost
    builder = SparkSession.builder.master(master).appName("segscope")
    for name, value in _start_with(place).items():
        builder = builder.config(name, value)
    return builder.getOrCreate().newSession()


def _start_with(place: str) -> dict[str, str]:
    scratch = scratch_folder()
    quiet = scratch / "log4j2.properties"
    quiet.write_text("rootLogger.level = off\n", encoding="ascii")
    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet}",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
        # What is compiled for one query is kept for the next of the same form.
        "spark.sql.codegen.cache.maxEntries": "1000",
    }
    if place == "spark":
        options |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.memory": f"{max(1, from_environment().run_bytes // 2**31)}g",
            "spark.local.dir": str(scratch),
            "spark.sql.warehouse.dir": str(scratch / "warehouse"),
            "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
        }
    elif _is_loopback(place):
        options |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    return options | _from_tests()


def _is_loopback(place: str) -> bool:
    return urlsplit(place).hostname in ("127.0.0.1", "localhost")


def _from_tests() -> dict[str, str]:
    """Settings of Spark from SEGSCOPE_TEST_SPARK: name=value, separated by blanks."""
    given = os.environ.get("SEGSCOPE_TEST_SPARK", "").split()
    return {name: value for name, _, value in (setting.partition("=") for setting in given)}
