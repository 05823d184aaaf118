
/*
 * Copyright (C) aicost
 *
 * OpenAI's chat completions, as all compatible servers have them.
 */


#include "aicost_api_openai_int.h"
#include "aicost_answer.h"


#define AICOST_CHAT_MESSAGE    4096    /* bytes of a provider's message */


static void aicost_chat_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o);


/* assistants and sessions are not served */

const char *const  aicost_chat_betas[] = { "responses", NULL };


const aicost_api_t  aicost_api_openai = {
    "openai",
    "text/event-stream",
    AICOST_FRAMES_SSE,
    NULL,
    NULL,
    NULL,
    "openai-beta",
    aicost_chat_betas,
    aicost_chat_path,
    aicost_chat_read,
    aicost_chat_write,
    aicost_chat_hear,
    aicost_chat_hear_event,
    aicost_chat_tell,
    aicost_chat_tell_event,
    aicost_chat_tell_error
};


static void
aicost_chat_path(const aicost_str_t *model, unsigned stream, aicost_out_t *o)
{
    (void) model;
    (void) stream;

    aicost_out_text(o, "/chat/completions");
}


void
aicost_chat_tell_error(aicost_reason_e reason, const aicost_str_t *message,
    const aicost_str_t *param, aicost_out_t *o)
{
    size_t         len;
    unsigned char  buf[AICOST_ANSWER_MAX];

    len = aicost_answer_error(buf, reason, message, param);
    aicost_out(o, buf, len);
}


void
aicost_chat_error(const aicost_says_t *says, unsigned stream, aicost_out_t *o)
{
    size_t          len;
    aicost_str_t    message;
    unsigned char   text[AICOST_CHAT_MESSAGE], buf[AICOST_ANSWER_MAX];
    aicost_piece_t  p;

    p = says->text;

    if (p.kind == AICOST_PIECE_NONE) {
        p = aicost_piece_word("The provider failed.");
    }

    if (p.len > AICOST_CHAT_MESSAGE) {
        p.len = AICOST_CHAT_MESSAGE;
    }

    message.data = text;
    message.len = aicost_piece_text(&p, text);

    len = stream ? aicost_answer_stream_error(buf, says->reason, &message)
                 : aicost_answer_error(buf, says->reason, &message, NULL);

    aicost_out(o, buf, len);
}


void
aicost_chat_bytes(aicost_out_t *o, const aicost_str_t *s)
{
    aicost_piece_t  p;

    /* as JSON in a string: every byte that has to be is escaped */

    p.data = s->data;
    p.len = (uint32_t) s->len;
    p.kind = AICOST_PIECE_JSON;

    aicost_out_string(o, &p);
}
