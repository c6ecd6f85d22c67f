"""A DL/T 645 master on PyPI's python-dlt645, for the tests. Arguments: the serial device, then
ADDRESS:IDENTIFIER each. One line of output per argument, in JSON: the value without decimal point, or
null where this package cannot read a right answer (it takes any 16h for the end of a frame).
"""

import json
import sys

import dlt645
import serial

DLT645_ERRORS = (dlt645.FrameFormatError, dlt645.FrameChecksumError)


def read(port, address, identifier):
    frame = dlt645.Frame(address)
    frame.data = identifier
    port.reset_input_buffer()
    dlt645.write_frame(port, frame)
    try:
        answer = dlt645.read_frame(dlt645.iogen(port))
        return int(answer.data[:-8]) if answer.data.endswith(identifier) else None
    except (AttributeError, LookupError, ValueError, *DLT645_ERRORS):
        return None


def main():
    port = serial.Serial(sys.argv[1], 9600, parity=serial.PARITY_NONE, timeout=0.3)
    print(json.dumps(dlt645.get_addr(port)))
    for argument in sys.argv[2:]:
        print(json.dumps(read(port, *argument.split(":"))))
    port.close()


main()
