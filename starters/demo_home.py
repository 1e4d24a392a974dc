"""Where a demonstration lives: an empty home of its own, ports that nobody has, and days as short as the machine can follow."""

from __future__ import annotations

import fcntl
import shlex
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import Refused, Unavailable
from starters.demo_shop import write_shop

if TYPE_CHECKING:
    from config.settings import Settings

DAY_SECONDS = 0.3
"""How long a day lasts on a machine that has nothing else to do: the longest life of the samples is some 190 of them, and the world needs
a moment for each."""
SLOWEST = 4.0
"""How many times as long a day lasts at most where the machine is busy."""
ASKS_FOR = 0.3
"""Seconds of work by which the demonstration learns whether others want the processors too."""
NOTICED = 1.2
"""How many times as long work takes on a machine that counts as busy: a little is taken from everybody at any time."""
RETURN_WINDOW = 60
"""Days in which goods may come back: the usual 30 would be over in 9 s, and a busy machine may take as long to hear of a delivery."""
RMA_EXPIRES = 60
"""Days in which returned goods must come: the usual 21 would be over in 6 s."""
SAMPLE_PARTNERS = Path(__file__).parents[1] / "samples" / "partners.toml"
"""Who sends the sample orders by EDI."""
OWN_FLOOR = frozenset({"BERLIN"})
"""Where the demonstration walks waves of our own; the other locations are a partner's warehouses."""


def crowding(seconds: float = ASKS_FOR) -> float:
    """How many times as long work takes as it would alone: `seconds` of it, over what a processor gave to it.

    It is what holds now: the average load of the last minute still tells of the installation or the tests that ended before.
    """
    begun, given = time.perf_counter(), time.thread_time()
    while (passed := time.perf_counter() - begun) < seconds:
        pass
    return passed / (time.thread_time() - given)


def day_on(crowded: float) -> float:
    """How many seconds a day lasts where work takes `crowded` times as long: everybody needs so much longer for what a day brings."""
    return DAY_SECONDS * min(crowded, SLOWEST) if crowded > NOTICED else DAY_SECONDS


def fresh_home(settings: Settings) -> Settings:
    """Settings of a demonstration: an empty folder `demo` in the home, short days, the usual ports where nobody has them."""
    from config.settings import Settings as Demonstrated

    home = settings.home / "demo"
    if _in_use(home):
        raise Refused(f"A demo still runs in {home}: end it with Ctrl-C where it was started, then repeat.")
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    port, ui_port = _free(7233), _free(8233)
    demonstrated = Demonstrated.load(
        home=home,
        database_url=f"sqlite:///{home / 'holdfast.db'}",
        world_url=f"sqlite:///{home / 'world.db'}",
        temporal_address=f"127.0.0.1:{port}",
        temporal_namespace="default",
        ui_address=f"http://127.0.0.1:{ui_port}",
        day_seconds=day_on(crowding()),
        own_floor=OWN_FLOOR,
        return_window=RETURN_WINDOW,
        rma_expires=RMA_EXPIRES,
        api_address=f"127.0.0.1:{_free(8080)}",
        shops=write_shop(home, _free(8090)),
        mail="smtp",
        smtp_host="127.0.0.1",
        smtp_port=_free(2525),
        smtp_security="none",
        mail_sink=home / "mail",
        edi_partners=SAMPLE_PARTNERS if SAMPLE_PARTNERS.is_file() else None,
        edi_folder=home / "edi",
    )
    (home / "env").write_text(_environment(demonstrated))
    return demonstrated


def _environment(settings: Settings) -> str:
    """Shell lines that let later commands see the demonstration's orders."""
    values = {
        "OMS_HOME": str(settings.home),
        "OMS_DATABASE_URL": settings.database_url,
        "OMS_WORLD_URL": settings.world_url,
        "OMS_DAY_SECONDS": str(settings.day_seconds),
        "OMS_OWN_FLOOR": ",".join(sorted(settings.own_floor)),
        "OMS_RETURN_WINDOW": str(settings.return_window),
        "OMS_RMA_EXPIRES": str(settings.rma_expires),
        "OMS_API_ADDRESS": settings.api_address,
        "OMS_SHOPS": str(settings.shops),
        "OMS_EDI_PARTNERS": str(settings.edi_partners or ""),
        "OMS_EDI_FOLDER": str(settings.edi_folder or ""),
        "OMS_UI_ADDRESS": settings.ui_address,
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join([*lines, f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"', ""])


def _in_use(home: Path) -> bool:
    """Does a server keep its state there? It holds the lock for as long as it lives."""
    lock = home / "temporal.lock"
    if not lock.exists():
        return False
    with lock.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _free(wanted: int) -> int:
    """The wanted port, or any other when somebody listens there."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise Unavailable("No port is free on 127.0.0.1.")
