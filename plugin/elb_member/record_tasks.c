#include "record_tasks.h"

#include "kit/attributes.h"

static want make_want(const record_tasks *all, const record *from, bool waits)
{
    return (want){.kind = all->kind,
                  .wait = all->kind == WANT_READ && !waits ? WAIT_NONE : all->options.wait,
                  .adopt = all->options.adopt,
                  .key = record_key(from),
                  .member_id = from->member_id,
                  .job_id = from->job_id};
}

static void make_task(record_tasks *all, size_t index, const rpkit_call *asked)
{
    const record *from = rpkit_record(asked, index);
    record_task *into = &all->each[index];
    size_t first = rpkit_twin(asked, index);

    into->refused = !from;
    if (!from)
        return;
    into->record = *from;
    into->first = first == index ? NULL : &all->each[first];
    into->want = make_want(all, from, rpkit_given(asked, "options", "wait"));
    all->run_count += task_is_run(into);
}

int record_tasks_make(record_tasks *all, const rpkit_call *asked, const config *defaults)
{
    size_t count = rpkit_count(asked);

    all->options = call_options_of(asked, defaults);
    all->each = calloc(count ? count : 1, sizeof(record_task));
    if (!all->each)
        return RP_E_NO_MEMORY;
    for (; all->count < count; all->count++)
        make_task(all, all->count, asked);
    return 0;
}

void record_tasks_clear(record_tasks *all)
{
    for (size_t i = 0; i < all->count; i++)
        want_result_clear(&all->each[i].want.result);
    free(all->each);
    *all = (record_tasks){0};
}

void record_task_write_accepted(const record_task *one, rp_json_writer *writer)
{
    const job *accepted = want_job(&one->want);
    _cleanup_(rp_freep) char *id = NULL;
    record state = record_state(&one->record, NULL, accepted ? accepted->id : NULL,
                                accepted ? accepted->uri : NULL, &id);

    rp_write_begin(writer, '{');
    rpkit_attributes_write(record_attributes, &state, writer);
    rp_write_end(writer, '}');
}
