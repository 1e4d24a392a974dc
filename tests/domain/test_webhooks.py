"""Webhooks out: which addresses may be told anything, when an event is tried again, what may be heard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import InputRefused
from domain.webhooks import SCHEDULE, SUBSCRIBED, EventType, is_public, next_pause, read_endpoint, wanted_events


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"])
def test_a_machine_in_the_internet_may_be_told(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),  # noqa: S104
        *("100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "192.0.2.1", "198.18.0.1", "192.88.99.1"),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::10.0.0.1", "2002:0a00:0001::1", "2001:0:1::1"),
        *("64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::808:808", "not an address", "", "0x7f.1", "2130706433"),
    ],
)
def test_nobody_in_a_network_of_ours_may_be_told_however_the_address_is_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://shop.example/hooks", "https only"),
        ("http://127.0.0.1:9000/", "https only"),
        ("ftp://shop.example/", "no address such as"),
        ("https://user:pw@shop.example/", "a user or a password"),
        ("https://shop.example/#part", "behind #"),
        ("https:///hooks", "no address such as"),
        ("https://shop.example:99999/", "no address such as"),
        ("https://shop.example/\r\nHost: x", "plain characters"),
        ("https://shop.example\\@evil.example/", "plain characters"),
        ("https://münze.example/", "plain characters"),
        ("https://shop.example/" + "x" * 1_000, "plain characters"),
    ],
)
def test_an_address_that_cannot_be_told_is_refused_with_its_reason(url: str, reason: str) -> None:
    with pytest.raises(InputRefused, match=reason):
        read_endpoint(url, loopback=False)


def test_this_machine_may_listen_without_https_where_a_setting_says_so() -> None:
    assert (read_endpoint("http://127.0.0.1:9000/x", True).port, read_endpoint("https://shop.example/x", True).port) == (9000, 443)
    with pytest.raises(InputRefused, match="https only"):
        read_endpoint("http://shop.example/", loopback=True)


def test_an_event_is_tried_ten_times_over_three_days_and_never_all_at_once() -> None:
    pauses = [next_pause("msg_a", attempts) for attempts in range(1, 12)]
    assert pauses[9:] == [None, None]
    whole = [pause for pause in pauses if pause is not None]
    assert len(whole) == len(SCHEDULE) == 9
    assert all(least <= pause <= 1.1 * least for least, pause in zip(SCHEDULE, whole, strict=True))
    assert timedelta(hours=75) < sum(whole, timedelta()) < timedelta(hours=84)
    assert next_pause("msg_a", 3) == next_pause("msg_a", 3) != next_pause("msg_b", 3)


def test_a_receiver_may_ask_for_more_time_up_to_a_day_and_for_no_less() -> None:
    assert next_pause("msg_a", 1, timedelta(hours=1)) == timedelta(hours=1)
    assert next_pause("msg_a", 1, timedelta(days=40)) == timedelta(days=1)
    assert next_pause("msg_a", 4, timedelta(seconds=1)) == next_pause("msg_a", 4)


def test_events_are_named_one_by_one_or_by_their_beginning() -> None:
    assert wanted_events("order.accepted, shipment.*")[:2] == (EventType.ORDER_ACCEPTED, EventType.SHIPMENT_SHIPPED)
    assert wanted_events("*") == SUBSCRIBED
    for wrong in ("", "order.exploded", "webhook.test", "orders*"):
        with pytest.raises(InputRefused, match="events"):
            wanted_events(wrong)
