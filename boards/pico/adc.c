/* ADC: one conversion of 96 periods of 48 MHz, 2 us, when asked. RP2040 data sheet, sect. 4.9. */

#include "board.h"

/* Longer than any interrupt that may come in between. */
#define WAIT_US 200u

void adc_start(void) {
  blocks_reset(RESETS_ADC);
  blocks_release(RESETS_ADC);
  REGISTER(ADC_CS) = ADC_CS_EN;
  while ((REGISTER(ADC_CS) & ADC_CS_READY) == 0) continue;
}

int32_t adc_convert(uint32_t input) {
  uint32_t since_us = timer_us();
  REGISTER(ADC_CS) = ADC_CS_AINSEL(input) | ADC_CS_START_ONCE | ADC_CS_EN;
  while ((REGISTER(ADC_CS) & ADC_CS_READY) == 0) {
    if (timer_us() - since_us > WAIT_US) record_fault(CAUSE_HARDWARE, 0, input, ADC_CS);
  }
  return (int32_t)(REGISTER(ADC_RESULT) & 0xfffu);
}
