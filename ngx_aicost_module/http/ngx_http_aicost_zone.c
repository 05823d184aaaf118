
/*
 * Copyright (C) aicost
 *
 * The shared zone: store, catalogue and consumers by generation, health of
 * the providers, metric rows.
 */


#include "ngx_http_aicost_module.h"


static ngx_int_t ngx_http_aicost_init_files(ngx_http_aicost_main_conf_t *amcf,
    ngx_log_t *log);
static void ngx_http_aicost_lock(void *data);
static void ngx_http_aicost_unlock(void *data);
static uint64_t ngx_http_aicost_hash(uint64_t h, const u_char *data,
    size_t len);
static void ngx_http_aicost_label(char *dst, size_t size, ngx_str_t *src);
static ngx_str_t *ngx_http_aicost_clean(ngx_str_t *s, ngx_str_t *clean,
    u_char *buf);


/* half of the zone is the store's, the rest holds catalogue and consumers,
   old and new generation side by side */

ngx_int_t
ngx_http_aicost_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_aicost_main_conf_t  *old = data;

    size_t                        size;
    ngx_slab_pool_t              *shpool;
    ngx_http_aicost_shared_t     *sh;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    amcf->shpool = shpool;

    if (old || zone->shm.exists) {
        amcf->shared = old ? old->shared : shpool->data;

        if (ngx_http_aicost_attach(amcf) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        shpool->log_nomem = 0;

        sh = ngx_slab_calloc(shpool, sizeof(ngx_http_aicost_shared_t));
        if (sh == NULL) {
            goto small;
        }

        size = (zone->shm.size / 2) & ~((size_t) 4095);

        sh->store = ngx_slab_alloc(shpool, size);
        if (sh->store == NULL) {
            goto small;
        }

        sh->store_size = size;

        shpool->data = sh;
        amcf->shared = sh;

        amcf->region.base = sh->store;
        amcf->region.size = sh->store_size;
        amcf->region.lock = ngx_http_aicost_lock;
        amcf->region.unlock = ngx_http_aicost_unlock;
        amcf->region.data = shpool;

        if (aicost_store_shm_init(&amcf->room, &amcf->region, 1,
                                  (uint64_t) ngx_http_aicost_now() << 20
                                  ^ (uint64_t) ngx_pid)
            != AICOST_OK)
        {
            goto small;
        }

        if (!ngx_test_config) {
            ngx_http_aicost_state_restore(amcf, zone->shm.log);
        }
    }

    switch (ngx_http_aicost_fleet_zone(amcf)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "aicost_zone was made by another version of the module: "
                      "restart nginx");
        return NGX_ERROR;

    default:
        goto small;
    }

    if (old == NULL && !zone->shm.exists && !ngx_test_config) {
        ngx_http_aicost_follow_restore(amcf, zone->shm.log);
    }

    return ngx_http_aicost_init_files(amcf, zone->shm.log);

small:

    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                  "aicost_zone is too small");
    return NGX_ERROR;
}


/* what the configuration read goes in force, but for consumers that the fleet
   has in their place */

