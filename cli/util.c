
/*
 * Copyright (C) aicost
 *
 * What every command needs: words, files, tables.
 */


#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aicost.h"


void
aicost_say(const char *fmt, ...)
{
    va_list  args;

    fflush(stdout);
    fputs("aicost: ", stderr);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fputc('\n', stderr);
}


int
aicost_usage(const char *command, const char *fmt, ...)
{
    va_list  args;

    fflush(stdout);
    fprintf(stderr, "aicost: %s: ", command);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fprintf(stderr, "; see \"aicost help %s\"\n", command);

    return AICOST_EXIT_USAGE;
}


int
aicost_option(int argc, char **argv, const struct option *options)
{
    int  c;

    opterr = 0;

    c = getopt_long(argc, argv, ":h", options, NULL);

    if (c == ':') {
        (void) aicost_usage(argv[0], "%s needs a value", argv[optind - 1]);
        return '?';
    }

    if (c == '?') {
        (void) aicost_usage(argv[0], "unknown or ambiguous option %s",
                            argv[optind - 1]);
    }

    return c;
}


int
aicost_number(const char *s, int64_t min, int64_t max, int64_t *value)
{
    char       *end;
    long long   n;

    if (*s == '\0' || strspn(s, "-0123456789") != strlen(s)) {
        return AICOST_ERROR;
    }

    errno = 0;
    n = strtoll(s, &end, 10);

    if (errno != 0 || *end != '\0' || n < min || n > max) {
        return AICOST_ERROR;
    }

    *value = n;

    return AICOST_OK;
}


void *
aicost_alloc(size_t size)
{
    return aicost_realloc(NULL, size);
}


void *
aicost_realloc(void *p, size_t size)
{
    p = realloc(p, size ? size : 1);

    if (p == NULL) {
        aicost_say("out of memory");
        exit(AICOST_EXIT_FAILED);
    }

    return p;
}


char *
aicost_dup(const char *s, size_t len)
{
    char  *p;

    p = aicost_alloc(len + 1);
    memcpy(p, s, len);
    p[len] = '\0';

    return p;
}


void *
aicost_core_alloc(void *ctx, void *p, size_t size)
{
    (void) ctx;

    if (size == 0) {
        free(p);
        return NULL;
    }

    return realloc(p, size);
}


char *
aicost_read(const char *path, size_t *len)
{
    int      fd;
    char    *data;
    size_t   size, n;
    ssize_t  r;

    fd = strcmp(path, "-") == 0 ? STDIN_FILENO
                                : open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        aicost_say("cannot open %s: %s", path, strerror(errno));
        return NULL;
    }

    size = 65536;
    data = aicost_alloc(size);
    n = 0;

    for ( ;; ) {
        if (n == size - 1) {
            size *= 2;
            data = aicost_realloc(data, size);
        }

        r = read(fd, data + n, size - 1 - n);

        if (r == -1 && errno == EINTR) {
            continue;
        }

        if (r <= 0) {
            break;
        }

        n += (size_t) r;

        if (n > AICOST_FILE_MAX) {
            errno = EFBIG;
            r = -1;
            break;
        }
    }

    if (r == -1) {
        aicost_say("cannot read %s: %s", path, strerror(errno));
        free(data);
        data = NULL;

    } else {
        data[n] = '\0';
        *len = n;
    }

    if (fd != STDIN_FILENO) {
        close(fd);
    }

    return data;
}


char *
aicost_read_secret(const char *path)
{
    char    *data, *p;
    size_t   len;

    data = aicost_read(path, &len);
    if (data == NULL) {
        return NULL;
    }

    p = data + strspn(data, " \t\r\n");
    p[strcspn(p, " \t\r\n")] = '\0';

    if (*p == '\0') {
        aicost_say("%s is empty", path);
        free(data);
        return NULL;
    }

    memmove(data, p, strlen(p) + 1);

    return data;
}


static int
aicost_write_all(int fd, const char *data, size_t len)
{
    ssize_t  n;

    while (len) {
        n = write(fd, data, len);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            return AICOST_ERROR;
        }

        data += n;
        len -= (size_t) n;
    }

    return fsync(fd) == 0 ? AICOST_OK : AICOST_ERROR;
}


/* the rename itself must survive a crash too */

static void
aicost_sync_folder(const char *path)
{
    int          fd;
    char        *folder;
    const char  *slash;

    slash = strrchr(path, '/');
    folder = slash ? aicost_dup(path, (size_t) (slash - path) + 1)
                   : aicost_dup(".", 1);

    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd != -1) {
        (void) fsync(fd);
        close(fd);
    }

    free(folder);
}


