#include "permission.h"

#include "proc_files.h"

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAPABILITY_PTRACE = 19 }; /* CAP_SYS_PTRACE, linux/capability.h */

static bool read_proc(const char *path, char *text, size_t room)
{
    return flame_proc_read(path, text, room, NULL, NULL) == FS_OK;
}

static const char *field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? at + strlen(name) : NULL;
}

static bool in_container(void)
{
    char text[4096];
    if (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0) return true;
    const char *marker = getenv("container");
    if (marker && marker[0]) return true;
    return read_proc("/proc/1/cgroup", text, sizeof text) &&
           (strstr(text, "docker") || strstr(text, "kubepods") || strstr(text, "containerd") ||
            strstr(text, "lxc"));
}

void flame_permission_read(flame_permission *facts, pid_t pid)
{
    *facts = (flame_permission){.pid = pid, .user = geteuid(), .owner = geteuid(), .yama = -1};
    char path[64], text[8192];
    if (read_proc("/proc/self/status", text, sizeof text)) {
        const char *capabilities = field(text, "\nCapEff:");
        if (capabilities) facts->can_trace = strtoull(capabilities, NULL, 16) >> CAPABILITY_PTRACE & 1;
        const char *seccomp = field(text, "\nSeccomp:");
        facts->filtered = seccomp && atoi(seccomp) == 2;
    }
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    if (read_proc(path, text, sizeof text)) {
        const char *owner = field(text, "\nUid:");
        if (owner) facts->owner = (uid_t)strtoul(owner, NULL, 10);
    }
    /* The files of /proc/PID belong to the owner unless the process is not dumpable: then to root. The folder
     * is the owner's in any case. */
    struct stat about;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    if (stat(path, &about) == 0) facts->protected = about.st_uid == 0 && facts->owner != 0;
    if (read_proc("/proc/sys/kernel/yama/ptrace_scope", text, sizeof text)) facts->yama = atoi(text);
    facts->container = in_container();
    char ours[64], theirs[64];
    ssize_t a = readlink("/proc/self/ns/user", ours, sizeof ours);
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    ssize_t b = readlink(path, theirs, sizeof theirs);
    facts->other_namespace = a > 0 && b > 0 && (a != b || memcmp(ours, theirs, (size_t)a) != 0);
}

static void user_name(uid_t user, char name[96])
{
    struct passwd entry, *found = NULL;
    char room[2048];
    if (getpwuid_r(user, &entry, room, sizeof room, &found) == 0 && found)
        snprintf(name, 96, "%s (uid %u)", found->pw_name, (unsigned)user);
    else
        snprintf(name, 96, "uid %u", (unsigned)user);
}

fs_status flame_permission_explain(const flame_permission *facts, const char *action, fs_error *error)
{
    int pid = (int)facts->pid;
    if (facts->can_trace) {
        if (facts->yama == 3)
            return fs_fail(
                error, FS_PERMISSION,
                "not permitted to read process %d: kernel.yama.ptrace_scope is 3, which forbids it to "
                "everyone until the machine restarts; set it to 1 in /etc/sysctl.d and restart",
                pid);
        if (facts->filtered)
            return fs_fail(
                error, FS_PERMISSION,
                "not permitted to read process %d: a seccomp filter%s forbids process_vm_readv\n"
                "  start the container with: docker run --security-opt seccomp=unconfined --cap-add "
                "SYS_PTRACE ...",
                pid, facts->container ? " of this container" : "");
        return fs_fail(
            error, FS_PERMISSION,
            "not permitted to read process %d although CAP_SYS_PTRACE is held here: %s\n  run flame "
            "where that process was started, or on the host: sudo %s",
            pid,
            facts->other_namespace ? "it belongs to another user namespace (a container of its own)"
                                   : "a security module (SELinux: getsebool deny_ptrace; AppArmor: "
                                     "dmesg | grep DENIED) forbids it",
            action);
    }
    if (facts->user == 0 || (facts->container && facts->owner != facts->user))
        return fs_fail(error, FS_PERMISSION,
                       "not permitted to read process %d: %s lacks the capability CAP_SYS_PTRACE\n"
                       "  Docker, Podman: start it with: docker run --cap-add SYS_PTRACE ...\n"
                       "  Kubernetes: securityContext: { capabilities: { add: [SYS_PTRACE] } }\n"
                       "  or run flame outside the container, with the process's number there: sudo %s",
                       pid, facts->container ? "this container" : "this root (a container or sandbox)",
                       action);
    if (facts->owner != facts->user) {
        char owner[96], user[96];
        user_name(facts->owner, owner);
        user_name(facts->user, user);
        return fs_fail(error, FS_PERMISSION,
                       "not permitted to read process %d: it belongs to %s, and you are %s without the "
                       "capability CAP_SYS_PTRACE\n  run: sudo %s",
                       pid, owner, user, action);
    }
    if (facts->yama == 1)
        return fs_fail(
            error, FS_PERMISSION,
            "not permitted to read process %d: kernel.yama.ptrace_scope is 1, so only a parent may "
            "read its children\n  run: sudo %s\n  or start the program with flame: flame record -- "
            "COMMAND\n  or allow it until restart: sudo sysctl kernel.yama.ptrace_scope=0",
            pid, action);
    if (facts->yama >= 2)
        return fs_fail(
            error, FS_PERMISSION,
            "not permitted to read process %d: kernel.yama.ptrace_scope is %d, so %s\n  run: sudo %s", pid,
            facts->yama,
            facts->yama == 2 ? "only the administrator may read other processes"
                             : "nobody may until the machine restarts with a smaller value",
            action);
    if (facts->protected)
        return fs_fail(
            error, FS_PERMISSION,
            "not permitted to read process %d: it is protected (set-user-id, or it asked the kernel "
            "not to be dumpable)\n  run: sudo %s",
            pid, action);
    if (facts->filtered)
        return fs_fail(
            error, FS_PERMISSION,
            "not permitted to read process %d: a seccomp filter forbids process_vm_readv\n"
            "  in a container: docker run --security-opt seccomp=unconfined --cap-add SYS_PTRACE ...",
            pid);
    return fs_fail(
        error, FS_PERMISSION,
        "not permitted to read process %d: the capability CAP_SYS_PTRACE is missing\n  run: sudo %s", pid,
        action);
}
