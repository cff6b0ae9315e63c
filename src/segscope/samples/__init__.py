"""The synthetic sample customers, any number of them: a twin of a published customer file, and a transaction log."""

from segscope.samples.batches import SYNTHETIC_NOTE, customer_batches, customers, transaction_batches
from segscope.samples.files import Kind, write

__all__ = ["SYNTHETIC_NOTE", "Kind", "customer_batches", "customers", "transaction_batches", "write"]
