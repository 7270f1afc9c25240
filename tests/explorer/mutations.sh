#!/bin/sh
# Takes the ledger's rules out one by one, in a copy, and expects the explorer
# to notice each. Prints which rule of the explorer broke, and in which world.
#
#     mutations.sh FOLDER EXPLORER.c "COMPILER AND FLAGS" LIBRARY...
#
# FOLDER has the parts of the ledger. Each mutation is a name and a Perl
# substitution on the whole text of each part, which must change one.
set -u

parts=$1
explorer=$2
compiler=$3
shift 3
libraries=$*
sources=
for part in slot result listing evidence poll batch ledger; do
    sources="$sources $parts/$part.c"
done
. "$(dirname "$0")/../support/mutation.sh"

play() {
    timeout 20 "$1" --worlds 100000
    [ $? -eq 1 ] || timeout 20 "$1" --exhaust
}

mutation_program "$explorer"

mutate "what was lost is settled at once" \
    's/requested_at >= one->settle_at/true/'
mutate "a list answered after the settle time settles" \
    's/requested_at >= one->settle_at/now >= one->settle_at/'
mutate "a failing server did nothing" \
    's/if \(why->blame == BLAME_SERVER\)/if (false)/'
mutate "any list tells what became of a request" \
    's/slot_is_open\(one\) && l->lists > one->fresh_after/slot_is_open(one)/'
mutate "any list answers a want" \
    's/ && l->lists > one->need_list;/;/'
mutate "a read may use a list from before it came" \
    's/one->need_list = one->arrived_list = l->lists;/one->need_list = one->arrived_list = 0;/'
mutate "by its id, too" \
    's/else if \(shows && l->lists > one->need_list\)/else if (shows)/'
mutate "a request does not make older lists worthless" \
    's/one->fresh_after = l->lists;/(void)l, (void)one;/'
mutate "pages that have passed count for a new key" \
    's/l->listing && l->list_has_pages \? l->lists : l->fresh_floor/l->fresh_floor/'
mutate "a forgotten key forgets its last request" \
    's/l->fresh_floor = one->fresh_after;/(void)0;/'
mutate "a second request for a key does not wait for the first" \
    's/if \(one->acting \|\| one->flight != FLIGHT_NONE\)\n/if (one->acting)\n/'
mutate "who leaves takes the key out of flight" \
    's/(lost && status == RP_DEADLINE_EXCEEDED \? at->failure : NULL\);)/$1\n    if (at->flight != FLIGHT_SENDING)\n        slot_end_flight((slot *)at);/'
mutate "who left is sent all the same" \
    's/case PHASE_READY:\n        leave_before/case PHASE_READY:\n        if (one->phase == PHASE_READY) {\n            want_note(l, one, NOTE_RESULT);\n            one->result = (want_result){.status = status};\n            return;\n        }\n        leave_before/; s/    if \(one->removed && result/    if (one->result.status) {\n        detach(l, one);\n        return;\n    }\n$&/'
mutate "a want that has ended stays where it was" \
    's/detach\(l, one\);/if (one->phase != PHASE_READY)\n        detach(l, one);/'
mutate "who leaves gets no result" \
    's/case PHASE_READY:\n        leave_before_sending/case PHASE_READY:\n        return;\n        leave_before_sending/'
mutate "a lost request had no effect" \
    's/open \? OUTCOME_UNKNOWN : OUTCOME_NONE/OUTCOME_NONE/'
mutate "a refused request may still have an effect" \
    's/open \? OUTCOME_UNKNOWN : OUTCOME_NONE/OUTCOME_UNKNOWN/'
mutate "an accepted create hides its job" \
    's/\.job = one->slot->job\}/.job = NULL}/'
mutate "a failed job did nothing: no look" \
    's/else if \(!undone\)\n/else if (!undone && one->flight != FLIGHT_FAILED)\n/'
mutate "a job that succeeded unseen is tried again" \
    's/one->job && one->job->end == JOB_SUCCEEDED/false/'
mutate "one of several removed: nothing was changed" \
    's/one->acting->removed = true;//'
mutate "a removed member is all there was of its key" \
    's/if \(!undone && one->doing == WANT_DELETE && seen\)/if (false)/'
mutate "another of the key answers for the member" \
    's/one->key_page \? one->key_member : at->seen/at->seen/'
mutate "unhealthy is healthy enough" \
    's/ && !member_is_healthy\(at->seen\);/ \&\& !at->seen;/'
mutate "adopted without being asked" \
    's/!made && !one->adopt;/false;/'
mutate "after a conflict the running job is not waited for" \
    's/replace_job\(&l->blocking_job, ledger_awaited_job\(l\)\);//'
mutate "after a conflict there is no pause" \
    's/pause_sends\(l, why->retry_after_ms, now\);//'
mutate "a pause is cut short" \
    's/pause > at_least_ms \? pause : at_least_ms/pause/'
mutate "a conflict waits for the job however long it runs" \
    's/l->blocked_until = now \+ PAUSE_LONGEST_MS;/l->blocked_until = LEDGER_NEVER;/'
mutate "a refused batch is not divided" \
    's/if \(sent_with == 1 \|\| why->blame != BLAME_RECORD\)/if (true)/'
mutate "a refused batch is taken apart one by one" \
    's|half = \(count \+ 1\) / 2|half = 1|'
mutate "dividing has no budget" \
    's/l->sending->bisection->sends_left--;/(void)0;/'
mutate "parts of a divided batch are sent with others" \
    's/first->bisection \? one->group == first->group && one->bisection : !one->bisection/true/'
