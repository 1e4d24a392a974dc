"""The meter: processor time and memory of the processes that carry a benchmark."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

import psutil

from domain.values import Value


class Reading(Value):
    """What one stretch of a benchmark took: `cpu_ms` per order and `rss_mb` at its end, by process; the `seconds` of every order."""

    orders: int
    in_flight: int
    elapsed: float
    seconds: tuple[float, ...]
    cpu_ms: dict[str, float]
    rss_mb: dict[str, float]

    @property
    def per_second(self) -> float:
        return self.orders / self.elapsed

    @property
    def total_cpu_ms(self) -> float:
        return sum(self.cpu_ms.values())

    def percentile_ms(self, percent: int) -> float:
        """The time in which so many per cent of the orders were closed (nearest rank), in milliseconds."""
        ordered = sorted(self.seconds)
        return 1_000 * ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]


class Meter:
    """Counts from its making; processes by name, several of one name add up."""

    def __init__(self, processes: Mapping[str, Sequence[int]]) -> None:
        self._processes = {name: [psutil.Process(pid) for pid in pids] for name, pids in processes.items()}
        self._used, self._begun = self._cpu(), time.perf_counter()
        self.elapsed = 0.0

    def stop_clock(self) -> None:
        """The last order is closed; processor time is counted on until the reading."""
        self.elapsed = time.perf_counter() - self._begun

    def reading(self, seconds: Sequence[float], in_flight: int) -> Reading:
        used = self._cpu()
        return Reading(
            orders=len(seconds),
            in_flight=in_flight,
            elapsed=self.elapsed,
            seconds=tuple(seconds),
            cpu_ms={name: 1_000 * (used[name] - before) / len(seconds) for name, before in self._used.items()},
            rss_mb={name: sum(each.memory_info().rss for each in found) / 1e6 for name, found in self._processes.items()},
        )

    def _cpu(self) -> dict[str, float]:
        return {
            name: sum(times.user + times.system for times in (each.cpu_times() for each in found))
            for name, found in self._processes.items()
        }
