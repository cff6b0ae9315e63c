"""The sample customers: synthetic, any number of them, always the same, and like the published file."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.cluster import KMeans

from segscope import samples
from segscope.errors import SegscopeError, SourceError
from segscope.samples import statistics
from segscope.samples.people import BLANK, BLOCK_CUSTOMERS, PAGE_CUSTOMERS, Ints, block_columns, customer_ids, published

SPEND = ("MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds")
CHANNELS = ("NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases")
PUBLISHED_HEADER = (
    "ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,Recency,MntWines,MntFruits,"
    "MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds,NumDealsPurchases,NumWebPurchases,"
    "NumCatalogPurchases,NumStorePurchases,NumWebVisitsMonth,AcceptedCmp3,AcceptedCmp4,AcceptedCmp5,AcceptedCmp1,"
    "AcceptedCmp2,Complain,Z_CostContact,Z_Revenue,Response"
)


@pytest.fixture(scope="module")
def page() -> pa.Table:
    """As many customers as the published file has."""
    return samples.customers(PAGE_CUSTOMERS)


@pytest.fixture(scope="module")
def block() -> pa.Table:
    return samples.customers(BLOCK_CUSTOMERS, seed=1)


@pytest.fixture(scope="module")
def columns() -> dict[str, Ints]:
    """The numbers behind `block`: categories as codes, blanks as BLANK."""
    return block_columns(seed=1, block=0)


@pytest.fixture(scope="module")
def log() -> pa.Table:
    return pa.Table.from_batches(samples.transaction_batches(20_000))


def total(table: pa.Table, names: tuple[str, ...]) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.sum([table[name].to_numpy() for name in names], axis=0, dtype=np.float64)
    return sums


# --------------------------------------------------------------------------------------------------------- the columns


def test_columns_are_those_of_the_published_file_in_its_order(page: pa.Table) -> None:
    assert page.schema.names == PUBLISHED_HEADER.split(",")


def test_types_are_plain(page: pa.Table) -> None:
    assert page.schema.field("Dt_Customer").type == pa.date32()
    assert page.schema.field("Income").type == pa.int64()
    assert {str(field.type) for field in page.schema} == {"int64", "string", "date32[day]"}


def test_two_columns_are_constant(page: pa.Table) -> None:
    assert (pc.unique(page["Z_CostContact"]).to_pylist(), pc.unique(page["Z_Revenue"]).to_pylist()) == ([3], [11])


def test_ids_are_unique_and_in_no_order() -> None:
    ids = np.concatenate([customer_ids(0), customer_ids(1), customer_ids(1_538)])
    assert len(np.unique(ids)) == len(ids)
    assert ids.min() >= 0
    assert abs(np.corrcoef(ids[1:], ids[:-1])[0, 1]) < 0.05


def test_enrolment_spans_two_years_and_recency_is_uniform(block: pa.Table) -> None:
    limits = pc.min_max(block["Dt_Customer"]).as_py()
    assert (str(limits["min"]), str(limits["max"])) == ("2012-07-30", "2014-06-29")
    counts = np.bincount(block["Recency"].to_numpy(), minlength=100) / BLOCK_CUSTOMERS
    assert len(counts) == 100
    assert counts[1:-1].min() > 0.005
    assert counts.max() < 0.015


# ------------------------------------------------------------------------------------------------------ what is strange


def test_a_page_has_the_oddities_of_the_published_file(page: pa.Table) -> None:
    statuses = {row["values"]: row["counts"] for row in pc.value_counts(page["Marital_Status"]).to_pylist()}
    assert (statuses["Alone"], statuses["Absurd"], statuses["YOLO"]) == (3, 2, 2)
    assert page["Income"].null_count == 24
    incomes = page["Income"].drop_null().to_numpy()
    assert (incomes > 500_000).sum() == 1
    assert incomes.max() % 111_111 == 0
    born = page["Year_Birth"].to_numpy()
    assert (born < 1901).sum() == 3
    assert sorted(born)[3] >= 1940
    assert (total(page, CHANNELS) == 0).any()


def test_a_page_has_as_many_twins_as_the_published_file(page: pa.Table) -> None:
    rest = page.drop_columns(["ID"])
    assert rest.num_rows - rest.group_by(rest.column_names).aggregate([]).num_rows == 182


def test_no_customer_is_negative(block: pa.Table) -> None:
    for name in (
        *SPEND,
        *CHANNELS,
        "NumDealsPurchases",
        "NumWebVisitsMonth",
        "Recency",
        "Kidhome",
        "Teenhome",
        "Income",
    ):
        assert pc.min(block[name]).as_py() >= 0, name


# ------------------------------------------------------------------------------------------------------------ how alike


@pytest.mark.parametrize("name", statistics.QUANTILES)
def test_measures_have_the_kept_quantiles(columns: dict[str, Ints], name: str) -> None:
    values = columns[name]
    middle = slice(3, -3)
    levels = np.array(statistics.LEVELS_PERCENT[middle]) / 100
    weights = np.array(statistics.CUSTOMERS_PER_PAGE) / sum(statistics.CUSTOMERS_PER_PAGE)
    quantiles = np.quantile(values[values != BLANK], levels)
    # Of all customers a share `level` lies below the quantile: mix what the three kinds say about it.
    expected = sum(
        weight * np.interp(quantiles + 0.5, row, np.array(statistics.LEVELS_PERCENT) / 100)
        for weight, row in zip(weights, published().quantiles[name], strict=True)
    )
    assert np.all(expected >= levels - 0.02)  # many ties lift it, as at spend 0
    assert np.median(np.abs(expected - levels)) < 0.02


@pytest.mark.parametrize("name", sorted(set(statistics.SHARES_PER_MILLE) - {"Marital_Status"}))
def test_counts_and_flags_have_the_kept_shares(columns: dict[str, Ints], name: str) -> None:
    values = columns[name]
    weights = np.array(statistics.CUSTOMERS_PER_PAGE) / sum(statistics.CUSTOMERS_PER_PAGE)
    expected = weights @ published().shares[name]
    got = np.bincount(values, minlength=len(expected))[: len(expected)] / len(values)
    assert got == pytest.approx(expected, abs=0.012)


def test_total_spend_rises_with_income(block: pa.Table) -> None:
    income = block["Income"].fill_null(0).to_numpy()
    spend = total(block, SPEND)
    usual = (income > 10_000) & (income < 100_000)
    fifths = np.quantile(income[usual], [0, 0.2, 0.4, 0.6, 0.8])
    fifth = np.searchsorted(fifths, income[usual], "right")
    means = [spend[usual][fifth == f].mean() for f in range(1, 6)]
    assert means == sorted(means)
    assert means[-1] > 10 * means[0]


def test_children_spend_less_and_campaigns_pull_together(block: pa.Table) -> None:
    spend, kids = total(block, SPEND), block["Kidhome"].to_numpy()
    assert spend[kids == 0].mean() > 3 * spend[kids > 0].mean()
    first, fifth = block["AcceptedCmp1"].to_numpy(), block["AcceptedCmp5"].to_numpy()
    assert fifth[first == 1].mean() > 5 * fifth[first == 0].mean()


def cluster_features(table: pa.Table) -> NDArray[np.float64]:
    """Standardised days enrolled, total spend, purchases and average spend per purchase."""
    days = table["Dt_Customer"].to_numpy().astype("datetime64[D]").astype(np.float64)
    spend, purchases = total(table, SPEND), total(table, CHANNELS)
    x = np.column_stack([-days, spend, purchases, spend / np.maximum(purchases, 1)])
    standardised: NDArray[np.float64] = (x - x.mean(axis=0)) / x.std(axis=0)
    return standardised


def wcss(table: pa.Table, k: int) -> float:
    x = cluster_features(table)
    return float(KMeans(k, n_init=10, random_state=1).fit(x).inertia_ / len(x))


def spearman(table: pa.Table) -> NDArray[np.float64]:
    names = [f.name for f in table.schema if pa.types.is_integer(f.type) and not f.name.startswith(("ID", "Z_"))]
    columns = [table[name].fill_null(pc.approximate_median(table[name])).to_numpy() for name in names]
    correlations: NDArray[np.float64] = np.corrcoef([rankdata(column) for column in columns])
    return correlations


@pytest.fixture(scope="module")
def original(real_data: Path) -> pa.Table:
    table = pyarrow.csv.read_csv(
        real_data / "marketing_campaign.csv", parse_options=pyarrow.csv.ParseOptions(delimiter="\t")
    )
    days = pc.strptime(table["Dt_Customer"], "%d-%m-%Y", "s").cast(pa.date32())
    return table.set_column(table.column_names.index("Dt_Customer"), "Dt_Customer", days)


@pytest.mark.real
def test_rank_correlations_are_those_of_the_published_file(original: pa.Table, block: pa.Table) -> None:
    gap = np.abs(spearman(block) - spearman(original))
    assert gap.mean() < 0.02
    assert gap.max() < 0.08


@pytest.mark.real
@pytest.mark.parametrize("k", [2, 3, 4, 5, 6])
def test_clusters_are_as_tight_as_in_the_published_file(original: pa.Table, page: pa.Table, k: int) -> None:
    assert wcss(page, k) == pytest.approx(wcss(original, k), rel=0.1)


@pytest.mark.real
def test_no_row_of_the_published_file_is_in_the_sample(original: pa.Table, block: pa.Table) -> None:
    columns = [name for name in original.column_names if name != "ID"]
    common = block.select(columns).join(original.select(columns), keys=columns, join_type="inner")
    assert common.num_rows == 0


# ------------------------------------------------------------------------------------------------------ always the same


def test_a_small_sample_is_the_beginning_of_a_large_one() -> None:
    assert samples.customers(1_000, seed=3).equals(samples.customers(BLOCK_CUSTOMERS + 7, seed=3).slice(0, 1_000))


def test_a_customer_past_the_first_block_does_not_depend_on_how_many_there_are() -> None:
    more, many = samples.customers(BLOCK_CUSTOMERS + 7), samples.customers(2 * BLOCK_CUSTOMERS)
    assert more.slice(BLOCK_CUSTOMERS).equals(many.slice(BLOCK_CUSTOMERS, 7))


def test_another_seed_gives_other_customers(page: pa.Table) -> None:
    other = samples.customers(PAGE_CUSTOMERS, seed=1)
    assert not other["MntWines"].equals(page["MntWines"])


@pytest.mark.parametrize("kind", ["customers", "transactions"])
@pytest.mark.parametrize("extension", [".csv", ".tsv", ".parquet"])
def test_same_seed_same_bytes(tmp_path: Path, kind: Any, extension: str) -> None:
    first, second = tmp_path / f"first{extension}", tmp_path / f"second{extension}"
    rows = {samples.write(file, 3_000, kind=kind, seed=5) for file in (first, second)}
    assert len(rows) == 1
    assert first.read_bytes() == second.read_bytes()


# ----------------------------------------------------------------------------------------------------------- the files


def test_csv_is_as_published_but_with_commas(tmp_path: Path, page: pa.Table) -> None:
    file = tmp_path / "sample.csv"
    assert samples.write(file, PAGE_CUSTOMERS) == PAGE_CUSTOMERS
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == PUBLISHED_HEADER
    assert len(lines) == 1 + PAGE_CUSTOMERS
    fields = [dict(zip(PUBLISHED_HEADER.split(","), line.split(","), strict=True)) for line in lines[1:]]
    assert [f["Income"] for f in fields].count("") == 24
    assert fields[0]["Dt_Customer"] == page["Dt_Customer"][0].as_py().strftime("%d-%m-%Y")
    assert [int(f["MntWines"]) for f in fields] == page["MntWines"].to_pylist()


def test_parquet_holds_the_same_table_and_says_that_it_is_synthetic(tmp_path: Path, page: pa.Table) -> None:
    file = tmp_path / "sample.PARQUET"
    samples.write(file, PAGE_CUSTOMERS)
    assert pq.read_table(file).equals(page)
    assert pq.read_schema(file).metadata[b"segscope.note"].decode() == samples.SYNTHETIC_NOTE
    assert "synthetic" in samples.SYNTHETIC_NOTE


def test_progress_tells_the_rows_written(tmp_path: Path) -> None:
    told: list[int] = []
    samples.write(tmp_path / "sample.parquet", BLOCK_CUSTOMERS + 1, on_progress=told.append)
    assert told == [BLOCK_CUSTOMERS, BLOCK_CUSTOMERS + 1]


@pytest.mark.parametrize("extension", [".csv", ".parquet"])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, extension: str) -> None:
    file = tmp_path / f"sample{extension}"
    file.write_text("the old one")

    def interrupt(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        samples.write(file, 10, on_progress=interrupt)
    assert file.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [file]


def test_an_unknown_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"sample\.xlsx.*must end in \.csv, \.tsv or \.parquet"):
        samples.write(tmp_path / "sample.xlsx", 10)
    assert list(tmp_path.iterdir()) == []


def test_a_misspelt_kind_is_answered_with_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Did you mean customers"):
        samples.write(tmp_path / "sample.csv", 10, kind="custmers")  # type: ignore[arg-type]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"missing.*Choose another place"):
        samples.write(tmp_path / "missing" / "sample.csv", 10)


@pytest.mark.parametrize("number", [0, -5, 100_000_001])
def test_numbers_out_of_range_are_refused_at_once(number: int) -> None:
    for function in (samples.customer_batches, samples.transaction_batches, samples.customers):
        with pytest.raises(SegscopeError, match=r"must be from 1 to 100,000,000\. Got"):
            function(number)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(SegscopeError, match="seed"):
        samples.customer_batches(1, seed=-1)


# ---------------------------------------------------------------------------------------------------- the transactions


def test_every_customer_has_a_first_order_on_the_day_of_enrolment(log: pa.Table) -> None:
    first = log.group_by("customer_id").aggregate([("date", "min")]).sort_by("customer_id")
    people = samples.customers(20_000).sort_by("ID")
    assert first["customer_id"].equals(people["ID"])
    assert first["date_min"].equals(people["Dt_Customer"])


def test_log_spans_two_years_and_ends_there(log: pa.Table) -> None:
    limits = pc.min_max(log["date"]).as_py()
    assert (str(limits["min"]), str(limits["max"])) == ("2012-07-30", "2014-07-29")


def test_order_ids_are_unique_and_rows_go_by_customer_then_date(log: pa.Table) -> None:
    assert pc.count_distinct(log["order_id"]).as_py() == log.num_rows
    day = log["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    same_customer = np.diff(log["customer_id"].to_numpy()) == 0
    assert np.all(np.diff(day)[same_customer] >= 0)


def test_some_orders_are_free_some_come_back_some_share_a_day(log: pa.Table) -> None:
    amount, quantity = log["amount"].to_numpy(), log["quantity"].to_numpy()
    assert 0.003 < (amount == 0).mean() < 0.02
    assert 0.01 < (amount < 0).mean() < 0.05
    assert np.all(np.sign(quantity) == np.where(amount < 0, -1, 1))
    assert np.array_equal(amount, np.round(amount, 2))
    bought = (
        log.filter(pc.greater_equal(log["amount"], 0)).group_by(["customer_id", "date"]).aggregate([([], "count_all")])
    )
    assert 0.01 < (bought["count_all"].to_numpy() > 1).mean() < 0.1


def test_repeat_orders_are_heterogeneous(log: pa.Table) -> None:
    orders = log.group_by("customer_id").aggregate([([], "count_all")])["count_all"].to_numpy()
    assert 0.1 < (orders == 1).mean() < 0.4
    assert orders.var() > 3 * orders.mean()


def test_who_buys_more_in_the_table_orders_more_in_the_log(log: pa.Table) -> None:
    people = samples.customers(20_000).sort_by("ID")
    mine = log.group_by("customer_id").aggregate([([], "count_all"), ("amount", "sum")]).sort_by("customer_id")
    spend, orders = total(people, SPEND), total(people, CHANNELS)
    assert np.corrcoef(rankdata(spend), rankdata(mine["amount_sum"].to_numpy()))[0, 1] > 0.4
    assert np.corrcoef(rankdata(orders), rankdata(mine["count_all"].to_numpy()))[0, 1] > 0.3


def test_the_log_of_a_few_is_the_beginning_of_the_log_of_many(log: pa.Table) -> None:
    few = pa.Table.from_batches(samples.transaction_batches(50))
    assert few.equals(log.slice(0, few.num_rows))
    assert pc.count_distinct(few["customer_id"]).as_py() == 50
