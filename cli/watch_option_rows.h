/*
 * watch_option_rows.h - the rows that the option tables of flame record and flame top share. Included inside
 * an array of command_option, with WATCH_RATE the usual rate as text; the targets are fields of watch_setting
 * (flame_watch.h).
 */
{.kind = COMMAND_HEADING, .help = "What to watch"},
    {.kind = COMMAND_INTEGER,
     .letter = 'p',
     .name = "pid",
     .value = "PID",
     .help = "Attach to this running process instead of starting a command.",
     .target = &watch_setting.pid,
     .least = 1,
     .most = INT_MAX},
    {.kind = COMMAND_REAL,
     .letter = 'r',
     .name = "rate",
     .value = "HZ",
     .help = "Samples a second. Default: " WATCH_RATE ".",
     .target = &watch_setting.rate,
     .least = 0.01,
     .most = 100000},
    {.kind = COMMAND_TEXT,
     .name = "budget",
     .value = "PERCENT",
     .help = "What reading threads that move too fast to be read from beside may take of the program's time: "
             "more of it gives more samples. Default: 0.6%.",
     .target = &watch_setting.budget},
    {.kind = COMMAND_FLAG,
     .name = "subprocesses",
     .help = "Follow the processes it starts as well; each becomes a frame of its own.",
     .target = &watch_setting.children},
    {.kind = COMMAND_INTEGER,
     .name = "thread",
     .value = "TID",
     .help = "Only this thread (its kernel thread id, as flame dump shows it).",
     .target = &watch_setting.thread,
     .least = 1,
     .most = INT_MAX},
    {.kind = COMMAND_TEXT,
     .name = "native",
     .value = "all",
     .help = "Of Python programs the native frames too, in calling order with those of Python; the "
             "interpreter's own "
             "functions are left out, but for --native=all. Each thread that runs is stopped for some "
             "microseconds at "
             "each sample.",
     .target = &watch_setting.native_what,
     .optional = true,
     .attached = true,
     .given = &watch_setting.native},
    {.kind = COMMAND_FLAG,
     .name = "tasks",
     .help = "Below a task of asyncio the tasks that wait for it, as if they had called it, and the event "
             "loop as one frame. Each thread that runs is stopped for some 100 microseconds at each sample.",
     .target = &watch_setting.tasks},
    {.kind = COMMAND_FLAG,
     .name = "inlines",
     .help = "Of native frames show inlined functions as frames of their own (they need debug information).",
     .target = &watch_setting.inlines},
#ifdef WATCH_KERNEL
    {.kind = COMMAND_FLAG,
     .name = "kernel",
     .help =
         "Record by the kernel's perf events: native stacks with the kernel's frames, also of processes "
         "that live only for a moment. Needs root, capabilities or a sysctl; the program is neither read nor "
         "stopped. Python has native frames like any other program, and with --subprocesses programs of the "
         "same name are one frame.",
     .target = &watch_kernel},
#endif

    {.kind = COMMAND_HEADING, .help = "Which moments count"},
    {.kind = COMMAND_FLAG,
     .name = "idle",
     .help = "Count sleeping threads too: where does the program wait? Default: only threads that work, or "
             "hold the interpreter lock.",
     .target = &watch_setting.idle},
    {.kind = COMMAND_FLAG,
     .name = "cpu",
     .help = "Only threads that run on a CPU or are in the queue for one.",
     .target = &watch_setting.cpu},
    {.kind = COMMAND_FLAG,
     .name = "gil",
     .help = "Only the thread that holds the interpreter lock.",
     .target = &watch_setting.gil},
    {.kind = COMMAND_FLAG,
     .name = "freeze",
     .help = "Stop the program while each sample is read: no sample is missed, but the program is slowed. "
             "Default: it is never stopped.",
     .target = &watch_setting.freeze},
