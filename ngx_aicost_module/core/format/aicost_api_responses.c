
/*
 * Copyright (C) aicost
 *
 * OpenAI's Responses.
 */


#include "aicost_api_responses_int.h"


static void aicost_responses_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o);


/* errors are those of chat */

const aicost_api_t  aicost_api_responses = {
    "responses",
    "text/event-stream",
    AICOST_FRAMES_SSE,
    NULL,
    NULL,
    NULL,
    "openai-beta",
    aicost_chat_betas,
    aicost_responses_path,
    aicost_responses_read,
    aicost_responses_write,
    aicost_responses_hear,
    aicost_responses_hear_event,
    aicost_responses_tell,
    aicost_responses_tell_event,
    aicost_chat_tell_error
};


static void
aicost_responses_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o)
{
    (void) model;
    (void) stream;

    aicost_out_text(o, "/responses");
}
