/*
 * A plugin is a guest in its process: what it leaves alone, what children get of
 * it, and how little stack it needs.
 */
#include "background.h"
#include "simulator_process.h"
#include "run.h"
#include "simulator.h"

#include "base/text.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUICK "\"settle_ms\": 300, \"poll_min_ms\": 10, \"poll_max_ms\": 40"

static const char *const settings[] = {"job-ms", "40", NULL};

static void make_and_remove(const bed *on)
{
    answer told = call_members(on, "create", 3, "");

    ck_assert_uint_eq(count_results(&told, "ok", "done"), 3);
    answer_free(&told);
    told = call_members(on, "delete", 3, "");
    ck_assert_uint_eq(count_results(&told, "ok", "done"), 3);
    answer_free(&told);
}

static bed bed_at(const simulator_process *server, const char *more)
{
    _cleanup_(rp_freep) char *all =
        rp_format(QUICK ", \"ca_file\": \"%s\"%s%s", server->ca_file, *more ? ", " : "", more);

    return (bed){.plugin = plugin_load(), .instance = open_at(plugin_load(), server->url, all)};
}

/* --- fork ------------------------------------------------------------------------------- */

/* In a child, where a failed assertion would tell the wrong process. */
#define CHILD_EXPECTS(condition)                                                                             \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "in the child: %s\n", #condition);                                               \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

static void use_in_child(const bed *on, rp_hook *hook, const char *request)
{
    int64_t began = now_ms();
    const rp_response *told = hook(on->instance, NULL, request, strlen(request));

    CHILD_EXPECTS(told->status == RP_CONTRACT);
    CHILD_EXPECTS(strstr(told->json, "abi.forked"));
    CHILD_EXPECTS(now_ms() - began < 100);
    on->plugin->release(told);
}

static void be_the_child(const bed *on, const char *records)
{
    /* Whoever hangs is ended. */
    alarm(5);
    use_in_child(on, on->plugin->create, records);
    use_in_child(on, on->plugin->read, records);
    use_in_child(on, on->plugin->delete_, records);
    use_in_child(on, on->plugin->validate, records);
    use_in_child(on, on->plugin->describe, "{}");
    use_in_child(on, on->plugin->list,
                 "{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"x\"}}");
    on->plugin->close(on->instance);
    _exit(0);
}

static void fork_and_use(const bed *on)
{
    _cleanup_(rp_freep) char *records = request_for(LISTENER, "child", 0, 2, "");
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0)
        be_the_child(on, records);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(a_child_is_refused_and_the_parent_goes_on)
{
    bed on = bed_make(settings, QUICK);
    unsigned connections;

    make_and_remove(&on);
    connections = rp_sim_count(on.sim, "connections");
    fork_and_use(&on);
    make_and_remove(&on);
    ck_assert_uint_eq(rp_sim_count(on.sim, "connections"), connections);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 2);
    bed_free(&on);
}
END_TEST

START_TEST(a_child_is_refused_while_a_thread_of_its_parent_is_in_a_call)
{
    bed on = bed_make((const char *const[]){"job-ms", "700", NULL}, QUICK);
    background call;

    background_start(&call, &on, "create", request_for(LISTENER, "server", 0, 2, ""), 10000);
    wait_for_count(&on, "add", 1);
    for (unsigned i = 0; i < 10; i++)
        fork_and_use(&on);
    background_join(&call);
    ck_assert_uint_eq(count_results(&call.answer, "ok", "done"), 2);
    background_free(&call);
    bed_free(&on);
}
END_TEST

/* The same over TLS: closing there would say goodbye on the parent's connection. */
START_TEST(a_child_that_closes_leaves_the_parents_tls_alone)
{
    bed on = bed_make_secure(settings, QUICK);
    unsigned connections;

    make_and_remove(&on);
    connections = rp_sim_count(on.sim, "connections");
    fork_and_use(&on);
    make_and_remove(&on);
    ck_assert_uint_eq(rp_sim_count(on.sim, "connections"), connections);
    bed_free(&on);
}
END_TEST

/* --- exec --------------------------------------------------------------------------------- */

