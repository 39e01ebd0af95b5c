/* The exit statuses, as parrun(1) lists them. */
#ifndef CLI_RUNNER_STATUS_H
#define CLI_RUNNER_STATUS_H

#include "base/mem.h"
#include "engine/run.h"
#include "os/guard.h"

enum status {
    STATUS_OK = 0,
    STATUS_FAILED = RUN_FAILED,       /* something in the scenario failed; see run_failure_code() */
    STATUS_END = 1,                   /* get: nothing more will come */
    STATUS_USAGE = 2,                 /* wrong usage or scenario: nothing was started */
    STATUS_OUTPUT = RUN_UNWRITTEN,    /* output or a log could not be written whole */
    STATUS_SYSTEM = MEM_EXIT_STATUS,  /* 4: the system refused what the run needs */
    STATUS_NO_RUN = 5,                /* words for a run: there is none such, or more than one */
    STATUS_NOT_YET = 6,               /* it is under way, or the time is over */
    STATUS_DOWN = 7,                  /* it was stopped by hand, or is there already */
    STATUS_TIMEOUT = 124,             /* put and get: the time has passed */
    STATUS_BUG = FAULT_EXIT_STATUS,    /* 125 */
};

#endif
