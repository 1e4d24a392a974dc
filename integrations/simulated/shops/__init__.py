"""Doubles of the shops on a port of this machine: they keep orders and stock, and refuse what the shops document to refuse."""

from integrations.simulated.shops.server import Fault, ShopServer
from integrations.simulated.shops.shopify import ShopifyShop
from integrations.simulated.shops.woocommerce import WooShop

__all__ = ["Fault", "ShopServer", "ShopifyShop", "WooShop"]