/* Whether the network stack knows the inode as a TCP socket. */
static bool is_tcp(unsigned long inode)
{
    FILE *table = fopen("/proc/net/tcp", "r");
    unsigned long each;
    char line[512];
    bool found = false;

    ck_assert_ptr_nonnull(table);
    while (fgets(line, sizeof(line), table))
        if (sscanf(line, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu", &each) == 1)
            found |= each == inode;
    fclose(table);
    return found;
}

/* How many TCP sockets this process has, and how many a program has that it starts. */
static void count_sockets(unsigned *ours, unsigned *inherited)
{
    char line[512];
    FILE *theirs;

    *ours = *inherited = 0;
    for (int fd = 0; fd < 1024; fd++) {
        struct stat about;
        *ours += fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode) && is_tcp(about.st_ino);
    }
    theirs = popen("exec ls -l /proc/self/fd", "re");
    ck_assert_ptr_nonnull(theirs);
    while (fgets(line, sizeof(line), theirs)) {
        const char *socket = strstr(line, "socket:[");
        *inherited += socket && is_tcp(strtoul(socket + strlen("socket:["), NULL, 10));
    }
    ck_assert_int_eq(pclose(theirs), 0);
}

START_TEST(a_program_started_by_the_host_inherits_no_connection)
{
    simulator_process server = simulator_process_start(settings, _i);
    unsigned ours, inherited;
    bed on = bed_at(&server, "");

    make_and_remove(&on);
    count_sockets(&ours, &inherited);
    ck_assert_uint_ge(ours, 1);
    ck_assert_uint_eq(inherited, 0);
    on.plugin->close(on.instance);
    simulator_process_stop(&server);
}
END_TEST

/* --- what belongs to the host ------------------------------------------------------------------ */

/* All that a hook must leave as it was, as text. */
static char *belongings(void)
{
    rp_buffer text = RP_BUFFER(1u << 20);
    char folder[4096];
    sigset_t mask;
    mode_t mode = umask(0);

    umask(mode);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
    rp_buffer_format(&text, "umask %o\ncwd %s\nlocale %s\n", mode, folder, setlocale(LC_ALL, NULL));
    for (int number = 1; number < SIGRTMAX; number++) {
        struct sigaction action = {0};
        sigaction(number, NULL, &action);
        rp_buffer_format(&text, "signal %d: blocked %d, flags %x, handler %p\n", number,
                         sigismember(&mask, number), (unsigned)action.sa_flags, *(void **)&action.sa_handler);
    }
    for (char **each = environ; *each; each++)
        rp_buffer_format(&text, "%s\n", *each);
    return rp_buffer_take(&text);
}

static void compare_belongings(void *context, const char *event, size_t len)
{
    _cleanup_(rp_freep) char *now = belongings();

    (void)event, (void)len;
    ck_assert_str_eq(now, context);
}

START_TEST(what_belongs_to_the_host_stays_as_it_was)
{
    simulator_process server = simulator_process_start(settings, true);
    _cleanup_(rp_freep) char *before = belongings(), *after = NULL;
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 2, "");
    rp_call call = {.struct_size = sizeof(call), .on_event = compare_belongings, .context = before};
    bed on = bed_at(&server, "");
    answer told = call_hook_with(on.plugin, on.instance, &call, "create", request);

    ck_assert_int_eq(told.status, RP_OK);
    answer_free(&told);
    told = call_hook_with(on.plugin, on.instance, &call, "delete", request);
    answer_free(&told);
    told = call_hook_with(on.plugin, on.instance, &call, "describe", "{}");
    answer_free(&told);
    on.plugin->close(on.instance);
    after = belongings();
    ck_assert_str_eq(after, before);
    simulator_process_stop(&server);
}
END_TEST

static off_t replace(int fd, const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, "here", 4), 4);
    ck_assert_int_eq(dup2(file, fd), fd);
    close(file);
    return lseek(fd, 1, SEEK_SET);
}

static void suffer(const bed *on, const char *rule, uint32_t timeout_ms)
{
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 2, "\"adopt\": true");
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = timeout_ms};
    answer told;

    simulator_fault(on->sim, "%s", rule);
    told = call_hook_with(on->plugin, on->instance, &call, "create", request);
    answer_free(&told);
    told = call_hook_with(on->plugin, on->instance, &call, "delete", request);
    answer_free(&told);
    simulator_control(on->sim, "reset", "{\"what\": \"faults\"}");
}

