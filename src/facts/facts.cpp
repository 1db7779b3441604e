// The room holds plain types only; this file checks that its headers stand on their own.
#include <ringfence/facts/facts.h>