static ngx_int_t
ngx_http_aicost_init_files(ngx_http_aicost_main_conf_t *amcf, ngx_log_t *log)
{
    size_t      size;
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_AICOST_FILES; i++) {
        if (amcf->files[i].block == NULL
            || (i == NGX_HTTP_AICOST_CONSUMERS
                && amcf->shared->fleet.published))
        {
            continue;
        }

        if (i == NGX_HTTP_AICOST_PRICES) {
            size = aicost_catalogue_size(amcf->files[i].block);

        } else {
            size = aicost_consumers_size(amcf->files[i].block);
        }

        if (ngx_http_aicost_swap(amcf, i, amcf->files[i].block, size)
            != NGX_OK)
        {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "aicost_zone is too small for \"%V\" (%uz bytes, "
                          "twice while it is replaced)",
                          &amcf->files[i].path, size);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* makes this process a user of the zone */

ngx_int_t
ngx_http_aicost_attach(ngx_http_aicost_main_conf_t *amcf)
{
    uint64_t                      key;
    ngx_str_t                    *name;
    ngx_uint_t                    i, n, slot;
    ngx_http_aicost_health_t     *h;
    ngx_http_aicost_shared_t     *sh;

    sh = amcf->shared;

    amcf->region.base = sh->store;
    amcf->region.size = sh->store_size;
    amcf->region.lock = ngx_http_aicost_lock;
    amcf->region.unlock = ngx_http_aicost_unlock;
    amcf->region.data = amcf->shpool;

    if (aicost_store_shm_init(&amcf->room, &amcf->region, 0, 0)
        != AICOST_OK)
    {
        return NGX_ERROR;
    }

    amcf->store = amcf->room;

    name = amcf->health.elts;

    ngx_shmtx_lock(&amcf->shpool->mutex);

    for (i = 0; i < amcf->health.nelts; i++) {

        key = ngx_http_aicost_hash(0, name[i].data, name[i].len);

        /* a full table shares its last record: the breaker gets coarser */

        slot = key % NGX_HTTP_AICOST_HEALTH;

        for (n = 0; n < NGX_HTTP_AICOST_HEALTH - 1; n++) {
            h = &sh->health[slot];

            if (h->key == key || h->key == 0) {
                break;
            }

            slot = (slot + 1) % NGX_HTTP_AICOST_HEALTH;
        }

        sh->health[slot].key = key;
        amcf->health_slot[i] = (uint32_t) slot;
    }

    /* connections a killed predecessor in this process slot had open */

    if (ngx_process == NGX_PROCESS_WORKER) {
        slot = ngx_http_aicost_slot();

        for (i = 0; i < NGX_HTTP_AICOST_HEALTH; i++) {
            sh->health[i].conns[slot] = 0;
        }

        for (i = 0; i < NGX_HTTP_AICOST_FILES; i++) {
            sh->seen[slot][i] = 0;
        }

        sh->pids[slot] = ngx_pid;
    }

    ngx_shmtx_unlock(&amcf->shpool->mutex);

    return NGX_OK;
}


ngx_uint_t
ngx_http_aicost_slot(void)
{
    ngx_int_t  n;

    n = ngx_process_slot;

    return (n < 0 || n >= NGX_HTTP_AICOST_SLOTS) ? NGX_HTTP_AICOST_SLOTS - 1
                                                 : (ngx_uint_t) n;
}


static void
ngx_http_aicost_lock(void *data)
{
    ngx_slab_pool_t  *shpool = data;

    ngx_shmtx_lock(&shpool->mutex);
}


static void
ngx_http_aicost_unlock(void *data)
{
    ngx_slab_pool_t  *shpool = data;

    ngx_shmtx_unlock(&shpool->mutex);
}


/* the block in force, valid until the worker returns to its event loop */

void *
ngx_http_aicost_block(ngx_http_aicost_main_conf_t *amcf, ngx_uint_t file)
{
    ngx_http_aicost_block_t   *b;
    ngx_http_aicost_shared_t  *sh;

    sh = amcf->shared;
    b = &sh->files[file];

    if (amcf->generations[file] != b->generation) {

        ngx_shmtx_lock(&amcf->shpool->mutex);

        amcf->blocks[file] = b->block;
        amcf->generations[file] = b->generation;

        if (file != NGX_HTTP_AICOST_PRICES
            || ngx_queue_empty(&amcf->deciding))
        {
            sh->seen[ngx_http_aicost_slot()][file] = b->generation;
        }

        ngx_shmtx_unlock(&amcf->shpool->mutex);
    }

    return amcf->blocks[file];
}


/* requests that wait for the store read the prices they began with: the first
   of them holds its generation, and all later ones */

void
ngx_http_aicost_pin(ngx_http_aicost_main_conf_t *amcf)
{
    ngx_queue_t                 *q;
    ngx_atomic_t                *seen;
    ngx_atomic_uint_t            generation;
    ngx_http_aicost_decision_t  *d;

    seen = &amcf->shared->seen[ngx_http_aicost_slot()][NGX_HTTP_AICOST_PRICES];
    generation = amcf->generations[NGX_HTTP_AICOST_PRICES];

    if (!ngx_queue_empty(&amcf->deciding)) {
        q = ngx_queue_head(&amcf->deciding);
        d = ngx_queue_data(q, ngx_http_aicost_decision_t, queue);
        generation = d->generation;
    }

    if (*seen < generation) {
        *seen = generation;
    }
}


/*
 * Puts a new block in force.  Called by the master and by the worker that
 * re-reads the files, from its thread too: takes only the zone's lock.
 */

ngx_int_t
ngx_http_aicost_swap(ngx_http_aicost_main_conf_t *amcf, ngx_uint_t file,
    void *block, size_t size)
{
    void                      *copy;
    ngx_uint_t                 i;
    ngx_http_aicost_block_t   *b;
    ngx_http_aicost_shared_t  *sh;

    sh = amcf->shared;
    b = &sh->files[file];

    /* a reload that changes nothing: old workers need not leave first */

    if (b->block && b->size == size && ngx_memcmp(b->block, block, size) == 0)
    {
        return NGX_OK;
    }

    ngx_http_aicost_forget(amcf);

    copy = ngx_slab_alloc(amcf->shpool, size);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, block, size);

    ngx_shmtx_lock(&amcf->shpool->mutex);

    if (b->block) {
        for (i = 0; i < 4; i++) {
            if (sh->old[i].block == NULL) {
                sh->old[i].block = b->block;
                sh->old[i].generation = b->generation * 2 + file;
                break;
            }
        }

        if (i == 4) {
            ngx_shmtx_unlock(&amcf->shpool->mutex);
            ngx_slab_free(amcf->shpool, copy);
            return NGX_ERROR;
        }
    }

    b->block = copy;
    b->size = size;
    b->loaded = ngx_http_aicost_now();
    b->generation++;

    ngx_shmtx_unlock(&amcf->shpool->mutex);

    return NGX_OK;
}


