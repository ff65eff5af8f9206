"""A month's bill by service: what a load takes, multiplied by the prices."""

from __future__ import annotations

from infra.cost.figures import Load, figure, prices
from infra.cost.shapes import CPU, DAY, GPU, Shape, a_day

DAYS = 365 / 12


def bill(load: Load, shape: Shape, *, with_model: bool = False) -> dict[str, float]:
    """Dollars a month by service; the free amounts of a subscription's functions are not taken off."""
    songs = load.songs_a_day * DAYS
    found = {
        **nodes(load, shape),
        "AKS: control plane and system pool": _hourly(
            prices()["aks"]["control_plane_an_hour"] + prices()["aks"]["system_pool_an_hour"]
        ),
        "Functions (Flex Consumption)": functions(songs, load),
        "Storage: what lies there": stored_gigabytes(songs, load) * prices()["storage"]["gigabyte_month"],
        "Storage: requests": requests(songs, load),
        "Bandwidth out": bandwidth(songs, load),
        "Logs and metrics": watching(songs, load, shape),
        "Container registry": prices()["registry_a_day"] * DAYS,
    }
    if with_model:
        found["Language model"] = model(songs, load)
    return found


def nodes(load: Load, shape: Shape) -> dict[str, float]:
    """Machines for the hours that they were there on a simulated day."""
    hours = {name: seconds / 3600 for name, seconds in a_day(load, shape).node_seconds.items()}
    machines = {CPU: "cpu", GPU: shape.gpu}
    months = prices()["hours_a_month"] * 3600 / DAY
    return {
        f"AKS: {prices()['machines'][machine]['size']}": hours[name]
        * prices()["machines"][machine]["dollars_an_hour"]
        * months
        for name, machine in machines.items()
        if machine
    }


def functions(songs: float, load: Load) -> float:
    """Each step for a second at least, and the timers, by night too."""
    per = prices()["functions"]
    timers = figure("timer_runs_a_minute") * 60 * prices()["hours_a_month"]
    runs = steps(songs, load) * figure("work_items_a_step") + timers
    seconds = max(figure("billed_seconds_at_least"), figure("step_seconds"))
    return (
        runs * seconds * figure("app_gigabytes") * per["a_gigabyte_second"] + runs / 1e6 * per["a_million_executions"]
    )


def steps(songs: float, load: Load) -> float:
    """Activities: a song's, and as many for each of its stems."""
    return songs * figure("steps_a_song") * (1 + load.stems)


def stored_gigabytes(songs: float, load: Load) -> float:
    megabytes = figure("song_megabytes_a_minute") + figure("stems_megabytes_a_minute")
    megabytes += load.stems * figure("made_megabytes_a_minute")
    return songs * load.minutes * megabytes / 1000 * figure("kept_months")


def requests(songs: float, load: Load) -> float:
    per, blobs = prices()["storage"], songs * (12 + 4 * load.stems)
    tables = steps(songs, load) * figure("storage_requests_a_step")
    of_blobs = (per["ten_thousand_blob_writes"] + 2 * per["ten_thousand_blob_reads"]) * blobs
    return (of_blobs + tables * per["ten_thousand_table_and_queue_requests"]) / 1e4


def bandwidth(songs: float, load: Load) -> float:
    heard = stored_gigabytes(songs, load) / figure("kept_months") * figure("heard_share")
    return max(0.0, heard - prices()["storage"]["free_egress_gigabytes"]) * prices()["storage"]["egress_gigabyte"]


def watching(songs: float, load: Load, shape: Shape) -> float:
    """Logs beyond what is free, samples of every replica, and the probe."""
    per = prices()["monitor"]
    logs = steps(songs, load) * figure("log_kilobytes_a_step") / 1e6
    replicas = shape.cpu_least + shape.gpu_least + 1
    samples = figure("samples_a_minute_a_replica") * replicas * 60 * prices()["hours_a_month"]
    probes = figure("probes_a_month") * per["a_probe"]
    return (
        max(0.0, logs - per["free_log_gigabytes"]) * per["log_gigabyte"]
        + samples / 1e7 * per["ten_million_samples"]
        + probes
    )


def model(songs: float, load: Load) -> float:
    tokens, per = figure("tokens_a_stem"), prices()["model"]
    one = tokens["in"] * per["million_tokens_in"] + tokens["out"] * per["million_tokens_out"]
    return songs * load.stems * one / 1e6


def _hourly(dollars: float) -> float:
    return dollars * prices()["hours_a_month"]
