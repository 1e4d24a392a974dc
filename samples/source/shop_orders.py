"""What the shop's customers order, and what becomes of it."""

from __future__ import annotations

from source.orders import Order, asked, decided, returned, wished

SHOPIFY = [
    # plain ones
    Order(
        "5001",
        "7001",
        "A grinder, paid by card, arrives.",
        (("GRD-200", 1),),
        script={"pick": "full", "card": "good", "carrier": "on_time", "return": None},
    ),
    Order(
        "5002",
        "7002",
        "Everything for filter coffee in four lines.",
        (("DRP-V02", 1), ("SRV-600", 1), ("FLT-100", 3), ("KET-100", 1)),
        to="lyon",
    ),
    Order(
        "5003", "7003", "A welcome code takes ten per cent off every line.", (("SCL-020", 1), ("TMP-585", 2)), allocated=1845, to="utrecht"
    ),
    Order("5004", "7004", "A voucher is taken off the whole order, not off its lines.", (("CUP-012", 2), ("PIT-600", 1)), unallocated=1000),
    Order(
        "5005",
        "7105",
        "A roastery buys on thirty days, tax on top.",
        (("GRD-500", 1), ("CLN-900", 12), ("FLT-100", 40)),
        terms=30,
        freight=2450,
    ),
    Order("5006", "7106", "A café buys on fourteen days, freight free.", (("CUP-012", 10), ("KNK-150", 2)), terms=14, freight=0),
    Order("5007", "7001", "No location has all of it: two shipments, one invoice each.", (("SPL-010", 9),), to="hamburg"),
    Order("5008", "7002", "The shop writes its amounts as numbers.", (("BRW-125", 1), ("WAT-4PK", 2)), amounts_as="number", to="lyon"),
    Order(
        "5009",
        "7003",
        "By express, complete, with a wished date.",
        (("ESP-DUO", 1), ("TMP-585", 1)),
        service="express",
        freight=2900,
        complete=True,
        requested="2026-12-04",
        to="utrecht",
    ),
    Order(
        "5010", "7107", "A hotel buys on sixty days.", (("ESP-DUO", 2), ("GRD-500", 2), ("WAT-4PK", 8)), terms=60, freight=9800, to="lyon"
    ),
    Order(
        "5011", "7108", "A training studio pays in dollars.", (("TMP-585", 8), ("PIT-600", 8), ("SCL-020", 4)), freight=3100, to="utrecht"
    ),
    Order("5012", "7004", "A single box of filters.", (("FLT-100", 1),), freight=390),
    # goods that come back, and exchanges
    Order(
        "5013",
        "7005",
        "One of two kettles comes back as good as new; the carrier tells everything twice.",
        (("KET-100", 2),),
        script={"carrier": "duplicates", "return": returned("refund", {"1": 1}, "restock")},
    ),
    Order(
        "5014",
        "7005",
        "A grinder is exchanged, the old one is mended; the carrier's events come in no order.",
        (("GRD-200", 1), ("CLN-900", 1)),
        script={"carrier": "out_of_order", "return": returned("exchange", {"1": 1}, "refurbish")},
    ),
    Order(
        "5015",
        "7006",
        "Three servers were to come back, fewer came, and that is accepted; broken glass is scrapped.",
        (("SRV-600", 4),),
        script={"return": returned("refund", {"1": 3}, "scrap", "fewer"), **decided(return_mismatch="accept_received")},
        to="lyon",
    ),
    Order(
        "5016",
        "7006",
        "A return is announced and never comes: its authorization expires.",
        (("SCL-020", 1),),
        script={"return": returned("refund", {"1": 1}, "restock", "never")},
        to="lyon",
    ),
    Order(
        "5017",
        "7006",
        "Fewer pitchers come back than announced, and the return is rejected.",
        (("PIT-600", 5),),
        script={"return": returned("refund", {"1": 4}, "vendor", "fewer"), **decided(return_mismatch="reject")},
        to="lyon",
    ),
    Order(
        "5018",
        "7007",
        "A faulty brewer comes back and goes on to its vendor.",
        (("BRW-125", 1),),
        script={"return": returned("refund", {"1": 1}, "vendor")},
        to="utrecht",
    ),
    Order(
        "5040",
        "7001",
        "Two of three kettles and a scale come back; one kind is quarantined, and the fee for restocking is kept.",
        (("KET-100", 3), ("SCL-020", 1), ("CLN-900", 2)),
        script={
            "return": wished(returned("refund", {"1": 2, "2": 1}, "restock"), because="changed_mind", dispositions={"2": "quarantine"})
        },
    ),
    Order(
        "5041",
        "7002",
        "A brewer is exchanged for a grinder: the difference is taken from the card.",
        (("BRW-125", 1), ("FLT-100", 2)),
        script={"return": wished(returned("exchange", {"1": 1}, "restock"), because="does_not_fit", items={"1": "GRD-200"})},
        to="lyon",
    ),
    # the card
    Order(
        "5019",
        "7007",
        "The card is declined once and good the second time.",
        (("KNK-150", 1), ("TMP-585", 1)),
        script={"card": "declined_once", **decided(payment_declined="retry")},
        to="utrecht",
    ),
    Order(
        "5020",
        "7007",
        "The card is no good and the order is given up.",
        (("ESP-DUO", 1),),
        "cancelled",
        {"card": "declined", **decided(payment_declined="cancel")},
        to="utrecht",
    ),
    Order(
        "5021",
        "7008",
        "The capture fails once and works the second time.",
        (("CUP-012", 1),),
        script={"card": "capture_fails_once", **decided(capture_failed="retry")},
    ),
    Order(
        "5022",
        "7106",
        "The capture fails and the goods are billed instead.",
        (("WAT-4PK", 2),),
        script={"card": "capture_fails_once", "pay": "on_time", **decided(capture_failed="bill")},
    ),
    # the carrier
    Order(
        "5023", "7008", "The parcel is lost and sent again.", (("DRP-V02", 2),), script={"carrier": "lost", **decided(parcel_lost="reship")}
    ),
    Order(
        "5024",
        "7008",
        "The parcel is lost and the money goes back.",
        (("SRV-600", 2),),
        script={"carrier": "lost", **decided(parcel_lost="refund")},
    ),
    Order(
        "5025",
        "7001",
        "Nobody was at home: the parcel came back and is sent again.",
        (("PIT-600", 2),),
        script={"carrier": "returned", **decided(returned_to_sender="reship")},
    ),
    Order(
        "5026",
        "7002",
        "The parcel came back undelivered and the money goes back.",
        (("KNK-150", 1),),
        script={"carrier": "returned", **decided(returned_to_sender="refund")},
        to="lyon",
    ),
    Order(
        "5027",
        "7003",
        "The carrier is late, the office waits on, the parcel arrives.",
        (("CLN-900", 3),),
        script={"carrier": "late", **decided(delivery_overdue="wait_on")},
        to="utrecht",
    ),
    Order(
        "5028",
        "7004",
        "The carrier says nothing, the customer says that it arrived.",
        (("FLT-100", 10),),
        script={"carrier": "silent", **decided(delivery_overdue="confirm_delivered")},
    ),
    Order(
        "5029",
        "7005",
        "The carrier says nothing, the parcel is declared lost and sent again.",
        (("TMP-585", 1),),
        script={"carrier": "silent", **decided(delivery_overdue="declare_lost", parcel_lost="reship")},
    ),
    # requests
    Order(
        "5030",
        "7001",
        "The customer cancels at once.",
        (("GRD-200", 1), ("FLT-100", 2)),
        "cancelled",
        {"requests": asked("captured", "cancel")},
    ),
    Order(
        "5031",
        "7002",
        "The order is put on hold, looked at and released.",
        (("KET-100", 1),),
        script={"requests": asked("captured", "hold_release")},
        to="lyon",
    ),
    Order(
        "5032",
        "7003",
        "The customer wants fewer and says so in time.",
        (("CUP-012", 3),),
        script={"requests": asked("captured", "amend")},
        to="utrecht",
    ),
    Order(
        "5033",
        "7004",
        "The customer cancels while the floor is picking: all of it is undone.",
        (("BRW-125", 1), ("WAT-4PK", 1)),
        "cancelled",
        {"requests": asked("picking", "cancel")},
    ),
    Order(
        "5034",
        "7007",
        "A cancellation comes after the parcel has left: it is refused.",
        (("DRP-V02", 1),),
        script={"requests": asked("shipped", "cancel")},
        to="utrecht",
    ),
    # what a person has to look at
    Order(
        "5035",
        "7106",
        "The total of the shop is five euros off: that is noted, and the order goes on.",
        (("GRD-200", 2), ("SCL-020", 2)),
        terms=30,
        misstated=500,
    ),
    Order(
        "5036",
        "7008",
        "The floor forgets the pick and is waited for.",
        (("SCL-020", 1), ("FLT-100", 2)),
        script=decided(pick_overdue="wait_on"),
    ),
    Order(
        "5037",
        "7006",
        "A person reports a trouble, and the desk has seen it.",
        (("CLN-900", 2),),
        script=decided(raised="acknowledge"),
        to="lyon",
    ),
    Order("5038", "7999", "Nobody knows this customer.", (("KET-100", 1),), "rejected", decided(validation_findings="reject")),
    Order(
        "5039",
        "7105",
        "There is no address to ship to.",
        (("CUP-012", 4),),
        "rejected",
        decided(validation_findings="reject"),
        terms=30,
        to="",
    ),
]
