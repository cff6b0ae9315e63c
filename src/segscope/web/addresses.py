"""Names that are safe in addresses and folders, made from names that people and data choose. Light to import."""

import re
from pathlib import PurePosixPath

from segscope.wording import clean_name

LONGEST_SLUG = 60
ENDING = re.compile(r"\.[a-z0-9]{1,8}")


def slug(name: str) -> str:
    """A name in a-z, 0-9 and hyphens: the name of a study's folder, and its id in addresses.

    >>> slug("Müller & Söhne, 2024"), slug("../../etc"), slug("客户")
    ('m-ller-s-hne-2024', 'etc', 'study')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_SLUG].rstrip("-") or "study"


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
