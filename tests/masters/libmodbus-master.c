/* A Modbus master on libmodbus, for the tests. Arguments: the serial device, the slave's address, then
 * requests. One line of output per request: the registers read in hexadecimal, "ok", or the error.
 *
 *   3:ADDRESS:COUNT          4:ADDRESS:COUNT        read holding, input registers
 *   6:ADDRESS:VALUE          16:ADDRESS:VALUES      write one, several (hexadecimal, by commas)
 *   23:ADDRESS:COUNT:ADDRESS:VALUES                 write several, then read
 *   1:ADDRESS:COUNT                                 read coils, which no meter has
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REGISTERS_MAX = MODBUS_MAX_READ_REGISTERS + 1 };

static uint16_t registers[REGISTERS_MAX];
static uint16_t values[REGISTERS_MAX];
static uint8_t coils[REGISTERS_MAX];

static int read_values(char *text) {
  int count = 0;
  for (char *one = strtok(text, ","); one && count < REGISTERS_MAX; one = strtok(NULL, ",")) {
    values[count++] = (uint16_t)strtoul(one, NULL, 16);
  }
  return count;
}

static void print_result(int count) {
  if (count < 0) {
    /* Exceptions of the slave are MODBUS_ENOBASE + code. */
    if (errno > MODBUS_ENOBASE && errno < MODBUS_ENOBASE + MODBUS_EXCEPTION_MAX) {
      printf("exception %d\n", errno - MODBUS_ENOBASE);
    } else {
      printf("error %s\n", modbus_strerror(errno));
    }
    return;
  }
  for (int i = 0; i < count; i++) printf("%s%04x", i ? " " : "", registers[i]);
  printf("%s\n", count ? "" : "ok");
}

static int carry_out(modbus_t *context, char *request) {
  unsigned function = 0, address = 0, count = 0, write_address = 0;
  int values_at = 0;
  if (sscanf(request, "23:%x:%u:%x:%n", &address, &count, &write_address, &values_at) == 3) {
    const int written = read_values(request + values_at);
    return modbus_write_and_read_registers(context, (int)write_address, written, values,
                                           (int)address, (int)count, registers);
  }
  if (sscanf(request, "%u:%x:%n", &function, &address, &values_at) != 2) return -1;
  char *const rest = request + values_at;
  switch (function) {
    case 1:
      return modbus_read_bits(context, (int)address, atoi(rest), coils);
    case 3:
      return modbus_read_registers(context, (int)address, atoi(rest), registers);
    case 4:
      return modbus_read_input_registers(context, (int)address, atoi(rest), registers);
    case 6:
      return modbus_write_register(context, (int)address, (uint16_t)strtoul(rest, NULL, 16)) < 0
                 ? -1
                 : 0;
    case 16: {
      const int written = read_values(rest);
      return modbus_write_registers(context, (int)address, written, values) < 0 ? -1 : 0;
    }
    default:
      errno = EINVAL;
      return -1;
  }
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  const int slave = atoi(arguments[2]);
  modbus_t *const context = modbus_new_rtu(arguments[1], 9600, 'E', 8, 1);
  if (!context || modbus_set_slave(context, slave) < 0) return 1;
  modbus_set_response_timeout(context, 2, 0);
  modbus_set_byte_timeout(context, 0, 0); /* a busy computer makes pauses that no line has */
  if (modbus_connect(context) < 0) return 1;
  for (int i = 3; i < count; i++) print_result(carry_out(context, arguments[i]));
  modbus_close(context);
  modbus_free(context);
  return 0;
}
