
/*
 * Copyright (C) aicost
 *
 * Another process runs a call of the library as it is, an instruction at a
 * time: how many they are, and what the block it shares is after each of them.
 */


#ifndef _AICOST_EDGE_STEP_H_INCLUDED_
#define _AICOST_EDGE_STEP_H_INCLUDED_


#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge_cases.h"


typedef void (*step_run_pt)(edge_t *e);
typedef void (*step_look_pt)(edge_t *e, long n);


static inline pid_t
step_start(edge_t *e, step_run_pt run)
{
    int    status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(1);
        }

        raise(SIGSTOP);
        run(e);
        _exit(0);
    }

    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
        return -1;
    }

    return pid;
}


/* 1: there is more */

static inline int
step_once(pid_t pid)
{
    int  status;

    return ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0
           && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
}


static inline void
step_kill(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}


/* how many instructions, at most so many; -1: not run */

static inline long
step_run(edge_t *e, step_run_pt run, long most, step_look_pt look)
{
    long   n;
    pid_t  pid;

    pid = step_start(e, run);

    if (pid < 0) {
        return -1;
    }

    for (n = 0; n < most; n++) {

        if (!step_once(pid)) {
            return n;
        }

        if (look) {
            look(e, n);
        }
    }

    step_kill(pid);

    return n;
}


static inline void
step_nothing(edge_t *e)
{
    (void) e;
}


static inline int
step_can(void)
{
    if (step_run(NULL, step_nothing, 1000000, NULL) > 0) {
        return 1;
    }

    printf("# no ptrace() here: what is seen step by step is left out\n");

    return 0;
}


#endif /* _AICOST_EDGE_STEP_H_INCLUDED_ */
