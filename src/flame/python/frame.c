#include "frame.h"

const char *flame_missed_text(flame_missed missed)
{
    switch (missed) {
    case FLAME_TAKEN:
        return "taken";
    case FLAME_MISSED_TORN:
        return "the stack moved while it was read";
    case FLAME_MISSED_UNMAPPED:
        return "a pointer led nowhere";
    case FLAME_MISSED_DEEP:
        return "the stack took more memory than is read";
    case FLAME_MISSED_CODE:
        return "a code object made no sense";
    case FLAME_MISSED_LIST:
        return "the list of threads changed while it was read";
    case FLAME_MISSED_HELD:
        return "another program (a debugger, strace?) held a thread of it";
    case FLAME_MISSED_UNSTOPPED:
        return "a thread of it did not stop in time (it waits for a disk?)";
    case FLAME_MISSED_DROPPED:
        return "the kernel dropped samples";
    case FLAME_MISSED_UNREAD:
        return "the end came before a held sample";
    case FLAME_MISSED_KINDS:
        break;
    }
    return "unknown";
}
