"""What was used as lines of a bill: exact until it is shown, and a table that no spreadsheet takes for a program."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import makers
import pytest

from ripieno.contracts.enums import Role
from ripieno.contracts.jobs import JobStatus
from ripieno.contracts.provenance import ModelUsage, Provenance
from ripieno.records import usage
from ripieno.services import behalf, prices
from ripieno.services.settings import MissingSetting
from ripieno.work import billing, metering

pytestmark = pytest.mark.usefixtures("storage")
NOVEMBER = datetime(2026, 11, 27, 12, tzinfo=UTC)
EVERYBODY = frozenset(Role)


@pytest.fixture
def owner() -> str:
    return f"user-{uuid.uuid4().hex[:8]}"


def used(owner: str, **amounts: int) -> None:
    its = {name.replace("__", "|"): amount for name, amount in amounts.items()}
    usage.count(owner, [usage.used(owner, "test", uuid.uuid4().hex, its, NOVEMBER)])


def lines(owner: str) -> dict[tuple[str, str], tuple[str, str, str]]:
    (one,) = billing.of_owner(owner, "2026-11", EVERYBODY).owners
    return {(line.unit, line.of): (line.quantity, line.unit_price, line.price) for line in one.lines}


@pytest.mark.parametrize("state", ["failed", "cancelled"])
@pytest.mark.parametrize(
    ("device", "line"),
    [
        ("cuda", ("gpu_seconds", "generation/musicgen/cuda")),
        ("cpu", ("endpoint_seconds", "generation/musicgen")),
        (None, ("endpoint_seconds", "generation/generate")),
    ],
)
def test_a_job_of_which_nothing_came_counts_where_it_was_at_work(owner, state, device, line):
    engine = Provenance(engine="musicgen", version="1", license="MIT", device=device) if device else None
    status = JobStatus(
        job_id="j", kind="generate", state=state, created_at="now", heartbeat_at="now", engine=engine,
        started_at=NOVEMBER.isoformat(), ended_at=(NOVEMBER + timedelta(seconds=90)).isoformat(),
    )  # fmt: skip
    metering.ended(owner, "work-1:generate", "generation", "generate", status)
    assert lines(owner)[line][0] == "90"


def test_each_unit_has_its_line(owner, tmp_path, monkeypatch):
    document = json.loads(prices.PRICES.read_text()) | {
        "songs": "0.01", "minutes": "0.1", "gpu_seconds": {"*": "1", "musicgen": "2", "cuda": "3"},
        "endpoint_seconds": {"*": "0.5"}, "million_tokens_in": {"*": "4"}, "million_tokens_out": {"large": "8"},
        "gigabyte_months": "30",
    }  # fmt: skip
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(document))
    monkeypatch.setenv("RIPIENO_PRICES", str(path))
    used(
        owner, songs=3, analysed_ms=90_000, gpu_ms__generation__musicgen__cuda=1500, gpu_ms__generation__other__dml=1000,
        endpoint_ms__analysis__mir=2500, tokens_in__large=500_000, tokens_out__small=10, byte_seconds=10**9 * 86400,
        jobs=7,
    )  # fmt: skip
    assert lines(owner) == {
        ("songs", ""): ("3", "0.01", "0.03"),
        ("minutes", ""): ("1.5", "0.1", "0.15"),
        ("gpu_seconds", "generation/musicgen/cuda"): ("1.5", "3", "4.5"),  # the machine's price, before the engine's
        ("gpu_seconds", "generation/other/dml"): ("1", "1", "1"),
        ("endpoint_seconds", "analysis/mir"): ("2.5", "0.5", "1.25"),
        ("tokens_in", "large"): ("500000", "0.000004", "2"),
        ("tokens_out", "small"): ("10", "0", "0"),
        ("gigabyte_months", ""): ("0.033333", "30", "1"),  # a day of thirty, whose price was not rounded before
    }


def test_a_total_is_of_what_was_not_rounded(owner, tmp_path, monkeypatch):
    document = json.loads(prices.PRICES.read_text()) | {"gpu_seconds": {"*": "0.0000004"}}
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(document))
    monkeypatch.setenv("RIPIENO_PRICES", str(path))
    for engine in range(25):
        used(owner, **{f"gpu_ms__generation__e{engine}__cuda": 1_000_000})
    (one,) = billing.of_owner(owner, "2026-11", EVERYBODY).owners
    assert {line.price for line in one.lines} == {"0.0004"}
    assert one.total == "0.01"


def test_money_is_written_plainly(owner):
    used(owner, tokens_in__large=1)
    _, each, price = lines(owner)["tokens_in", "large"]
    assert Decimal(each) == Decimal("2.5") / 10**6 and "E" not in each + price


def test_models_cost_what_the_setting_says(owner, monkeypatch):
    monkeypatch.setenv("RIPIENO_LLM_PRICES", "large=2/8")
    used(owner, tokens_in__large=10**6, tokens_out__large=10**6)
    assert (lines(owner)["tokens_in", "large"][2], lines(owner)["tokens_out", "large"][2]) == ("2", "8")


def test_operators_have_everybody_of_a_month_in_one_table(owner):
    other = f"@sum-{uuid.uuid4().hex[:6]}"
    used(owner, songs=1)
    used(other, songs=2)
    report = billing.for_operators(None, "2026-11")
    table = list(csv.DictReader(io.StringIO(billing.as_csv(report))))
    assert list(table[0]) == list(billing.COLUMNS)
    by_owner = {row["owner"]: row["quantity"] for row in table if row["unit"] == "songs"}
    assert by_owner[owner] == "1"
    assert by_owner[f"'{other}"] == "2", "no spreadsheet takes it for a formula"


def test_nothing_used_is_no_line_and_no_price(owner):
    (one,) = billing.of_owner(owner, "2026-11", EVERYBODY).owners
    assert (one.lines, one.total) == ([], "0.00") and len(one.quotas) == 5


def test_prices_that_cannot_be_read_are_told(tmp_path, monkeypatch):
    path = tmp_path / "prices.json"
    path.write_text('{"currency": "dollars"}')
    monkeypatch.setenv("RIPIENO_PRICES", str(path))
    with pytest.raises(MissingSetting, match="RIPIENO_PRICES"):
        prices.prices()


def test_tokens_are_those_of_whoever_it_is_done_for(owner):
    asked = ModelUsage(prompt_tokens=100, completion_tokens=20, calls=1)
    metering.answered("large", asked)  # for nobody
    with behalf.of(owner):
        metering.answered("large", asked)
        metering.answered("large", asked)  # each answer is paid for
    month = usage.month_of(datetime.now(UTC))
    assert usage.of_month(owner, month) == {"tokens_in|large": 200, "tokens_out|large": 40}


def test_tokens_that_storage_does_not_take_are_counted_with_the_next(owner, monkeypatch):
    from azure.core.exceptions import ServiceRequestError

    real, away = usage.tokens, [True]

    def tokens(*args):
        if away[0]:
            raise ServiceRequestError("away")
        real(*args)

    monkeypatch.setattr(usage, "tokens", tokens)
    with behalf.of(owner):
        metering.answered("large", ModelUsage(prompt_tokens=100))
        away[0] = False
        metering.answered("large", ModelUsage(prompt_tokens=1))
    assert usage.of_month(owner, usage.month_of(datetime.now(UTC))) == {"tokens_in|large": 101}


def test_what_was_killed_before_it_was_counted_is_put_right_by_night(owner, make_clip):
    song = makers.analysed(owner, make_clip("counted.wav"))
    thing = f"song|{song.audio_file_id}|{song.born}"
    (size,) = usage.things_stored(owner).values()
    assert size >= song.file_size_bytes
    usage.stored(owner, thing, 1)
    usage.stored(owner, "song|gone|1", 500)
    assert metering.measure_everything(0.0) == 0, "there was no time"
    assert metering.measure_everything() >= 2
    assert usage.things_stored(owner) == {thing: size}
    assert metering.measure_everything() == 0
