#include "record_tasks.h"

#include <search.h>
#include <string.h>

/* Orders tasks by what they name: listener and key, or listener and member_id. */
static int compare_tasks(const void *one, const void *other)
{
    const record *a = &((const record_task *)one)->record, *b = &((const record_task *)other)->record;
    bool keyed = record_has_key(a);
    int difference = strcmp(a->listener_id, b->listener_id);

    if (!difference)
        difference = (int)keyed - (int)record_has_key(b);
    if (difference)
        return difference;
    return keyed ? strcmp(record_key(a), record_key(b)) : strcmp(a->member_id, b->member_id);
}

static want make_want(const record_tasks *all, const record *from)
{
    return (want){.kind = all->kind,
                  .wait = all->kind == WANT_READ && !all->options.has_wait ? WAIT_NONE : all->options.wait,
                  .adopt = all->options.adopt,
                  .key = record_key(from),
                  .member_id = from->member_id,
                  .job_id = from->job_id};
}

static int read_record(const record_tasks *all, record_task *into, const rp_json *object)
{
    int result = all->kind == WANT_CREATE
                     ? record_read_new(&into->record, object, RPKIT_READ_STRICT, &into->refused)
                     : record_read_known(&into->record, object, &into->refused);

    if (result == 0)
        into->want = make_want(all, &into->record);
    return result == RP_E_NO_MEMORY ? result : 0;
}

static void leave_task(void *one)
{
    (void)one;
}

/* Two records of one member: the first acts. Reads do no harm and each gets its own answer. */
static int find_repetitions(record_tasks *all, rp_error **error)
{
    void *tree = NULL;
    int result = 0;

    for (size_t i = 0; i < all->count && result == 0; i++) {
        record_task *one = &all->each[i];
        record_task **found;
        if (one->refused)
            continue;
        found = all->kind == WANT_READ ? &one : tsearch(one, &tree, compare_tasks);
        if (!found)
            result = rp_error_no_memory(error);
        else if (*found != one)
            one->first = *found;
        else
            all->run_count++;
    }
    tdestroy(tree, leave_task);
    return result;
}

int record_tasks_read(record_tasks *all, want_kind kind, const rp_json *records, const call_options *options,
                      rp_error **error)
{
    size_t count = rp_json_count(records);

    *all = (record_tasks){.kind = kind, .options = *options};
    all->each = calloc(count ? count : 1, sizeof(record_task));
    if (!all->each)
        return rp_error_no_memory(error);
    for (; all->count < count; all->count++)
        if (read_record(all, &all->each[all->count], rp_json_at(records, all->count)) < 0) {
            all->count++;
            return rp_error_no_memory(error);
        }
    return find_repetitions(all, error);
}

void record_tasks_clear(record_tasks *all)
{
    for (size_t i = 0; i < all->count; i++) {
        record_clear(&all->each[i].record);
        rp_error_free(all->each[i].refused);
        want_result_clear(&all->each[i].want.result);
    }
    free(all->each);
    *all = (record_tasks){0};
}

void record_task_write_accepted(const record_task *one, rp_json_writer *writer)
{
    const job *accepted = want_job(&one->want);

    record_write_state(&one->record, NULL, accepted ? accepted->id : NULL, accepted ? accepted->uri : NULL,
                       writer);
}
