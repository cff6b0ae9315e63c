"""Packing: an Office file written anew so that the same contents give the same bytes, whatever the clock says."""

import io
import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)


def repacked(file: bytes) -> bytes:
    """The same Office file, every part in it of one fixed time."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return made.getvalue()