int
aicost_write(const char *path, const char *data, size_t len, unsigned mode)
{
    int          fd;
    char        *temp;
    size_t       n;
    unsigned     there;
    struct stat  st;

    there = stat(path, &st) == 0;

    n = strlen(path) + sizeof(".XXXXXX");
    temp = aicost_alloc(n);
    (void) snprintf(temp, n, "%s.XXXXXX", path);

    fd = mkstemp(temp);

    if (fd == -1) {
        aicost_say("cannot write %s: %s", temp, strerror(errno));
        free(temp);
        return AICOST_ERROR;
    }

    if (there) {
        /* the owner can be kept by root only; the mode must be */
        if (fchown(fd, st.st_uid, st.st_gid) == -1) {
            errno = 0;
        }

        mode = (unsigned) st.st_mode & 07777;
    }

    if (fchmod(fd, (mode_t) mode) == -1
        || aicost_write_all(fd, data, len) != AICOST_OK
        || rename(temp, path) == -1)
    {
        aicost_say("cannot write %s: %s", path, strerror(errno));
        (void) unlink(temp);
        close(fd);
        free(temp);
        return AICOST_ERROR;
    }

    close(fd);
    free(temp);
    aicost_sync_folder(path);

    return AICOST_OK;
}


int64_t
aicost_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


void
aicost_date(int64_t ms, char *buf)
{
    time_t     sec;
    struct tm  tm;

    sec = (time_t) (ms / 1000);

    if (gmtime_r(&sec, &tm) == NULL
        || strftime(buf, 32, "%Y-%m-%d", &tm) == 0)
    {
        memcpy(buf, "-", 2);
    }
}


void
aicost_print_json(json_t *root)
{
    (void) json_dumpf(root, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    fputc('\n', stdout);
}


void
aicost_table_init(aicost_table_t *t, size_t columns, unsigned right)
{
    memset(t, 0, sizeof(*t));
    t->columns = columns;
    t->right = right;
}


void
aicost_table_row(aicost_table_t *t, const char *const *cells)
{
    size_t  i, n;

    n = t->rows * t->columns;
    t->cells = aicost_realloc(t->cells, (n + t->columns) * sizeof(char *));

    for (i = 0; i < t->columns; i++) {
        t->cells[n + i] = aicost_dup(cells[i], strlen(cells[i]));
    }

    t->rows++;
}


/* characters, not bytes; a control byte would fool the terminal */

static size_t
aicost_table_width(char *s)
{
    size_t  n;

    for (n = 0; *s; s++) {
        if ((unsigned char) *s < 0x20 || *s == 0x7f) {
            *s = '?';
        }

        n += ((unsigned char) *s & 0xc0) != 0x80;
    }

    return n;
}


void
aicost_table_print(aicost_table_t *t, FILE *f)
{
    char    *cell;
    size_t   row, col, n, last, width[AICOST_TABLE_COLUMNS];

    memset(width, 0, sizeof(width));

    for (n = 0; n < t->rows * t->columns; n++) {
        col = n % t->columns;

        if (aicost_table_width(t->cells[n]) > width[col]) {
            width[col] = aicost_table_width(t->cells[n]);
        }
    }

    for (row = 0; row < t->rows; row++) {
        for (last = t->columns; last > 1; last--) {
            if (t->cells[row * t->columns + last - 1][0] != '\0') {
                break;
            }
        }

        for (col = 0; col < last; col++) {
            cell = t->cells[row * t->columns + col];
            n = width[col] - aicost_table_width(cell);

            if (col) {
                fputs("  ", f);
            }

            if (t->right & (1u << col)) {
                fprintf(f, "%*s%s", (int) n, "", cell);

            } else if (col == last - 1) {
                fputs(cell, f);

            } else {
                fprintf(f, "%s%*s", cell, (int) n, "");
            }
        }

        fputc('\n', f);
    }
}


void
aicost_table_free(aicost_table_t *t)
{
    size_t  i;

    for (i = 0; i < t->rows * t->columns; i++) {
        free(t->cells[i]);
    }

    free(t->cells);
    memset(t, 0, sizeof(*t));
}


int
aicost_tape(aicost_json_t *j, const void *data, size_t len)
{
    int                  rc;
    uint32_t             max;
    aicost_json_node_t  *nodes;

    max = 256;
    nodes = aicost_alloc(max * sizeof(aicost_json_node_t));
    aicost_json_init(j, data, len, nodes, max);

    for ( ;; ) {
        rc = aicost_json_run(j, len + 1);

        if (rc == AICOST_AGAIN) {
            continue;
        }

        if (rc != AICOST_DECLINED) {
            return rc;
        }

        max = j->max * 4 < AICOST_MAX_NODES ? j->max * 4 : AICOST_MAX_NODES;
        nodes = aicost_realloc(j->nodes, max * sizeof(aicost_json_node_t));
        aicost_json_grow(j, nodes, max);
    }
}