static const char *const mishaps[] = {
    "on=list,kind=reset-after", "on=add,kind=close", "on=add,kind=reset-before", "on=list,kind=truncate",
    "on=job,kind=reset-after",  "on=list,kind=huge", "on=add,kind=hang",
};

START_TEST(nothing_is_written_to_or_read_from_the_standard_streams)
{
    _cleanup_(rp_freep) char *path = strdup("/tmp/rp-test-XXXXXX");
    bed on;

    close(mkstemp(path));
    for (int fd = 0; fd <= 2; fd++)
        ck_assert_int_eq(replace(fd, path), 1);
    on = bed_make_secure(settings, QUICK);
    for (size_t i = 0; i < rp_count_of(mishaps); i++)
        suffer(&on, mishaps[i], 1000);
    bed_free(&on);
    for (int fd = 0; fd <= 2; fd++) {
        ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 1);
        ck_assert_int_eq(lseek(fd, 0, SEEK_END), 4);
    }
    unlink(path);
}
END_TEST

static volatile sig_atomic_t broken_pipes;

static void count_broken_pipe(int number)
{
    (void)number;
    broken_pipes++;
}

/* Each of these writes on a connection that the server has ended. */
START_TEST(a_connection_that_breaks_raises_no_signal)
{
    simulator_process server;
    answer told;
    bed on;

    signal(SIGPIPE, count_broken_pipe);
    on = bed_make_secure(settings, QUICK);
    for (size_t i = 0; i < rp_count_of(mishaps); i++)
        suffer(&on, mishaps[i], 1000);
    bed_free(&on);
    server = simulator_process_start(settings, true);
    on = bed_at(&server, "\"connect_timeout_ms\": 300");
    make_and_remove(&on);
    simulator_process_stop(&server);
    told = call_members(&on, "create", 1, "");
    ck_assert_int_eq(told.status, RP_UNAVAILABLE);
    answer_free(&told);
    on.plugin->close(on.instance);
    ck_assert_int_eq(broken_pipes, 0);
}
END_TEST

/* --- the stack ------------------------------------------------------------------------------------ */

#define STACK_BYTES 65536

static void *work_in_little_room(void *context)
{
    bed on = *(const bed *)context;
    answer told = call_members(&on, "create", 1000, "");

    ck_assert_uint_eq(count_results(&told, "ok", "done"), 1000);
    answer_free(&told);
    told = call_members(&on, "read", 1000, "");
    ck_assert_uint_eq(count_results(&told, "ok", NULL), 1000);
    answer_free(&told);
    told = call_hook(&on, "list", "{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"%s\"}}",
                     LISTENER);
    ck_assert_int_eq(told.status, RP_OK);
    answer_free(&told);
    told = call_members(&on, "delete", 1000, "");
    ck_assert_uint_eq(count_results(&told, "ok", "done"), 1000);
    answer_free(&told);
    return NULL;
}

/* The page below ends the process, should it be touched. */
static void *mapped_stack(void)
{
    char *low = mmap(NULL, STACK_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert(low != MAP_FAILED);
    ck_assert_int_eq(mprotect(low, 4096, PROT_NONE), 0);
    return low + 4096;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

START_TEST(a_stack_of_64_kib_is_enough)
{
    pthread_attr_t attributes;
    pthread_t thread;
    bed on;

    if (IS_SANITIZED) {
        fprintf(stderr, "SKIPPED: sanitizers need more stack\n");
        return;
    }
    on = bed_make_secure(settings, QUICK);
    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstack(&attributes, mapped_stack(), STACK_BYTES), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, work_in_little_room, &on), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    bed_free(&on);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("process");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_child_is_refused_and_the_parent_goes_on);
    tcase_add_test(tests, a_child_is_refused_while_a_thread_of_its_parent_is_in_a_call);
    tcase_add_test(tests, a_child_that_closes_leaves_the_parents_tls_alone);
    tcase_add_loop_test(tests, a_program_started_by_the_host_inherits_no_connection, 0, 2);
    tcase_add_test(tests, what_belongs_to_the_host_stays_as_it_was);
    tcase_add_test(tests, nothing_is_written_to_or_read_from_the_standard_streams);
    tcase_add_test(tests, a_connection_that_breaks_raises_no_signal);
    tcase_add_test(tests, a_stack_of_64_kib_is_enough);
    return run_case("process", tests);
}
