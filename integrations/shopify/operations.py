"""What is asked of Shopify's GraphQL Admin API (2026-01), within the 1,000 points that one query may cost."""

PAGE = "pageInfo { hasNextPage endCursor }"
LINES = f"nodes {{ id sku quantity currentQuantity unfulfilledQuantity variant {{ legacyResourceId }} }} {PAGE}"
TO_SEND = f"nodes {{ id remainingQuantity lineItem {{ id }} }} {PAGE}"
FULFILLMENT_ORDERS = f"nodes {{ id status assignedLocation {{ location {{ id }} }} lineItems(first: 20) {{ {TO_SEND} }} }} {PAGE}"

ORDER = f"""query Order($id: ID!) {{
  order(id: $id) {{
    id cancelledAt
    lineItems(first: 50) {{ {LINES} }}
    fulfillments(first: 50) {{ id status trackingInfo(first: 5) {{ number }} }}
    fulfillmentOrders(first: 8) {{ {FULFILLMENT_ORDERS} }}
  }}
}}"""

MORE_LINES = f"query MoreLines($id: ID!, $after: String) {{ order(id: $id) {{ lineItems(first: 100, after: $after) {{ {LINES} }} }} }}"

MORE_FULFILLMENT_ORDERS = (
    f"query MoreFulfillmentOrders($id: ID!, $after: String) {{"
    f" order(id: $id) {{ fulfillmentOrders(first: 8, after: $after) {{ {FULFILLMENT_ORDERS} }} }} }}"
)

MORE_TO_SEND = (
    f"query MoreToSend($id: ID!, $after: String) {{ fulfillmentOrder(id: $id) {{ lineItems(first: 100, after: $after) {{ {TO_SEND} }} }} }}"
)

FULFILLMENT = f"""query Fulfillment($id: ID!, $after: String) {{
  fulfillment(id: $id) {{ fulfillmentLineItems(first: 100, after: $after) {{ nodes {{ lineItem {{ id }} quantity }} {PAGE} }} }}
}}"""

FULFILL = """mutation FulfillmentCreate($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}"""

WITHDRAW = "mutation FulfillmentCancel($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { id } userErrors { field message } } }"

CANCEL = """mutation OrderCancel($order: ID!, $reason: OrderCancelReason!, $note: String) {
  orderCancel(
    orderId: $order, reason: $reason, staffNote: $note, restock: true, notifyCustomer: false,
    refundMethod: { originalPaymentMethodsRefund: false }
  ) { job { id } orderCancelUserErrors { code field message } }
}"""

REFUND = """mutation RefundCreate($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { field message } }
}"""

SET_QUANTITIES = """mutation InventorySetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { inventoryAdjustmentGroup { id } userErrors { code field message } }
}"""


def levels(locations: int) -> str:
    """The query for what is available of up to 20 items at so many locations: one alias for each of them."""
    arguments = "".join(f", $at{n}: ID!" for n in range(locations))
    each = " ".join(
        f'at{n}: inventoryLevel(locationId: $at{n}) {{ quantities(names: ["available"]) {{ quantity }} }}' for n in range(locations)
    )
    return f"query Levels($skus: String!{arguments}) {{ inventoryItems(first: 40, query: $skus) {{ nodes {{ id sku {each} }} }} }}"
