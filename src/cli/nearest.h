/*
 * The nearest known name, for "did you mean".
 */
#ifndef RP_CLI_NEAREST_H
#define RP_CLI_NEAREST_H

#include "base/text.h"

#include <string.h>

/* The one of two names that is closer to the typed word, by edit distance; NULL if both differ in more than a
   third of its letters. */
static inline const char *rp_nearer(const char *word, const char *best, const char *name)
{
    unsigned least = best ? rp_edit_distance(word, best) : (unsigned)strlen(word) / 3 + 2;

    return rp_edit_distance(word, name) < least ? name : best;
}

#endif
