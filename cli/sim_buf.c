
/*
 * Copyright (C) aicost
 */


#include "sim.h"


void
sim_put(sim_buf_t *b, const char *data, size_t len)
{
    if (b->size - b->len < len) {
        b->size = b->size * 2 > b->len + len ? b->size * 2 : b->len + len;
        b->size = b->size < 1024 ? 1024 : b->size;
        b->data = aicost_realloc(b->data, b->size);
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;
}


void
sim_puts(sim_buf_t *b, const char *s)
{
    sim_put(b, s, strlen(s));
}


void
sim_putn(sim_buf_t *b, int64_t n)
{
    char      text[24], *p;
    uint64_t  u;

    p = text + sizeof(text);
    u = n < 0 ? (uint64_t) -(n + 1) + 1 : (uint64_t) n;

    do {
        *--p = (char) ('0' + u % 10);
        u /= 10;
    } while (u);

    if (n < 0) {
        *--p = '-';
    }

    sim_put(b, p, (size_t) (text + sizeof(text) - p));
}


/* at least `digits` of them */

void
sim_puthex(sim_buf_t *b, uint64_t n, size_t digits)
{
    char  text[17], *p;

    p = text + sizeof(text);

    do {
        *--p = "0123456789abcdef"[n & 15];
        n >>= 4;
    } while (n || (size_t) (text + sizeof(text) - p) < digits);

    sim_put(b, p, (size_t) (text + sizeof(text) - p));
}


void
sim_words(const sim_t *sim, sim_buf_t *b, size_t offset, size_t len)
{
    size_t  n;

    while (len) {
        offset %= sim->filler.len;
        n = sim->filler.len - offset;
        n = n < len ? n : len;
        sim_put(b, sim->filler.data + offset, n);
        offset += n;
        len -= n;
    }
}
