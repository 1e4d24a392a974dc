"""Who proposes parcels: a solver in a process of its own, or first fit; both forms of the port `Packer`."""

from integrations.packing.first_fit import FirstFitPacker
from integrations.packing.solver import SolverPacker

__all__ = ["FirstFitPacker", "SolverPacker"]
