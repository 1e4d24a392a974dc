"""Orders as X12 purchase orders (850), one interchange for each trading partner's file."""

from __future__ import annotations

from source.catalogue import CUSTOMERS, description, major
from source.money import PLACES, sums
from source.orders import Order

US = "HOLDFAST"


def interchange(number: int, envelope: tuple[str, str, str, str, str], orders: list[Order]) -> str:
    sender, component, terminator, version, group_version = envelope
    repetition = "U" if version == "00401" else "^"
    isa = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", sender.ljust(15), "ZZ", US.ljust(15), "261120", f"06{number:02d}"]
    segments = ["*".join([*isa, repetition, version, f"{number:09d}", "0", "P", component])]
    segments.append(f"GS*PO*{sender}*{US}*20261120*06{number:02d}*{number}*X*{group_version}")
    for n, order in enumerate(orders, 1):
        control = f"{number:02d}{n:03d}"
        body = _purchase_order(order, sender)
        segments += [f"ST*850*{control}", *body, f"SE*{len(body) + 2}*{control}"]
    segments += [f"GE*{len(orders)}*{number}", f"IEA*1*{number:09d}"]
    return "".join(segment + terminator for segment in segments)


def _purchase_order(order: Order, sender: str) -> list[str]:
    alias = f"x12:{order.customer or sender}"
    amounts = sums(order, alias, taxed_freight=False)
    name = next(entry[1] for entry in CUSTOMERS if alias in entry[2])
    place = PLACES[order.to]
    segments = [
        f"BEG*00*{'RL' if order.release else 'SA'}*{order.number}*{order.release}*20261120",
        f"CUR*BY*{amounts.currency}",
        f"CSH*{'SC' if order.complete else 'Y'}",
    ]
    if order.unallocated:
        segments.append(f"SAC*A*C310***{order.unallocated}**********Volume allowance")
    segments.append(f"SAC*C*D240***{order.freight}**********Freight")
    if order.terms:
        segments.append(f"ITD*01*3*****{order.terms}")
    if order.requested:
        segments.append(f"DTM*002*{order.requested.replace('-', '')}")
    segments.append(f"TD5*B*92*{order.service}*M")
    segments.append(f"N1*BY*{name}" + (f"*92*{order.customer}" if order.customer else ""))
    segments += [
        f"N1*ST*{name}",
        f"N3*{place['street']}",
        f"N4*{place['city']}*{place['region']}*{place['zip']}*{place['country']}",
    ]
    for number, line in enumerate(amounts.lines, 1):
        segments.append(f"PO1*{number}*{line.units}*EA*{major(line.unit)}*PE*VN*{line.item}*BP*B{sum(line.item.encode()):05d}")
        segments.append(f"PID*F****{description(line.item)}")
        if line.discount:
            segments.append(f"SAC*A*C310***{line.discount}")
        segments.append(f"TXI*VA*{major(line.tax)}*.{amounts.rate:02d}")
    segments.append(f"CTT*{len(amounts.lines)}")
    segments.append(f"AMT*TT*{major(amounts.stated_total)}")
    return segments
