"""A Modbus master on pymodbus, for the tests. Arguments: the serial device, the slave's address, then
requests. One line of output per request, in JSON.

  4:ADDRESS:COUNT     read input registers
  8:SUBFUNCTION:DATA  diagnostics
  43:CODE:OBJECT      device identification

Numbers are hexadecimal. pyserial refuses even parity on a pty, so there is none.
"""

import json
import sys

from pymodbus import diag_message, mei_message
from pymodbus.client import ModbusSerialClient

DIAGNOSTICS = {
    0x00: diag_message.ReturnQueryDataRequest,
    0x0A: diag_message.ClearCountersRequest,
    0x0B: diag_message.ReturnBusMessageCountRequest,
    0x0C: diag_message.ReturnBusCommunicationErrorCountRequest,
    0x0D: diag_message.ReturnBusExceptionErrorCountRequest,
    0x0E: diag_message.ReturnSlaveMessageCountRequest,
    0x0F: diag_message.ReturnSlaveNoResponseCountRequest,
    0x10: diag_message.ReturnSlaveNAKCountRequest,
    0x11: diag_message.ReturnSlaveBusyCountRequest,
    0x12: diag_message.ReturnSlaveBusCharacterOverrunCountRequest,
}


def carry_out(client, unit, text):
    function, *numbers = (int(part, 16) for part in text.split(":"))
    if function == 0x4:
        answer = client.read_input_registers(numbers[0], numbers[1], slave=unit)
    elif function == 0x8:
        request = DIAGNOSTICS[numbers[0]](numbers[1])
        request.unit_id = unit
        answer = client.execute(request)
    else:
        request = mei_message.ReadDeviceInformationRequest(numbers[0], numbers[1])
        request.unit_id = unit
        answer = client.execute(request)
    if answer.isError():
        return {"exception": getattr(answer, "exception_code", str(answer))}
    if function == 0x4:
        return {"registers": answer.registers}
    if function == 0x8:
        message = answer.message
        return {"data": message[0] if isinstance(message, (list, tuple)) else message}
    texts = {key: value.decode() for key, value in answer.information.items()}
    return {"texts": texts, "conformity": answer.conformity}


def main():
    client = ModbusSerialClient(sys.argv[1], baudrate=9600, parity="N", timeout=2)
    assert client.connect()
    for text in sys.argv[3:]:
        print(json.dumps(carry_out(client, int(sys.argv[2]), text)))
    client.close()


main()
