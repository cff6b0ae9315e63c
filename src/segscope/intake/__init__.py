"""Intake: any source becomes a typed table, with a report of how it was read."""

from segscope.intake.read import read, read_frame, read_text
from segscope.intake.report import KINDS, ROW, ColumnReading, IntakeReport, Kind, ReadOptions, Repair

__all__ = [
    "KINDS",
    "ROW",
    "ColumnReading",
    "IntakeReport",
    "Kind",
    "ReadOptions",
    "Repair",
    "read",
    "read_frame",
    "read_text",
]
