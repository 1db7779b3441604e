// What ringfence_arm64.so exports (arm64_module.cpp).
#include "arm64_decoder.h"

extern "C" __attribute__((visibility("default"))) ringfence::lift::Arm64Decoder *ringfence_make_arm64_decoder() {
  return ringfence::lift::make_arm64_decoder().release();
}
