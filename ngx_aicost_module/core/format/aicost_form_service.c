
/*
 * Copyright (C) aicost
 *
 * The service tier of a request, read and written.
 */


#include "aicost_form.h"


int
aicost_form_service(aicost_form_t *f, const char *name,
    aicost_service_e service)
{
    if (service == AICOST_SERVICE_OTHER) {
        return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED, name);
    }

    if (service != AICOST_SERVICE_AUTO) {
        f->service = (uint8_t) service;
    }

    return AICOST_OK;
}


int
aicost_form_service_out(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o, const char *name, const char *const *values)
{
    const char  *value;

    if (f->service == AICOST_SERVICE_AUTO) {
        return AICOST_OK;
    }

    value = values[f->service];

    if (value == NULL) {
        return aicost_form_miss(f, t, f->service == AICOST_SERVICE_FAST
                                      ? "speed" : "service_tier");
    }

    aicost_out_service(o, name, (aicost_service_e) f->service, values);

    return AICOST_OK;
}


void
aicost_out_service(aicost_out_t *o, const char *name, aicost_service_e service,
    const char *const *values)
{
    const char  *value;

    value = service < AICOST_SERVICES ? values[service] : NULL;

    if (value && *value) {
        aicost_out_name(o, name);
        aicost_out_text(o, value);
    }
}
