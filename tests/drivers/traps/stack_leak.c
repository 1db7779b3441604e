// A structure of the stack is returned with fields that nobody set. Good: it is zeroed first.
#include "scaffold.h"

typedef struct { ULONG version; ULONG64 details[6]; } answer_t;
RF_CONTROL {
    answer_t answer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(0, sizeof(answer));
#ifdef RF_GOOD
    memset(&answer, 0, sizeof(answer));
#endif
    __asm__ volatile("" : : "r"(&answer) : "memory");
    answer.version = 3;
    memcpy(r->buffer, &answer, sizeof(answer));
    RF_ANSWER(sizeof(answer));
}
RF_WDM_DRIVER(control)
