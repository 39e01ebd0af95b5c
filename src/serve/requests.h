/* What the rows of the table of requests do: each gets a call (serve/call.h). */
#ifndef SERVE_REQUESTS_H
#define SERVE_REQUESTS_H

struct call;

/* follow.c */
void serve_follow(struct call *call);
void serve_logs(struct call *call);

/* steer_requests.c */
void serve_stop_objects(struct call *call);
void serve_start(struct call *call);
void serve_restart(struct call *call);
void serve_pause(struct call *call);
void serve_resume(struct call *call);
void serve_scale(struct call *call);
void serve_signal(struct call *call);
void serve_type(struct call *call);

/* run_requests.c */
void serve_ps(struct call *call);
void serve_status(struct call *call);
void serve_stop(struct call *call);
void serve_wait(struct call *call);
void serve_cancel(struct call *call);

#endif