/* frees old blocks that no worker reads any more */

void
ngx_http_aicost_forget(ngx_http_aicost_main_conf_t *amcf)
{
    ngx_uint_t                 i, s, file;
    ngx_atomic_uint_t          generation;
    ngx_http_aicost_shared_t  *sh;

    sh = amcf->shared;

    ngx_shmtx_lock(&amcf->shpool->mutex);

    for (i = 0; i < 4; i++) {

        if (sh->old[i].block == NULL) {
            continue;
        }

        file = sh->old[i].generation % 2;
        generation = sh->old[i].generation / 2;

        for (s = 0; s < NGX_HTTP_AICOST_SLOTS; s++) {
            if (sh->seen[s][file] && sh->seen[s][file] <= generation) {

                if (kill(sh->pids[s], 0) == 0 || ngx_errno != ESRCH) {
                    break;
                }

                sh->seen[s][file] = 0;
            }
        }

        if (s < NGX_HTTP_AICOST_SLOTS) {
            continue;
        }

        ngx_slab_free_locked(amcf->shpool, sh->old[i].block);
        sh->old[i].block = NULL;
    }

    ngx_shmtx_unlock(&amcf->shpool->mutex);
}


/* the number of a provider's or model's health record */

uint32_t
ngx_http_aicost_health_number(ngx_http_aicost_main_conf_t *amcf,
    ngx_str_t *name)
{
    ngx_str_t   *known;
    ngx_uint_t   i;

    known = amcf->health.elts;

    for (i = 0; i < amcf->health.nelts; i++) {
        if (known[i].len == name->len
            && ngx_memcmp(known[i].data, name->data, name->len) == 0)
        {
            return (uint32_t) i;
        }
    }

    known = ngx_array_push(&amcf->health);

    if (known == NULL) {
        return 0;
    }

    *known = *name;

    return (uint32_t) i;
}


ngx_http_aicost_health_t *
ngx_http_aicost_health(ngx_http_aicost_main_conf_t *amcf, uint32_t number)
{
    return &amcf->shared->health[amcf->health_slot[number]];
}


/* FNV-1a; 0 is kept for "free" */

static uint64_t
ngx_http_aicost_hash(uint64_t h, const u_char *data, size_t len)
{
    size_t  i;

    if (h == 0) {
        h = 14695981039346656037ULL;
    }

    for (i = 0; i < len; i++) {
        h = (h ^ data[i]) * 1099511628211ULL;
    }

    h = (h ^ 0xff) * 1099511628211ULL;

    return h ? h : 1;
}


static void
ngx_http_aicost_label(char *dst, size_t size, ngx_str_t *src)
{
    size_t  n;

    n = ngx_min(src->len, size - 1);
    ngx_memcpy(dst, src->data, n);
    dst[n] = '\0';
}


/* what a client named, as a label can hold it: cut at a character, what is no
   UTF-8 as "?".  buf has NGX_HTTP_AICOST_LABEL bytes */

