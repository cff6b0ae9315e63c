"""Folders of Parquet files, as Spark reads them, and what is made of them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segscope.study import Choices

CUSTOMERS = 600
FEW_COLUMNS = [
    *("ID", "Year_Birth", "Education", "Income", "Kidhome", "Dt_Customer"),
    *("MntWines", "MntMeatProducts", "MntGoldProds", "NumWebPurchases", "NumStorePurchases"),
]
CHOICES = Choices(segments=3, features=("total_spend", "average_spend", "Income", "Education"))


def in_parts(customers: pa.Table, folder: Path, parts: int) -> Path:
    """Write customers as a folder of so many files."""
    folder.mkdir()
    size = -(-customers.num_rows // parts)
    for part in range(parts):
        pq.write_table(customers.slice(part * size, size), folder / f"part-{part}.parquet")
    return folder
