"""The door for machines: webhooks of shops and partners, and our own API."""
