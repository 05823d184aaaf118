
/*
 * Copyright (C) aicost
 *
 * Schemas in Google's words, said in those of JSON Schema.
 */


#include "api_shape.h"


typedef struct {
    const char  *google;       /* with ' for " */
    const char  *json;
} schema_case_t;


static const schema_case_t  cases[] = {
    { "{}", "{}" },
    { "{'type':'STRING'}", "{'type':'string'}" },
    { "{ 'type' : 'OBJECT' , 'properties' : { 'a' : { 'type' : 'INTEGER' } ,"
      " 'b' : { 'type' : 'ARRAY' , 'items' : { 'type' : 'NUMBER' } } } }",
      "{ 'type' : 'object' , 'properties' : { 'a' : { 'type' : 'integer' } ,"
      " 'b' : { 'type' : 'array' , 'items' : { 'type' : 'number' } } } }" },
    { "{'type':'object','properties':{'a':{'type':'boolean'}}}",
      "{'type':'object','properties':{'a':{'type':'boolean'}}}" },
    { "{'type':'TYPE_UNSPECIFIED','title':'STRING'}",
      "{'type':'TYPE_UNSPECIFIED','title':'STRING'}" },

    /* names of properties are no words of a schema */

    { "{'properties':{'type':{'type':'NULL'},'nullable':{'type':'BOOLEAN'},"
      "'enum':{'type':'STRING'},'propertyOrdering':{'type':'STRING'},"
      "'properties':{'type':'OBJECT','properties':{'default':"
      "{'type':'STRING'}}}}}",
      "{'properties':{'type':{'type':'null'},'nullable':{'type':'boolean'},"
      "'enum':{'type':'string'},'propertyOrdering':{'type':'string'},"
      "'properties':{'type':'object','properties':{'default':"
      "{'type':'string'}}}}}" },

    /* values are the caller's */

    { "{'default':{'type':'STRING','nullable':true},'example':['STRING'],"
      "'enum':['STRING','\\'type\\':\\'STRING\\''],'const':'STRING'}",
      "{'default':{'type':'STRING','nullable':true},'example':['STRING'],"
      "'enum':['STRING','\\'type\\':\\'STRING\\''],'const':'STRING'}" },
    { "{'description':'a { \\\\','type':'STRING'}",
      "{'description':'a { \\\\','type':'string'}" },

    /* null */

    { "{'type':'STRING','nullable':true}", "{'type':['string','null']}" },
    { "{'nullable':true,'type':'STRING'}", "{'type':['string','null']}" },
    { "{ 'nullable' : true , 'type' : 'STRING' }",
      "{  'type' : ['string','null'] }" },
    { "{'nullable':false,'type':'STRING','nullable':true}",
      "{'type':['string','null']}" },
    { "{'nullable':true}", "{}" },
    { "{'type':'STRING','nullable':false,'title':'a'}",
      "{'type':'string','title':'a'}" },
    { "{'nullable':true,'enum':['a'],'type':'STRING'}",
      "{'enum':['a',null],'type':['string','null']}" },
    { "{'type':'STRING','enum':['a','b'],'nullable':true}",
      "{'type':['string','null'],'enum':['a','b',null]}" },
    { "{'enum':[ ],'nullable':true}", "{'enum':[ ]}" },
    { "{'anyOf':[{'type':'STRING'},{'type':'NUMBER','nullable':true}],"
      "'nullable':true}",
      "{'anyOf':[{'type':'string'},{'type':['number','null']},"
      "{'type':'null'}]}" },
    { "{'any_of':[],'nullable':true}", "{'any_of':[]}" },
    { "{'type':'OBJECT','nullable':true,'properties':{'a':{'type':'ARRAY',"
      "'items':{'type':'STRING','nullable':true},'nullable':true}}}",
      "{'type':['object','null'],'properties':{'a':{'type':['array','null'],"
      "'items':{'type':['string','null']}}}}" },

    /* what is said in another way, or twice */

    { "{'type':'ARRAY','minItems':'1','maxItems':'20','pattern':'3'}",
      "{'type':'array','minItems':1,'maxItems':20,'pattern':'3'}" },
    { "{'minItems':'','maxItems':'x','minLength':4,'maxLength':'0'}",
      "{'minItems':'','maxItems':'x','minLength':4,'maxLength':0}" },
    { "{'maxLength':'07'}", "{'maxLength':'07'}" },
    { "{'type':'OBJECT','propertyOrdering':['a','b'],'required':['a']}",
      "{'type':'object','required':['a']}" },
    { "{'property_ordering':['a'],'type':'OBJECT'}", "{'type':'object'}" },
    { "{'defs':{'type':{'type':'STRING'}},'$defs':{'enum':{'type':'NULL'}}}",
      "{'defs':{'type':{'type':'string'}},'$defs':{'enum':{'type':'null'}}}" }
};


