// A batch of typed slots inside a loop over the processors; most kinds of slots count on the first processor alone. The configuration
// space is read through a data port computed from the register: 0xCFC to 0xCFF.
#include "scaffold.h"

typedef struct { ULONG kind, op; ULONG64 place; ULONG a, b; } slot_t;
typedef struct { ULONG count, processors; slot_t slot[256]; struct { ULONG64 value, done; } answer[256]; } batch_t;

static ULONG64 read_configuration(const slot_t *s) {
    ULONG address = (s->place & 0x80000000) ? (ULONG)s->place & ~3u : 0x80000000 | ((s->a << 8 | s->b) << 3) | ((ULONG)s->place & 0xfc);
    USHORT data = (USHORT)(0xcfc + ((ULONG)s->place & 3));
#ifdef RF_GOOD
    address = 0x80000000 | ((ULONG)s->place & 0xc); // the head of the host bridge's header
#endif
    out_dword(0xcf8, address);
    switch (s->op) {
    case 1: return in_byte(data);
    case 2: return in_word(data & 0xcfe);
    case 4: return in_dword(0xcfc);
    }
    return 0;
}

static VOID answer(batch_t *batch, ULONG i, ULONG64 value, ULONG done) {
    batch->answer[i].value = value;
    batch->answer[i].done = done;
}

static BOOLEAN model_specific(const slot_t *s, ULONG64 *value) {
    ULONG index = s->a;
#ifdef RF_GOOD
    index = 0x1b;
#endif
    if (s->b == 1)
        *value = read_msr(index);
    else if (s->b == 2)
        write_msr(index, *value);
    else if (s->b == 3)
        write_msr(index, 0);
    else
        return FALSE;
    return TRUE;
}

static VOID one_slot(batch_t *batch, const slot_t *s, ULONG processor, ULONG i) {
    if (s->kind == 1) {
        ULONG64 value = 0;
        if (s->b == 0 || (s->op == 2 && !(s->place & (1ull << processor))))
            return answer(batch, i, 0, 0);
        if (s->b == 2)
            value = s->place;
        if (model_specific(s, &value))
            answer(batch, i, value, 1);
        else
            answer(batch, i, 0, 0);
    } else if (s->kind == 2 && processor == 0) {
        answer(batch, i, in_byte(0x61), 1);
    } else if (s->kind == 4 && processor == 0) {
        ULONG64 value = read_configuration(s);
        answer(batch, i, value, value != 0);
    } else if (s->kind == 5 && processor == 0) {
        PHYSICAL_ADDRESS at;
        ULONG *mapped;
        at.QuadPart = s->place;
#ifdef RF_GOOD
        at.QuadPart = 0xfed00000;
#endif
        mapped = MmMapIoSpace(at, 4, MmNonCached);
        if (!mapped)
            return answer(batch, i, 0, 0);
        if (s->op == 1)
            answer(batch, i, *mapped, 1);
        else if (s->op == 2)
            *mapped = s->a;
        MmUnmapIoSpace(mapped, 4);
    }
}

RF_CONTROL {
    batch_t *batch = r->buffer;
    KAFFINITY active = 0;
    ULONG processors;
    RF_ONLY(IOCTL_A);
    if (r->in_length != sizeof(*batch) || r->out_length != sizeof(*batch) || batch->count > 256)
        return STATUS_INVALID_PARAMETER;
    processors = KeQueryActiveProcessorCount(&active);
    for (ULONG processor = 0; processor < processors; processor++) {
        if (!(active & ((KAFFINITY)1 << processor)))
            continue;
        KeSetSystemAffinityThread((KAFFINITY)1 << processor);
        for (ULONG i = 0; i < batch->count; i++)
            one_slot(batch, &batch->slot[i], processor, i);
    }
    KeRevertToUserAffinityThread();
    RF_ANSWER(sizeof(*batch));
}
RF_WDM_DRIVER(control)
