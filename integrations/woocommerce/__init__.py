"""A WooCommerce shop as it is told by its REST API."""