static size_t quoted(unsigned char *p, const char *s);
static void test_cases(void);
static void test_cut(void);
static void test_deep(void);


int
main(void)
{
    test_cases();
    test_cut();
    test_deep();

    return done_testing();
}


static size_t
quoted(unsigned char *p, const char *s)
{
    size_t  i, n;

    n = strlen(s);

    for (i = 0; i < n; i++) {
        p[i] = s[i] == '\'' ? '"' : (unsigned char) s[i];
    }

    p[n] = '\0';

    return n;
}


static void
test_cases(void)
{
    size_t          i;
    unsigned        longer;
    aicost_out_t    o, counted;
    aicost_piece_t  p;

    static unsigned char  in[4096], out[4096], expected[4096];

    longer = 0;

    for (i = 0; i < COUNT(cases); i++) {
        p.data = in;
        p.len = (uint32_t) quoted(in, cases[i].google);
        p.kind = AICOST_PIECE_GOOGLE;
        (void) quoted(expected, cases[i].json);

        memset(&o, 0, sizeof(aicost_out_t));
        o.data = out;
        o.size = sizeof(out) - 1;
        aicost_out_value(&o, &p);
        out[o.len] = '\0';
        is_str((char *) out, (char *) expected, cases[i].google);
        longer += (o.len > p.len);

        memset(&counted, 0, sizeof(aicost_out_t));
        aicost_out_value(&counted, &p);
        is_int((long long) counted.len, (long long) o.len, "counted alike");
    }

    is_int(longer, 0, "none is longer than before");
}


/* a buffer too small, and text that ends anywhere, though none comes here */

static void
test_cut(void)
{
    size_t          i, n, k;
    unsigned        over;
    aicost_out_t    o;
    unsigned char  *in, *out;
    aicost_piece_t  p;

    static unsigned char  whole[4096];

    over = 0;

    for (i = 0; i < COUNT(cases); i++) {
        n = quoted(whole, cases[i].google);

        for (k = 0; k <= n; k++) {
            in = malloc(k + 1);
            out = malloc(k + 1);
            memcpy(in, whole, k);

            p.data = in;
            p.len = (uint32_t) k;
            p.kind = AICOST_PIECE_GOOGLE;
            memset(&o, 0, sizeof(aicost_out_t));
            o.data = out;
            o.size = k;
            aicost_out_schema(&o, &p);
            over += (o.len > k);

            p.data = whole;
            p.len = (uint32_t) n;
            memset(&o, 0, sizeof(aicost_out_t));
            o.data = out;
            o.size = k;
            aicost_out_schema(&o, &p);
            over += (o.len > k);

            free(in);
            free(out);
        }
    }

    is_int(over, 0, "nothing is written beyond the end");
}


static void
test_deep(void)
{
    int             n;
    aicost_out_t    o;
    aicost_piece_t  p;

    static unsigned char  in[512], out[512];

    for (n = AICOST_MAX_DEPTH; n <= AICOST_MAX_DEPTH + 1; n++) {
        memset(in, '[', (size_t) n);
        memset(in + n, ']', (size_t) n);
        p.data = in;
        p.len = (uint32_t) (2 * n);
        p.kind = AICOST_PIECE_GOOGLE;
        memset(&o, 0, sizeof(aicost_out_t));
        o.data = out;
        o.size = sizeof(out);
        aicost_out_schema(&o, &p);
        is_int(o.failed, n > AICOST_MAX_DEPTH, "as deep as JSON may be");
    }

    memset(&o, 0, sizeof(aicost_out_t));
    o.data = out;
    o.size = sizeof(out);
    p.data = (const unsigned char *) "]";
    p.len = 1;
    aicost_out_schema(&o, &p);
    is_int(o.failed, 1, "no end without a beginning");
}
