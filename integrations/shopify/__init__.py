"""A Shopify shop as it is told by its GraphQL Admin API."""
