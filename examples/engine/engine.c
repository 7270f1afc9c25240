/*
 * A small deployment engine on librphost: several plugins at once, 32 threads, a state that survives a kill.
 *
 *     engine apply   deployment.json state.jsonl     creates what is missing, updates what differs
 *     engine destroy deployment.json state.jsonl     deletes what the state has
 *
 * deployment.json:
 *
 *     {"plugins": {"balancer": {"plugin": "elb_member", "config": {"cloud": "otc"}}},
 *      "objects": {"web-a": {"plugin": "balancer", "resource": "elb_member", "record": {…}}}}
 *
 * The state is a journal: one line an object and change, the last one counts. A line is written as soon as
 * the server has accepted a request (the plugin's "state" event), so that a killed engine still knows what it
 * began. Each object is a call of its own; the plugin combines calls that run at the same time into few
 * requests. Ctrl-C cancels all calls: what they began is in the journal, and the next apply reads it.
 */
#define _GNU_SOURCE 1 /* getline */
#include <json-c/json.h>
#include <pthread.h>
#include <rphost.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS    32
#define TIMEOUT_MS 600000

typedef struct object {
    const char *name, *resource;
    json_object *record;
    json_object *state; /* the last one of the journal, or NULL */
    rphost *host;       /* of its plugin */
    int failed;
} object;

static struct {
    json_object *deployment, *states; /* states: name -> state, as the journal has them */
    object *objects;
    size_t count, next; /* next: the first object that no thread has taken */
    FILE *journal;
    pthread_mutex_t lock; /* of next, the journal and the output */
} engine = {.lock = PTHREAD_MUTEX_INITIALIZER};

static volatile sig_atomic_t interrupted;

/* --- the journal ----------------------------------------------------------------- */

