"""Transactions: a log of who bought what and when becomes one row per customer, with recency, frequency and spend."""

from segscope.transactions.candidates import Candidates, candidates, check_log
from segscope.transactions.customers import customers_of
from segscope.transactions.lines import newest_day
from segscope.transactions.proposing import ColumnProposal, propose_columns
from segscope.transactions.recognising import recognise
from segscope.transactions.splitting import own_values
from segscope.transactions.telling import LogReport

__all__ = [
    "Candidates",
    "ColumnProposal",
    "LogReport",
    "candidates",
    "check_log",
    "customers_of",
    "newest_day",
    "own_values",
    "propose_columns",
    "recognise",
]
