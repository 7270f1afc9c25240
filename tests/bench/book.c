#include "book.h"

#include "way.h"

const entry *book_find(const book *all, const cell *like)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->entries[i].result.end == CELL_DONE && cell_is(&all->entries[i].cell, like))
            return &all->entries[i];
    return NULL;
}

const entry *book_find_way(const book *all, const cell *place, const char *by, unsigned threads)
{
    cell like = *place;

    like.way = way_named(by);
    like.threads = threads;
    return book_find(all, &like);
}
