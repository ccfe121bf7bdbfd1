/*
 * pause.h - what a thread does between two readings of something that another thread is about to change.
 */
#ifndef FS_PAUSE_H
#define FS_PAUSE_H

/* Some ten to a hundred cycles in which the core's other thread and its power budget get a chance. */
static inline void fs_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
