/*
 * Color sequences, or empty strings.
 */
#ifndef RP_CLI_OUTPUT_COLOR_H
#define RP_CLI_OUTPUT_COLOR_H

typedef struct rp_color {
    const char *bold, *dim, *red, *green, *yellow, *blue, *off;
} rp_color;

static const rp_color rp_color_none = {"", "", "", "", "", "", ""};
static const rp_color rp_color_ansi = {"\033[1m",  "\033[2m",  "\033[31m", "\033[32m",
                                       "\033[33m", "\033[34m", "\033[0m"};

#endif
