"""The benchmark: what an order costs in time, processor, memory and records, beside the least that Temporal itself would cost."""
