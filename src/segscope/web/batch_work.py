"""What a child process does with a file that is to be scored. Light to import."""

import json
import signal
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from segscope.errors import MissingColumnsError, SegscopeError
from segscope.web.children import defect, is_memory, limit, too_much

MOST_OFFERED = 500
"""Columns of a file that are offered for a missing one."""


def score_upload(
    study: str, source: str, shown: str, target: str, renames: Mapping[str, str], memory_bytes: int, line: Connection
) -> None:
    """Score a file with a study, telling stages and the result over a pipe as JSON.

    Parameters
    ----------
    study : its folder
    shown : the name of the source for people
    target : the Parquet file to write
    renames : columns of the file, and the study's column that each stands for
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the server, which ends its children
    limit(memory_bytes)
    from segscope.library import load  # not before memory is bounded

    def tell(**said: object) -> None:
        with suppress(BrokenPipeError):
            line.send_bytes(json.dumps(said).encode())

    try:
        opened = load(study)
        done = opened.score_file(
            source,
            target,
            progress=lambda stage, share: tell(stage=stage, share=round(share, 3)),
            renames=renames,
            here=True,
        )
        drift = vars(done.drift) if done.drift else None
        tell(
            done={
                "rows": done.rows,
                "columns": list(opened.result.segmentation.needed),
                "drift": drift,
                "remarks": done.remarks,
            }
        )
    except Exception as error:
        if is_memory(error) or is_memory(error.__cause__):
            tell(failed=too_much(memory_bytes))
        elif isinstance(error, SegscopeError):
            said = str(error)
            if isinstance(error, MissingColumnsError):  # the page offers what could be meant
                tell(missing=error.missing, there=error.there[:MOST_OFFERED])
                said = error.lack
            tell(failed=said.replace(Path(source).name, shown))
        else:
            tell(failed=defect(error))
            raise
