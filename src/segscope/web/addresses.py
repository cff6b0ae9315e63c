"""Names that are safe in addresses and folders, made from names that people and data choose. Light to import."""

import re
from pathlib import PurePosixPath

LONGEST_SLUG = 60
LONGEST_NAME = 120
ENDING = re.compile(r"\.[a-z0-9]{1,8}")


def slug(name: str) -> str:
    """A name in a-z, 0-9 and hyphens: the name of a study's folder, and its id in addresses.

    >>> slug("Müller & Söhne, 2024"), slug("../../etc"), slug("客户")
    ('m-ller-s-hne-2024', 'etc', 'study')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_SLUG].rstrip("-") or "study"


def clean_name(name: str, otherwise: str = "") -> str:
    """A name on one line without control characters, of at most 120 characters.

    >>> clean_name("  Spring\\n customers "), clean_name("\\x00", otherwise="file")
    ('Spring customers', 'file')
    """
    printable = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(printable.split())[:LONGEST_NAME].strip() or otherwise


def file_name(name: str) -> str:
    """The last part of a file's name as a browser tells it, for people; never a path.

    >>> file_name("C:\\\\Users\\\\me\\\\customers.csv"), file_name("../../etc/passwd"), file_name("..")
    ('customers.csv', 'passwd', 'upload')
    """
    last = clean_name(name.replace("\\", "/").rpartition("/")[2])
    return last if last.strip(".") else "upload"


def ending(name: str) -> str:
    """The ending of a file's name where it is a plain one, else nothing.

    >>> ending("Customers.CSV"), ending("x.tar.gz"), ending("a.b c"), ending("none")
    ('.csv', '.gz', '', '')
    """
    found = PurePosixPath(name).suffix.lower()
    return found if ENDING.fullmatch(found) else ""
