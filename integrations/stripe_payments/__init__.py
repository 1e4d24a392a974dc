"""Card payments through Stripe. Its own package is imported by `library.py` alone, and only in a process that talks to Stripe."""
