"""Recorded lives of orders: every one of them replays on the current code."""
