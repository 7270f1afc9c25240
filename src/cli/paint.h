/*
 * Colours: what is written before and after a word, or nothing.
 */
#ifndef RP_CLI_PAINT_H
#define RP_CLI_PAINT_H

typedef struct rp_paint {
    const char *bold, *dim, *red, *green, *yellow, *blue, *off;
} rp_paint;

static const rp_paint rp_paint_none = {"", "", "", "", "", "", ""};
static const rp_paint rp_paint_ansi = {"\033[1m",  "\033[2m",  "\033[31m", "\033[32m",
                                       "\033[33m", "\033[34m", "\033[0m"};

#endif
