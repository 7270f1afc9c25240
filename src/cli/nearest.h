/*
 * The name that somebody may have meant.
 */
#ifndef RP_CLI_NEAREST_H
#define RP_CLI_NEAREST_H

#include "base/text.h"

#include <string.h>

/* The closer of two names to the word typed; NULL is as far as it gets. Further than a third of its letters
   away is no likeness. */
static inline const char *rp_nearer(const char *word, const char *best, const char *name)
{
    unsigned least = best ? rp_edit_distance(word, best) : (unsigned)strlen(word) / 3 + 2;

    return rp_edit_distance(word, name) < least ? name : best;
}

#endif
