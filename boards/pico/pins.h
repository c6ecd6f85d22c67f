/* The wires of both roles: GPIO numbers. docs/PICO.md is the same with the parts around them. */

#ifndef METER39_PINS_H
#define METER39_PINS_H

#define GPIO_LINK_TX 0u
#define GPIO_LINK_RX 1u
#define GPIO_LED 25u

#ifdef ROLE_METER
#define GPIO_FRAM_SCK 2u
#define GPIO_FRAM_TX 3u
#define GPIO_FRAM_RX 4u
#define GPIO_FRAM_CS 5u
#define GPIO_INPUT_LOAD 6u
#define GPIO_COIL_OFF 7u
#define GPIO_SOCKET_VERIFY 8u
#define GPIO_SOCKET_FORWARD 9u
#define GPIO_CHAIN_SCK 10u
#define GPIO_CHAIN_TX 11u
#define GPIO_CHAIN_RX 12u
#define GPIO_COILS_LATCH 13u
#define GPIO_INPUTS_HOLD 14u
#define GPIO_SOCKET_REVERSE 15u
#define GPIO_SERVICE 16u
#define GPIO_PHASE_A 26u
#define GPIO_PHASE_B 27u
#define GPIO_PHASE_C 28u
#else
#define GPIO_CLOCK_SDA 4u
#define GPIO_CLOCK_SCL 5u
#define GPIO_LINE_DRIVE 7u
#define GPIO_LINE_TX 8u
#define GPIO_LINE_RX 9u
#define GPIO_READER_SCK 10u
#define GPIO_READER_TX 11u
#define GPIO_READER_RX 12u
#define GPIO_READER_CS 13u
#define GPIO_READER_RESET 14u
#define GPIO_TUBES_LOAD 17u
#define GPIO_TUBES_SCK 18u
#define GPIO_TUBES_TX 19u
#endif

#endif
