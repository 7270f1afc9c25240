#!/bin/sh
# Takes rules out of the plugin, from the driver down to the session, one by
# one in a copy, and expects the simulation to notice each. Prints which rule
# of the simulation broke, and in which world.
#
#     mutations.sh ROOT SIMULATION.c "COMPILER AND FLAGS" LIBRARY...
set -u

root=$1
program=$2
compiler=$3
shift 3
libraries=$*
sources=$(ls "$root"/plugin/elb_member/*.c "$root"/src/http/retry.c "$root"/src/otc/session*.c "$root"/src/otc/auth_state.c | grep -v /plugin.c)
. "$root/tests/support/mutation.sh"

play() {
    timeout 60 "$1" --worlds "${worlds:-6000}" 2>&1
}

mutation_program "$program"

# --- nothing twice, nothing lost
mutate "what was lost is settled at once" \
    's/requested_at >= one->settle_at/true/'
mutate "a read may use a list from before it came" \
    's/one->need_list = one->arrived_list = l->lists;/one->need_list = one->arrived_list = 0;/'
mutate "a lost request had no effect" \
    's/open \? OUTCOME_UNKNOWN : OUTCOME_NONE/OUTCOME_NONE/'
mutate "an accepted create hides its job" \
    's/\.job = one->slot->job\}/.job = NULL}/'
mutate "a list without the key is no reason to add" \
    's/if \(seen != \(acting->kind == WANT_CREATE\)\)/if (acting->kind == WANT_CREATE || seen)/'
mutate "a POST is repeated by the transport" \
    's/(one->request.body_len = [^\n]*\n\s*)one->request.repeatable = false;\n\s*one->request.once = true;/$1one->request.repeatable = true;/'
mutate "a refused GET of a listener is repeated" \
    's/(one->request.repeatable = )false;\n\s*one->request.once = true;(\s*one->url = elb_listener_path)/$1true;$2/'
mutate "adopted without being asked" \
    's/!made && !one->adopt;/false;/'

# --- blame
mutate "a refused batch is not divided" \
    's/if \(sent_with == 1 \|\| why->blame != BLAME_RECORD\)/if (true)/'
mutate "those not tried alone are blamed" \
    's/_cleanup_\(failure_unrefp\) failure \*untried = not_tried_alone\(why\);/failure *untried = why;/'

# --- where a list ends
mutate "a page shorter than the limit is the last" \
    's/return count == 0 \|\| count < p->longest;/return count < PAGING_LIMIT;/'
mutate "a page as long as the longest is the last" \
    's/count < p->longest;/count <= p->longest;/'
mutate "adds that may still come do not count" \
    's/added.count == may_be_added && //'
mutate "any list shows what was added before" \
    's/return one->add_end \? [^;]*;/return true;/'
mutate "any members are those of the list before" \
    's/one.count == other.count && one.ids == other.ids/one.count == other.count/'

# --- time and threads
mutate "the call's time is not looked at" \
    's/return now_ms\(d\) >= c->deadline \? RP_DEADLINE_EXCEEDED : RP_OK;/return RP_OK;/'
mutate "cancel is not looked at" \
    's/return RP_CANCELLED;/return RP_OK;/'
mutate "a waiting thread sleeps for long" \
    's/#define SLICE_MS 100/#define SLICE_MS 2000/'
mutate "waiting keeps the lock" \
    's/pthread_mutex_unlock\(&d->lock\);\n    rp_transport_wait\(d->transport, ms\);\n    pthread_mutex_lock\(&d->lock\);/rp_transport_wait(d->transport, ms);/'
mutate "events come with the lock held" \
    's/pthread_mutex_unlock\(&d->lock\);\n(\s*c->host->on_event\([^\n]*\n\s*free\(one\);\n)\s*pthread_mutex_lock\(&d->lock\);/$1/'
mutate "attempts have no time limit" \
    's/\.attempt_timeout_ms = c->attempt_timeout_ms,//'

# --- what is asked for
mutate "max_parallel has no meaning" \
    's/return count_under_way\(d\) < d->options.max_parallel;/return count_under_way(d) < 1000;/'
mutate "after a pause those that waited take no place" \
    's/return !mine->delayed \|\|/return !mine->failures ||/'
mutate "a place is given up by who has none" \
    's/one->kind == REQUEST_LISTENER && has_place\(one\)/one->kind == REQUEST_LISTENER/'
mutate "a list call takes a place that is not there" \
    's/!\(room && start_page\(d, at\)\)/!start_page(d, at)/'
mutate "batches have no limit" \
    's/ && count < l->options.max_batch//'
mutate "transfers run side by side" \
    's/if \(!first \|\| l->sending \|\|/if (!first ||/'
mutate "jobs are asked without pause" \
    's/polled->poll_at = now \+ next_pause_ms\(l, polled, now\);/polled->poll_at = now + 1;/'
mutate "what nobody waits for goes on" \
    's/(drop_unwanted_requests\(driver \*d\)\n\{\n)/$1    return;\n/'

# --- patience
mutate "throttled requests are repeated at once" \
    's/if \(verdict == RP_VERDICT_THROTTLED\)\n\s*pause_all\(self, pause_ms\);//'
mutate "what waited for a login begins during a pause" \
    's/ && session_may_begin\(each\)//'
mutate "after a pause all start at once" \
    's/SPREAD_MS;/0;/'
mutate "nobody is told of the pause" \
    's/if \(!d->throttled \|\| d->send_from <= now_ms\(d\)\)/if (true)/'

# --- logins
mutate "refused credentials are sent again" \
    's/self->refused = true;//'
mutate "no pause after a failed login" \
    's/self->paused_until_ms = now_ms\(self\) \+ [^\n]*;/self->paused_until_ms = 0;/'
mutate "a refused token is not renewed" \
    's/if \(!renewable \|\| mine->renewed\)/if (true || !renewable)/'

mutate "a proxy's page proves that a token is good" \
    's/ && is_of_the_service\(reply\);/;/'

mutate "what is read late was late from the start" \
    's/reply, asked->made_at_s, &error/reply, wall_s(self), \&error/'

# --- memory
mutate "failures are not given back" \
    's/failure_unref\(old\);//'
mutate "pages are not given back" \
    's/(static void slot_drop_page|void slot_drop_page)\(slot \*one\)\n\{\n[^}]*?page_unref\([^\n]*\);/$1(slot *one)\n{/'

mutate "keys are not forgotten when they have settled" \
    's/slot_end_flight\(one\);\n(\s*\}\n\s*slot_next_in_queue\(l, one\);\n\s*\}\n\s*ledger_drop_unused_jobs)/$1/'
mutate "a listener that nobody uses does not settle" \
    's/    let_rest\(all, now\);\n//'

mutation_end
