"""What happens, and when: the order's durable process. `order.py` is the table of contents, `stages/` are the chapters."""
