/*
 * rphost.h: load and call resource plugins through a few flat functions
 *
 * For programs that would rather not fill in structs, scripts first of all: only
 * pointers, int32_t, uint32_t and size_t cross, and a hook is called by its name.
 *
 *     rphost *host = rphost_open("elb_member", config, config_len);
 *     rphost_answer *answer = rphost_call(host, "create", request, request_len, 0, NULL, NULL);
 *     rphost_status(answer), rphost_json(answer) …
 *     rphost_release(answer);
 *     rphost_close(host);
 *
 * That is all a script needs: no handle or answer is ever NULL, and whatever goes
 * wrong, in the plugin, in finding it or in its config, is told by the answer of
 * the next call, with a status of resource_plugin.h and a document of the usual
 * shape.
 *
 * Any thread may call at any time, many at once; only rphost_close must come
 * after all else on its handle. An answer belongs to the caller until released,
 * on any thread, also after rphost_close. What is passed in is borrowed until the
 * function returns, what comes back is UTF-8 and ends in a NUL. A handle is not
 * for use in a child after fork.
 *
 * Plugins stay loaded: a newer build of one needs a new path or a new process.
 */
#ifndef RPHOST_H
#define RPHOST_H

#include <resource_plugin.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

typedef struct rphost rphost;
typedef struct rphost_answer rphost_answer;

/*
 * Finds, loads and checks a plugin; with a config, also opens an instance of it.
 *
 * plugin is a path if it has a '/'. Else it is a name, and NAME.so is looked for
 * in each folder of the environment's RP_PLUGIN_PATH (separated by colons), then
 * in the folder this library was built with.
 *
 * config is the object that the plugin's documents call "config", as JSON text.
 * NULL opens no instance; then only describe and validate can be called.
 */
rphost *rphost_open(const char *plugin, const char *config, size_t config_len);

/* NULL if the handle is fit for use, else what is wrong in a sentence, which lives as long as the handle. */
const char *rphost_error(const rphost *host);

/*
 * Calls "describe", "validate", "create", "read", "update", "delete" or "list"
 * and waits for the answer. A request of NULL, 0 means {}. timeout_ms of 0 is the plugin's
 * own default.
 *
 * on_event may be NULL. It is called on this thread, with context, before the
 * function returns, once for each event, and must not call the plugin.
 *
 * The plugin's answer is checked against the rules of abi/README.md. Where it
 * breaks one, the status is RP_CONTRACT, and a diagnostic with the code
 * "host.contract" names the hook, the place and the section: "create: results[3]
 * has no outcome (abi/README.md, Outcome)". It is among the diagnostics of the
 * result that is at fault, else among those of the answer. Such a result has the
 * status "contract"; its state and its outcome ("unknown" if it had none) are kept
 * as far as they are sound, so handle it like any other failed result. Whatever the
 * plugin returned, the answer to a request with records has one result a record,
 * or none if nothing was begun.
 *
 * The answer is this library's own, with no results and one diagnostic, where the
 * hook was not called: RP_UNSUPPORTED if there is no such hook, RP_CONTRACT if it
 * needs an instance and none was asked for, or an argument is NULL that must not
 * be. After a failed rphost_open each call is answered with what that failed with:
 * RP_UNSUPPORTED where there is no such plugin or none that this host can use, or
 * the plugin's own refusal of the config. All are released alike.
 */
rphost_answer *rphost_call(rphost *host, const char *hook, const char *request, size_t request_len,
                           uint32_t timeout_ms,
                           void (*on_event)(void *context, const char *event, size_t event_len),
                           void *context);

/* A status of resource_plugin.h. Results win over it: it is the first failure among them, or RP_CONTRACT. */
int32_t rphost_status(const rphost_answer *answer);

/* The document, until the answer is released. */
const char *rphost_json(const rphost_answer *answer);

/* Frees an answer. NULL: nothing. */
void rphost_release(rphost_answer *answer);

/*
 * With 1, cancels the calls that run on this handle and any begun later, until
 * called with 0. They answer RP_CANCELLED within a second. May be called from a
 * signal handler.
 */
void rphost_cancel(rphost *host, uint32_t on);

/*
 * Watches the calls on this handle, from now on, in a thread of its own.
 * on_overdue gets a sentence on that thread, once for each call that has not
 * returned 1 s after its timeout_ms or 2 s after it was cancelled (the plugin must
 * keep to 500 ms and 1 s). The call itself goes on: nothing can stop it but the end
 * of the process. NULL ends the watching. Not while a call runs on the handle.
 */
void rphost_watchdog(rphost *host, void (*on_overdue)(void *context, const char *text), void *context);

/*
 * 1 if a plugin's code runs on this thread, or, if none does, a hook on any other
 * thread; *plugin and *function are its names then. For a handler of atexit(),
 * which is so told that a plugin ended the process. 0 and NULL, NULL otherwise.
 */
int32_t rphost_running(const char **plugin, const char **function);

/* Ends the use of a handle on which no call runs. NULL: nothing. */
void rphost_close(rphost *host);

/* "not_found" for RP_NOT_FOUND, as results spell it. An unknown status has the name of its hundred. */
const char *rphost_status_name(int32_t status);

/* The reverse; -1 if there is no such name. */
int32_t rphost_status_value(const char *name);

/* For C: like rphost_call, but a call of the caller's own making, whose cancel word the handle's does not
 * touch. */
rphost_answer *rphost_call_with(rphost *host, const char *hook, const char *request, size_t request_len,
                                const rp_call *call);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop

#endif