static ngx_str_t *
ngx_http_aicost_clean(ngx_str_t *s, ngx_str_t *clean, u_char *buf)
{
    u_char    *p, *d, *last, *start;
    uint32_t   c;

    for (p = s->data; p < s->data + s->len; p++) {
        if (*p >= 0x80) {
            break;
        }
    }

    if (p == s->data + s->len) {
        return s;
    }

    d = buf;
    p = s->data;
    last = p + s->len;

    while (p < last) {
        start = p;
        c = (*p < 0x80) ? *p++ : ngx_utf8_decode(&p, last - p);

        if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
            p = start + 1;

            if (d == buf + NGX_HTTP_AICOST_LABEL - 1) {
                break;
            }

            *d++ = '?';
            continue;
        }

        if (p - start > buf + NGX_HTTP_AICOST_LABEL - 1 - d) {
            break;
        }

        d = ngx_cpymem(d, start, p - start);
    }

    clean->data = buf;
    clean->len = d - buf;

    return clean;
}


/* the metric row of these labels; the last row takes what has no room */

ngx_http_aicost_row_t *
ngx_http_aicost_row(ngx_http_aicost_main_conf_t *amcf, ngx_uint_t kind,
    ngx_str_t *tier, ngx_str_t *model, ngx_str_t *consumer,
    ngx_str_t *use_case, const char *reason)
{
    u_char                     buf[2][NGX_HTTP_AICOST_LABEL];
    uint64_t                   key;
    ngx_str_t                  word, other, clean[2];
    ngx_uint_t                 i, slot;
    ngx_http_aicost_row_t     *row;
    ngx_http_aicost_shared_t  *sh;

    sh = amcf->shared;

    consumer = ngx_http_aicost_clean(consumer, &clean[0], buf[0]);
    use_case = ngx_http_aicost_clean(use_case, &clean[1], buf[1]);

    word.data = (u_char *) reason;
    word.len = ngx_strlen(reason);

    /* by what its labels have room for: no two series look the same */

    key = ngx_http_aicost_hash(kind, tier->data,
                               ngx_min(tier->len, sizeof(row->tier) - 1));
    key = ngx_http_aicost_hash(key, model->data,
                               ngx_min(model->len, sizeof(row->model) - 1));
    key = ngx_http_aicost_hash(key, consumer->data,
                               ngx_min(consumer->len,
                                       sizeof(row->consumer) - 1));
    key = ngx_http_aicost_hash(key, use_case->data,
                               ngx_min(use_case->len,
                                       sizeof(row->use_case) - 1));
    key = ngx_http_aicost_hash(key, word.data, word.len);

    slot = key % (NGX_HTTP_AICOST_SERIES - 1);

    for (i = 0; i < 64; i++) {
        row = &sh->rows[slot];

        if (row->key == key) {
            return row;
        }

        if (row->key == 0) {
            break;
        }

        slot = (slot + 1) % (NGX_HTTP_AICOST_SERIES - 1);
    }

    row = NULL;

    ngx_shmtx_lock(&amcf->shpool->mutex);

    for (i = 0; i < 64; i++) {
        row = &sh->rows[slot];

        if (row->key == key || row->key == 0) {
            break;
        }

        slot = (slot + 1) % (NGX_HTTP_AICOST_SERIES - 1);
    }

    if (i == 64) {
        row = &sh->rows[NGX_HTTP_AICOST_SERIES - 1];
        ngx_str_set(&other, "other");
        key = 1;
        kind = NGX_HTTP_AICOST_ROW_CALL;
        tier = &other;
        model = &other;
        consumer = &other;
        use_case = &other;
        word = other;
    }

    if (row->key == 0) {
        row->kind = (uint32_t) kind;
        ngx_http_aicost_label(row->tier, sizeof(row->tier), tier);
        ngx_http_aicost_label(row->model, sizeof(row->model), model);
        ngx_http_aicost_label(row->consumer, sizeof(row->consumer), consumer);
        ngx_http_aicost_label(row->use_case, sizeof(row->use_case), use_case);
        ngx_http_aicost_label(row->reason, sizeof(row->reason), &word);
        ngx_memory_barrier();
        row->key = key;
    }

    ngx_shmtx_unlock(&amcf->shpool->mutex);

    return row;
}
