
/*
 * Copyright (C) aicost
 *
 * A map read before the body is there (by a limit, a log condition) remembers
 * what it saw then.  Before aicost_pass is evaluated the cached values of map
 * and split_clients variables are forgotten, and of no others: what `set` or
 * auth_request assigned could not be made again.
 */


#include "ngx_http_aicost_module.h"


static ngx_http_get_variable_pt ngx_http_aicost_probe(ngx_conf_t *cf,
    const char *module, const char *text, ngx_str_t *args, ngx_uint_t n);
static ngx_int_t ngx_http_aicost_list_maps(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf);


static ngx_str_t  ngx_http_aicost_map_probe[] = {
    ngx_string("map"),
    ngx_string("$remote_addr"),
    ngx_string("$aicost_probe_map")
};


static ngx_str_t  ngx_http_aicost_split_probe[] = {
    ngx_string("split_clients"),
    ngx_string("$remote_addr"),
    ngx_string("$aicost_probe_split")
};


/* nginx does not tell whose variable one is, but all of a module's have the
   same getter: declare one of each and look */

ngx_int_t
ngx_http_aicost_probe_maps(ngx_conf_t *cf)
{
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);

    amcf->maps[0] = ngx_http_aicost_probe(cf, "ngx_http_map_module",
                                          "default 0;",
                                          ngx_http_aicost_map_probe, 3);

    amcf->maps[1] = ngx_http_aicost_probe(cf, "ngx_http_split_clients_module",
                                          "* 0;",
                                          ngx_http_aicost_split_probe, 3);

    return NGX_OK;
}


/* NULL when the module is not there or refuses */

static ngx_http_get_variable_pt
ngx_http_aicost_probe(ngx_conf_t *cf, const char *module, const char *text,
    ngx_str_t *args, ngx_uint_t n)
{
    char                       *rv;
    void                       *conf;
    ngx_buf_t                   b;
    ngx_str_t                  *name;
    ngx_conf_t                  pcf;
    ngx_uint_t                  i;
    ngx_array_t                 words;
    ngx_module_t               *m;
    ngx_hash_key_t             *key;
    ngx_conf_file_t             file;
    ngx_http_conf_ctx_t        *ctx;
    ngx_http_variable_t        *var;
    ngx_http_core_main_conf_t  *cmcf;

    m = NULL;

    for (i = 0; cf->cycle->modules[i]; i++) {
        if (ngx_strcmp(cf->cycle->modules[i]->name, module) == 0) {
            m = cf->cycle->modules[i];
            break;
        }
    }

    if (m == NULL) {
        return NULL;
    }

    if (ngx_array_init(&words, cf->pool, n, sizeof(ngx_str_t)) != NGX_OK) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        name = ngx_array_push(&words);
        if (name == NULL) {
            return NULL;
        }

        *name = args[i];
    }

    ngx_memzero(&file, sizeof(ngx_conf_file_t));
    ngx_memzero(&b, sizeof(ngx_buf_t));

    b.start = (u_char *) text;
    b.pos = b.start;
    b.last = b.start + ngx_strlen(text);
    b.end = b.last;
    b.temporary = 1;

    file.file.fd = NGX_INVALID_FILE;
    file.buffer = &b;

    pcf = *cf;
    pcf.conf_file = &file;
    pcf.args = &words;

    ctx = cf->ctx;
    conf = ctx->main_conf[m->ctx_index];

    rv = m->commands[0].set(&pcf, &m->commands[0], conf);

    if (rv != NGX_CONF_OK) {
        return NULL;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {
        if (key[i].key.len == args[2].len - 1
            && ngx_strncasecmp(key[i].key.data, args[2].data + 1,
                               key[i].key.len) == 0)
        {
            var = key[i].value;
            return var->get_handler;
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_aicost_flush_maps(ngx_http_request_t *r)
{
    ngx_uint_t                    i, *index;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_get_module_main_conf(r, ngx_aicost_module);

    if (amcf->mapped == NULL && ngx_http_aicost_list_maps(r, amcf) != NGX_OK) {
        return NGX_ERROR;
    }

    index = amcf->mapped->elts;

    for (i = 0; i < amcf->mapped->nelts; i++) {
        r->variables[index[i]].valid = 0;
        r->variables[index[i]].not_found = 0;
    }

    return NGX_OK;
}


/* getters are known when all of the configuration is */

static ngx_int_t
ngx_http_aicost_list_maps(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf)
{
    ngx_uint_t                  i, *index;
    ngx_array_t                *mapped;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    mapped = ngx_array_create(cmcf->variables.pool, 4, sizeof(ngx_uint_t));
    if (mapped == NULL) {
        return NGX_ERROR;
    }

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].get_handler == NULL
            || (v[i].get_handler != amcf->maps[0]
                && v[i].get_handler != amcf->maps[1]))
        {
            continue;
        }

        index = ngx_array_push(mapped);
        if (index == NULL) {
            return NGX_ERROR;
        }

        *index = i;
    }

    amcf->mapped = mapped;

    return NGX_OK;
}
