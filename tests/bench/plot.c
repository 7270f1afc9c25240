#include "plot.h"

#include "report.h"
#include "workload.h"

#include <math.h>
#include <string.h>

#define MAX_SVG    (4u << 20)
#define MAX_PANELS 16

enum {
    PANEL_WIDTH = 360,
    PANEL_HEIGHT = 280,
    LEFT = 56, /* between a panel's edge and its axes */
    RIGHT = 12,
    TOP = 28,
    BOTTOM = 32,
    IN_A_ROW = 3,
    LEGEND_HEIGHT = 30
};

/* Powers of ten at the axes' ends: 1 to 10,000 records, 1 ms to 1,000 s. */
enum {
    MOST_RECORDS = 4,
    MOST_MS = 6
};

static const struct series {
    const char *workload;
    unsigned threads;
    const char *colour, *title;
} lines[] = {
    {"floor", 1, "#888888", "floor"},
    {"batch", 1, "#0072b2", "one call"},
    {"threads", 10, "#009e73", "10 threads"},
    {"threads", 50, "#56b4e9", "50 threads"},
    {"one-by-one", 1, "#d55e00", "one by one"},
    {"one-by-one", 10, "#e69f00", "one by one, 10 threads"},
    {"one-by-one-5s", 10, "#cc79a7", "one by one at 5 s, 10 threads"},
};

/* A place on one listener, and where its panel is. */
struct panel {
    grid_cell place;
    unsigned x, y;
};

static bool is_in(const struct panel *panel, const grid_cell *one)
{
    return panel->place.latency_ms == one->latency_ms && panel->place.job_ms == one->job_ms &&
           one->listeners == 1 && one->max_batch == USUAL_BATCH;
}

static size_t find_panels(const results_table *all, struct panel panels[MAX_PANELS])
{
    size_t count = 0, known;

    for (size_t i = 0; i < all->count; i++) {
        const grid_cell *one = &all->entries[i].cell;
        for (known = 0; known < count && !is_in(&panels[known], one); known++)
            continue;
        if (known < count || count == MAX_PANELS || one->listeners != 1 || one->max_batch != USUAL_BATCH)
            continue;
        panels[count] = (struct panel){*one, (unsigned)(count % IN_A_ROW) * PANEL_WIDTH,
                                       LEGEND_HEIGHT + (unsigned)(count / IN_A_ROW) * PANEL_HEIGHT};
        count++;
    }
    return count;
}

static double x_of(const struct panel *panel, double records)
{
    return panel->x + LEFT + log10(records) / MOST_RECORDS * (PANEL_WIDTH - LEFT - RIGHT);
}

static double y_of(const struct panel *panel, double ms)
{
    double height = log10(ms < 1 ? 1 : ms) / MOST_MS;

    return panel->y + PANEL_HEIGHT - BOTTOM - height * (PANEL_HEIGHT - TOP - BOTTOM);
}

static void draw_rule(rp_buffer *out, double x1, double y1, double x2, double y2)
{
    rp_buffer_format(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>\n", x1,
                     y1, x2, y2);
}

static void draw_text(rp_buffer *out, double x, double y, const char *anchor, const char *text)
{
    rp_buffer_format(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, text);
}

static void draw_axes(const struct panel *panel, rp_buffer *out)
{
    static const char *const times[] = {"1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s"};
    static const char *const numbers[] = {"1", "10", "100", "1,000", "10,000"};
    _cleanup_(rp_buffer_done) rp_buffer title = RP_BUFFER(256);

    for (int i = 0; i <= MOST_MS; i++) {
        double y = y_of(panel, pow(10, i));
        draw_rule(out, x_of(panel, 1), y, x_of(panel, 10000), y);
        draw_text(out, panel->x + LEFT - 6, y + 4, "end", times[i]);
    }
    for (int i = 0; i <= MOST_RECORDS; i++) {
        double x = x_of(panel, pow(10, i));
        draw_rule(out, x, y_of(panel, 1), x, y_of(panel, 1e6));
        draw_text(out, x, panel->y + PANEL_HEIGHT - BOTTOM + 16, "middle", numbers[i]);
    }
    rp_buffer_format(&title, "latency %u ms, jobs %u ms", panel->place.latency_ms, panel->place.job_ms);
    draw_text(out, panel->x + LEFT, panel->y + TOP - 10, "start", rp_buffer_text(&title));
}

/* Its points, in the order of the grid, which is that of the number of records. */
static void draw_line(const results_table *all, const struct panel *panel, const struct series *line,
                      rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer points = RP_BUFFER(MAX_SVG);

    for (size_t i = 0; i < all->count; i++) {
        const entry *one = &all->entries[i];
        double x, y;
        if (one->result.end != CELL_DONE || !is_in(panel, &one->cell) || one->cell.threads != line->threads ||
            strcmp(one->cell.workload->name, line->workload) != 0)
            continue;
        x = x_of(panel, one->cell.records);
        y = y_of(panel, (double)one->result.create.wall_us / 1000);
        rp_buffer_format(&points, "%.1f,%.1f ", x, y);
        rp_buffer_format(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x, y, line->colour);
    }
    if (points.len)
        rp_buffer_format(out, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n",
                         rp_buffer_text(&points), line->colour);
}

static void draw_legend(rp_buffer *out)
{
    double x = LEFT;

    for (size_t i = 0; i < rp_count_of(lines); i++) {
        rp_buffer_format(out, "<circle cx=\"%.1f\" cy=\"14\" r=\"4\" fill=\"%s\"/>\n", x, lines[i].colour);
        draw_text(out, x + 8, 18, "start", lines[i].title);
        x += 30 + 6.2 * (double)strlen(lines[i].title);
    }
}

int plot_write(const results_table *all, const char *path, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer out = RP_BUFFER(MAX_SVG);
    struct panel panels[MAX_PANELS];
    size_t count = find_panels(all, panels);
    unsigned rows = (unsigned)(count + IN_A_ROW - 1) / IN_A_ROW;

    rp_buffer_format(&out,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
                     "font-family=\"sans-serif\" font-size=\"11\">\n"
                     "<title>Wall time of create over the number of records</title>\n"
                     "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                     IN_A_ROW * PANEL_WIDTH, LEGEND_HEIGHT + rows * PANEL_HEIGHT);
    draw_legend(&out);
    for (size_t i = 0; i < count; i++) {
        draw_axes(&panels[i], &out);
        for (size_t line = 0; line < rp_count_of(lines); line++)
            draw_line(all, &panels[i], &lines[line], &out);
    }
    rp_buffer_add_text(&out, "</svg>\n");
    return report_write(path, &out, error);
}
