"""The solver's own process: a question as JSON on standard input, an answer as JSON on standard output; imports nothing of Holdfast."""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    question = json.load(sys.stdin)
    limit_memory(question["memory_mb"])
    json.dump(search(question), sys.stdout)


def search(question: dict[str, Any]) -> dict[str, Any]:
    """The cheapest cartons for all goods: each parcel with its carton's number and its units as [number of the goods, corner, sides]."""
    from packingsolver3d import ALL_ROTATIONS, BinType, Instance, ItemType, Objective, OptimizationMode, Rotation, box

    units = sum(goods["copies"] for goods in question["goods"])
    instance = Instance(
        bin_types=[
            BinType(x=size[0], y=size[1], z=size[2], cost=carton["cost"], copies=units, maximum_weight=carton["load_g"])
            for carton in question["cartons"]
            for size in [carton["size"]]
        ],
        item_types=[
            ItemType(
                x=size[0],
                y=size[1],
                z=size[2],
                weight=goods["weight_g"],
                copies=goods["copies"],
                rotations=(Rotation.XYZ, Rotation.YXZ) if goods["upright"] else ALL_ROTATIONS,
            )
            for goods in question["goods"]
            for size in [goods["size"]]
        ],
        objective=Objective.VARIABLE_SIZED_BIN_PACKING,
    )
    # The other modes spread over all processors; with few of them they found nothing within seconds where this one found the best.
    found = box.solve(instance, time_limit=question["seconds"], optimization_mode=OptimizationMode.NOT_ANYTIME_SEQUENTIAL)
    if sum(len(one.placements) * one.copies for one in found.bins) != units:
        return {"missing": found.status.value, "parcels": []}
    return {
        "parcels": [
            {
                "carton": one.bin_type_id,
                "units": [[p.item_type_id, [p.x, p.y, p.z], [p.lx, p.ly, p.lz]] for p in one.placements],
            }
            for one in found.bins
            for _ in range(one.copies)
        ]
    }


def limit_memory(megabytes: int) -> None:
    """A process that asks for more is ended, not the machine."""
    try:
        import resource
    except ImportError:  # Windows has no such limit: the time limit has to do
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


if __name__ == "__main__":
    main()
