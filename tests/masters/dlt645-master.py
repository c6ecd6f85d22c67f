"""A DL/T 645 master on PyPI's dlt645, for the tests. Arguments: the serial device, then requests. One
line of output per request, in JSON: the value, or null when the box refused or did not answer.

  address              read the address and go on with it
  to:DIGITS            go on with this address
  00:IDENTIFIER        read energy; so 02, 03 and 04 instantaneous, event, parameter
  freeze               freeze now, to the present address

set_address() sends the digits high pair first, so they are handed over reversed by pairs.
"""

import json
import sys

from dlt645 import MeterClientService


def reversed_pairs(digits):
    return "".join(reversed([digits[i : i + 2] for i in range(0, len(digits), 2)]))


def plain(item):
    if item is None:
        return None
    if isinstance(item, list):
        return [str(one.value) for one in item]
    return item.value if isinstance(item.value, (int, float, str)) else str(item.value)


def carry_out(client, text):
    what, _, rest = text.partition(":")
    if what == "address":
        return reversed_pairs(plain(client.read_address()))
    if what == "to":
        return client.set_address(reversed_pairs(rest))
    if what == "freeze":
        return plain(client.freeze(99, 99, 99, 99))
    read = {"00": client.read_00, "02": client.read_02, "03": client.read_03}
    return plain(read.get(what, client.read_04)(int(rest, 16)))


def main():
    client = MeterClientService.new_rtu_client(sys.argv[1], 9600, 8, 1, "N", 1.0)
    assert client.connect()
    for text in sys.argv[2:]:
        print(json.dumps(carry_out(client, text)))
    client.disconnect()


main()