mutate "one of several is gone: no look" \
    's/why->meaning == MEANS_MEMBER_GONE && !means_gone\(sent, why\)/false/'
mutate "a list ends before all is known" \
    's/if \(one->acting && list_covers_want\(l, one->acting\)\)\n        return false;//'
mutate "a list ends before the removed is known to be gone" \
    's/one->doing == WANT_DELETE \? !one->seen_own \|\| !seen : !seen/!seen \&\& one->doing == WANT_CREATE/'
mutate "batches have no limit" \
    's/ && count < l->options.max_batch//'
mutate "lists run side by side" \
    's/if \(l->listing \|\| ledger_next_list_at/if (ledger_next_list_at/'
mutate "transfers run side by side" \
    's/if \(!first \|\| l->sending \|\|/if (!first ||/'
mutate "jobs are asked though nobody waits" \
    's/ \|\| one->waited_for != l->job_counts\)/)/'
mutate "lists are asked for though nobody waits" \
    's/if \(slot_is_open\(one\) && slot_is_wanted\(one\)\)\n        at =/if (slot_is_open(one))\n        at =/'
mutate "jobs are asked without pause" \
    's/polled->poll_at = now \+ next_pause_ms\(l, polled, now\);/polled->poll_at = now + 1;/'
mutate "unresolved keys are looked for without pause" \
    's/next = now \+ ledger_jittered\(l, one->pause_ms\);/next = now + 1;/'
mutate "a gone listener is asked again for each in the queue" \
    's/slot_next_in_queue\(l, one\);\n        if \(!list_covers_want\(l, one->acting\)\)\n            return;\n        fail_listing/if (!one->acting)\n            break;\n        if (!list_covers_want(l, one->acting))\n            return;\n        fail_listing/'
mutate "no wake-up for polls" \
    's/return sooner\(at, ledger_next_poll_at\(l\)\);/return at;/'
mutate "no wake-up for sends" \
    's/at = sooner\(at, unblocked_at > send_from \? unblocked_at : send_from\);/(void)send_from;/'
mutate "wake-ups for nothing" \
    's/l->listing \? LEDGER_NEVER : ledger_next_list_at\(l, now\)/ledger_next_list_at(l, now)/'
mutate "what is there is added again" \
    's/if \(seen != \(acting->kind == WANT_CREATE\)\)/if (acting->kind == WANT_CREATE || seen)/'
mutate "what was removed had not existed" \
    's/\.existed = true,\n/.existed = false,\n/'
mutate "deletes are sent as adds" \
    's/sent->kind = first->acting->kind;/sent->kind = WANT_CREATE;/'
mutate "any member of the page is removed" \
    's/one->seen->id\)/one->seen_page->members[0].id)/'
mutate "failures are not told" \
    's/\.outcome = ended, \.failure = why/.outcome = ended/'
mutate "who leaves is told that all is well" \
    's/\.status = status_of_leaving\(status, cause\)/.status = RP_OK/'
mutate "a failed job fails those in the queue" \
    's/replace_failure\(&one->failure, ended->failure\);/$&\n    if (failed)\n        slot_fail_queue(l, one, ended->failure);/'
mutate "an old failure_kind is told for ever" \
    's/if \(!want_waits_out_conflict\(l, acting, now\)\)\n        replace_failure\(&acting->cause, NULL\);//'
mutate "a late list is everybody's failure_kind" \
    's/list_covers_want\(l, one\) && !conflicts/!conflicts/'
mutate "no memory for a batch: nobody is told" \
    's/if \(!l->sending\) \{\n        want_finish_failed/if (!l->sending) {\n        return false;\n        want_finish_failed/'
mutate "a batch that is not divided is told nothing" \
    's/give_up\(l, members, count, &failure_no_memory\);/(void)0;/'
mutate "what is to be sent again counts as sent" \
    's/one->acting->phase = PHASE_READY;/if (one->acting->phase == PHASE_LIST)\n        one->acting->phase = PHASE_READY;/'
mutate "a result takes what was freed with its bisection" \
    's/    detach\(l, one\);.*\n//; s/    one->result = result;\n/    detach(l, one);\n$&/; s/_cleanup_\(failure_unrefp\) failure \*untried = NULL;\n//; s/untried = not_tried_alone\(first->bisection->why\);/failure *untried = first->bisection->why;/'
mutate "those not tried alone are blamed" \
    's/_cleanup_\(failure_unrefp\) failure \*untried = not_tried_alone\(why\);/failure *untried = why;/'
mutate "those whose turn does not come are blamed" \
    's/untried = not_tried_alone\(first->bisection->why\);/untried = failure_ref(first->bisection->why);/'
mutate "what was not sent costs budget" \
    's/sent->bisection->sends_left\+\+;/(void)0;/'
mutate "a list from before the record came tells what is there" \
    's/else if \(l->lists <= acting->arrived_list\)/else if (false)/'
mutate "a job is forgotten at the first answer that it is not known" \
    's/polled->unknown_count >= 2/true/'
mutate "what was accepted is never settled by time" \
    's/(slot_needs_new_list\(l, one\);\n    )one->settle_at = now \+ l->options.settle_ms;\n    one->list_at = now;/$1one->settle_at = LEDGER_NEVER;\n    one->list_at = now;/'
mutate "part of a list tells what is gone" \
    's/if \(!shows_it && l->list_is_partial\)/if (false)/'
mutate "jobs that nobody needs are kept" \
    's/if \(one->polling \|\| one->waited_for == l->job_counts/if (true || one->waited_for == l->job_counts/'
mutate "failures are not given back" \
    's/failure_unref\(old\);//'

mutation_end