/* One line, on the disk before this returns. state NULL: the object is gone. */
static void record_state(object *one, json_object *state)
{
    json_object *line = json_object_new_object();

    json_object_object_add(line, "object", json_object_new_string(one->name));
    json_object_object_add(line, "state", json_object_get(state));
    pthread_mutex_lock(&engine.lock);
    fprintf(engine.journal, "%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));
    if (fflush(engine.journal) || fsync(fileno(engine.journal))) {
        perror("engine: the state cannot be written");
        interrupted = 1;
    }
    pthread_mutex_unlock(&engine.lock);
    json_object_put(line);
    json_object_put(one->state);
    one->state = json_object_get(state);
}

/* The last line may be half written: it is the one that was not yet promised. */
static void read_journal(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;

    engine.states = json_object_new_object();
    while (file && getline(&line, &room, file) > 0) {
        json_object *entry = strchr(line, '\n') ? json_tokener_parse(line) : NULL;
        const char *name = json_object_get_string(json_object_object_get(entry, "object"));
        if (name)
            json_object_object_add(engine.states, name,
                                   json_object_get(json_object_object_get(entry, "state")));
        json_object_put(entry);
    }
    free(line);
    if (file)
        fclose(file);
}

/* --- calls ----------------------------------------------------------------------- */

static void say(const object *one, const char *what, const char *why)
{
    pthread_mutex_lock(&engine.lock);
    printf("%s: %s%s%s\n", one->name, what, why ? ": " : "", why ? why : "");
    fflush(stdout);
    pthread_mutex_unlock(&engine.lock);
}

/* On the calling thread, while the hook runs. */
static void on_event(void *context, const char *text, size_t len)
{
    json_object *event = json_tokener_parse(text), *state;

    (void)len;
    if (!strcmp(json_object_get_string(json_object_object_get(event, "kind")), "state") &&
        json_object_object_get_ex(event, "state", &state))
        record_state(context, state);
    json_object_put(event);
}

/* The first diagnostic of a result, or of an answer without results; or the status. */
static const char *reason(json_object *result)
{
    json_object *diagnostics = json_object_object_get(result, "diagnostics");
    json_object *first = diagnostics ? json_object_array_get_idx(diagnostics, 0) : NULL;

    return json_object_get_string(
        json_object_object_get(first ? first : result, first ? "summary" : "status"));
}

/* The one result of a call for one object, for the caller to put; NULL with a word about it if there is none.
 */
static json_object *call(object *one, const char *hook, json_object *record)
{
    json_object *request = json_object_new_object(), *records = json_object_new_array(), *document, *result;
    const char *text;
    rphost_answer *answer;

    json_object_array_add(records, json_object_get(record));
    json_object_object_add(request, "resource", json_object_new_string(one->resource));
    json_object_object_add(request, "records", records);
    text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
    answer = rphost_call(one->host, hook, text, strlen(text), TIMEOUT_MS, on_event, one);
    document = json_tokener_parse(rphost_json(answer));
    result = json_object_get(json_object_array_get_idx(json_object_object_get(document, "results"), 0));
    if (!result)
        say(one, "the call was refused", reason(document));
    rphost_release(answer);
    json_object_put(document);
    json_object_put(request);
    return result;
}

static int has_status(json_object *result, const char *name)
{
    const char *status = json_object_get_string(json_object_object_get(result, "status"));

    return status && !strcmp(status, name);
}

static void fail(object *one, json_object *result)
{
    one->failed = 1;
    if (result)
        say(one, "failed", reason(result));
}

/* --- what is done with one object ------------------------------------------------- */

static int is_there(object *one)
{
    json_object *result = one->state ? call(one, "read", one->state) : NULL;
    int there = has_status(result, "ok") || has_status(result, "in_progress");

    if (there)
        record_state(one, json_object_object_get(result, "state"));
    else if (has_status(result, "not_found"))
        record_state(one, NULL);
    else if (one->state)
        fail(one, result);
    json_object_put(result);
    return there || one->failed;
}

/* Whether the object has another value of an attribute. What its state does not show is not compared. */
static int differs(const object *one)
{
    json_object_object_foreach(one->record, name, value)
    {
        json_object *is;
        if (value && json_object_object_get_ex(one->state, name, &is) && !json_object_equal(value, is))
            return 1;
    }
    return 0;
}

static void update(object *one)
{
    json_object *change = json_object_new_object(), *result, *state;

    json_object_object_add(change, "state", json_object_get(one->state));
    json_object_object_add(change, "record", json_object_get(one->record));
    result = call(one, "update", change);
    if (json_object_object_get_ex(result, "state", &state))
        record_state(one, state);
    if (has_status(result, "ok") || has_status(result, "in_progress"))
        say(one, "updated", NULL);
    else
        fail(one, result);
    json_object_put(result);
    json_object_put(change);
}

static void apply(object *one)
{
    json_object *result, *state;
    int there_already;

    if (is_there(one)) {
        if (!one->failed && differs(one))
            update(one);
        else
            say(one, one->failed ? "not touched" : "unchanged", NULL);
        return;
    }
    result = call(one, "create", one->record);
    state = json_object_object_get(result, "state");
    there_already = has_status(result, "already_exists") &&
                    json_object_get_boolean(json_object_object_get(result, "matches"));
    if (state && (there_already || !has_status(result, "already_exists")))
        record_state(one, state); /* also of a failure: it may have been made */
    if (has_status(result, "ok") || has_status(result, "in_progress"))
        say(one, "created", NULL);
    else if (there_already)
        say(one, "exists already", NULL);
    else
        fail(one, result);
    json_object_put(result);
}

static void destroy(object *one)
{
    json_object *result;

    if (!one->state)
        return;
    result = call(one, "delete", one->state);
    if (has_status(result, "ok")) {
        record_state(one, NULL);
        say(one, "deleted", NULL);
    } else {
        fail(one, result);
    }
    json_object_put(result);
}

/* --- the engine ------------------------------------------------------------------- */

static object *take_next(void)
{
    object *one = NULL;

    pthread_mutex_lock(&engine.lock);
    if (engine.next < engine.count && !interrupted)
        one = &engine.objects[engine.next++];
    pthread_mutex_unlock(&engine.lock);
    return one;
}

static void *work(void *act)
{
    object *one;

    while ((one = take_next()))
        (*(void (**)(object *))act)(one);
    return NULL;
}

/* Signals go to this thread alone; it cancels the calls of all plugins. */
static void *watch(void *signals)
{
    int signal;

    sigwait(signals, &signal);
    interrupted = 1;
    for (size_t i = 0; i < engine.count; i++)
        rphost_cancel(engine.objects[i].host, 1);
    return NULL;
}

static int run(void (*act)(object *))
{
    pthread_t threads[THREADS], watcher;
    sigset_t signals;
    size_t failed = 0, started = 0;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_create(&watcher, NULL, watch, &signals);
    while (started < THREADS && pthread_create(&threads[started], NULL, work, &act) == 0)
        started++;
    while (started)
        pthread_join(threads[--started], NULL);
    pthread_cancel(watcher);
    pthread_join(watcher, NULL);
    for (size_t i = 0; i < engine.count; i++)
        failed += engine.objects[i].failed;
    printf("%zu objects, %zu failed%s\n", engine.count, failed, interrupted ? ", interrupted" : "");
    return failed || interrupted;
}

static rphost *open_plugin(json_object *plugins, const char *name)
{
    json_object *plugin = json_object_object_get(plugins, name),
                *config = json_object_object_get(plugin, "config");
    const char *file = json_object_get_string(json_object_object_get(plugin, "plugin"));
    const char *text = config ? json_object_to_json_string_ext(config, JSON_C_TO_STRING_PLAIN) : "{}";
    rphost *host = rphost_open(file ? file : name, text, strlen(text));

    if (!rphost_error(host))
        return host;
    fprintf(stderr, "engine: plugin %s: %s\n", name, rphost_error(host));
    rphost_close(host);
    return NULL;
}

/* The plugins are opened once, each for all of its objects. */
static int load(const char *path)
{
    json_object *plugins, *objects, *hosts = json_object_new_object();
    size_t i = 0;
    int failed = 0;

    engine.deployment = json_object_from_file(path);
    if (!engine.deployment)
        return fprintf(stderr, "engine: %s: %s\n", path, json_util_get_last_err()), 1;
    plugins = json_object_object_get(engine.deployment, "plugins");
    objects = json_object_object_get(engine.deployment, "objects");
    engine.count = objects ? (size_t)json_object_object_length(objects) : 0;
    engine.objects = calloc(engine.count + 1, sizeof(object));
    json_object_object_foreach(objects, name, value)
    {
        const char *plugin = json_object_get_string(json_object_object_get(value, "plugin"));
        json_object *host = json_object_object_get(hosts, plugin ? plugin : "");
        rphost *opened = host ? json_object_get_userdata(host) : open_plugin(plugins, plugin ? plugin : "");
        if (!host) {
            host = json_object_new_object();
            json_object_set_userdata(host, opened, NULL);
            json_object_object_add(hosts, plugin ? plugin : "", host);
        }
        engine.objects[i++] =
            (object){.name = name,
                     .resource = json_object_get_string(json_object_object_get(value, "resource")),
                     .record = json_object_object_get(value, "record"),
                     .state = json_object_get(json_object_object_get(engine.states, name)),
                     .host = opened};
        failed |= !opened;
    }
    json_object_put(hosts);
    return failed;
}

static void close_plugins(void)
{
    for (size_t i = 0; i < engine.count; i++) {
        rphost *host = engine.objects[i].host;
        for (size_t k = i; k < engine.count; k++)
            if (engine.objects[k].host == host)
                engine.objects[k].host = NULL;
        rphost_close(host);
        json_object_put(engine.objects[i].state);
    }
    free(engine.objects);
    json_object_put(engine.states);
    json_object_put(engine.deployment);
}

int main(int argc, char **argv)
{
    int failed;

    if (argc != 4 || (strcmp(argv[1], "apply") && strcmp(argv[1], "destroy")))
        return fprintf(stderr, "usage: engine apply|destroy DEPLOYMENT STATE\n"), 64;
    read_journal(argv[3]);
    if (load(argv[2]))
        return 1;
    engine.journal = fopen(argv[3], "a");
    if (!engine.journal)
        return perror(argv[3]), 1;
    failed = run(strcmp(argv[1], "destroy") ? apply : destroy);
    fclose(engine.journal);
    close_plugins();
    return failed;
}
