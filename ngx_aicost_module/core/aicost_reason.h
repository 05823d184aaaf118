
/*
 * Copyright (C) aicost
 *
 * Every decision answers with one of these words; logs, variables, JSON,
 * metrics and the command line print the same word.
 */


#ifndef _AICOST_REASON_H_INCLUDED_
#define _AICOST_REASON_H_INCLUDED_


/* X(NAME, word, HTTP status; 0 where the reason is not an answer) */

#define AICOST_REASONS(X)                                                     \
    X(OK, "ok", 0)                                                            \
    /* refusals: the error codes of the public contract */                    \
    X(INVALID_JSON, "invalid_json", 400)                                      \
    X(DUPLICATE_MEMBER, "duplicate_member", 400)                              \
    X(AMBIGUOUS_MEMBER, "ambiguous_member", 400)                              \
    X(JSON_TOO_DEEP, "json_too_deep", 400)                                    \
    X(TOO_MANY_MEMBERS, "too_many_members", 400)                              \
    X(TOO_MANY_MESSAGES, "too_many_messages", 400)                            \
    X(INVALID_PARAMETER, "invalid_parameter", 400)                            \
    X(MISSING_PARAMETER, "missing_parameter", 400)                            \
    X(PARAMETER_NOT_ALLOWED, "parameter_not_allowed", 400)                    \
    X(MODEL_NOT_PRICED, "model_not_priced", 400)                              \
    X(QUERY_NOT_ALLOWED, "query_not_allowed", 400)                            \
    X(EMPTY_BODY, "empty_body", 400)                                          \
    X(MISSING_API_KEY, "missing_api_key", 401)                                \
    X(INVALID_API_KEY, "invalid_api_key", 401)                                \
    X(EXPIRED_API_KEY, "expired_api_key", 401)                                \
    X(AMBIGUOUS_CREDENTIAL, "ambiguous_credential", 401)                      \
    X(BUDGET_EXCEEDED, "budget_exceeded", 402)                                \
    X(MODEL_NOT_ALLOWED, "model_not_allowed", 403)                            \
    X(TIER_NOT_ALLOWED, "tier_not_allowed", 403)                              \
    X(KILL_SWITCH, "kill_switch", 403)                                        \
    X(MODEL_NOT_FOUND, "model_not_found", 404)                                \
    X(NOT_FOUND, "not_found", 404)                                            \
    X(METHOD_NOT_ALLOWED, "method_not_allowed", 405)                          \
    X(REQUEST_TOO_LARGE, "request_too_large", 413)                            \
    X(UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415)                  \
    X(UNSUPPORTED_ENCODING, "unsupported_content_encoding", 415)              \
    X(RATE_LIMIT_EXCEEDED, "rate_limit_exceeded", 429)                        \
    X(UNKNOWN_TIER, "unknown_tier", 500)                                      \
    X(INTERNAL, "internal_error", 500)                                        \
    X(ALL_PROVIDERS_FAILED, "all_providers_failed", 502)                      \
    X(STORE_UNAVAILABLE, "budget_store_unavailable", 503)                     \
    X(UPSTREAM_TIMEOUT, "upstream_timeout", 504)                              \
    /* why this tier and model */                                             \
    X(EXPLICIT, "explicit", 0)                                                \
    X(POLICY, "policy", 0)                                                    \
    X(MAX_TIER, "max_tier", 0)                                                \
    X(DOWNGRADE, "downgrade", 0)                                              \
    X(DOWNGRADE_MARK, "downgrade_mark", 0)                                    \
    X(FREE_TIER, "free_tier", 0)                                              \
    X(MODE, "mode", 0)                                                        \
    X(CAPPED, "capped", 0)                                                    \
    X(FAILOVER, "failover", 0)                                                \
    /* what became of one attempt */                                          \
    X(REFUSED, "refused", 0)                                                  \
    X(UNRESOLVED, "unresolved", 0)                                            \
    X(TLS_FAILED, "tls_failed", 0)                                            \
    X(CONNECT_TIMEOUT, "connect_timeout", 0)                                  \
    X(RATE_LIMITED, "rate_limited", 0)                                        \
    X(OVERLOADED, "overloaded", 0)                                            \
    X(SERVER_ERROR, "server_error", 0)                                        \
    X(NO_MONEY, "no_money", 0)                                                \
    X(AUTH_FAILED, "auth_failed", 0)                                          \
    X(BAD_REQUEST, "bad_request", 0)                                          \
    X(REDIRECTED, "redirected", 0)                                            \
    X(TIMEOUT, "timeout", 0)                                                  \
    X(CLOSED, "closed", 0)                                                    \
    X(BAD_ANSWER, "bad_answer", 0)                                            \
    X(BREAKER_OPEN, "breaker_open", 0)                                        \
    X(NOT_TRANSLATED, "not_translated", 0)                                    \
    X(MAX_CONNS, "max_conns", 0)                                              \
    /* how the money was settled */                                           \
    X(USAGE, "usage", 0)                                                      \
    X(USAGE_UNREADABLE, "usage_unreadable", 0)                                \
    X(ABORTED, "aborted", 0)                                                  \
    X(CUT, "cut", 0)                                                          \
    X(SESSION_SPENT, "session_spent", 0)                                      \
    X(LEASE_EXPIRED, "lease_expired", 0)                                      \
    X(NOT_BILLED, "not_billed", 0)


#define AICOST_REASON_ENUM(name, word, status)  AICOST_R_##name,

typedef enum {
    AICOST_REASONS(AICOST_REASON_ENUM)
    AICOST_R_MAX
} aicost_reason_e;

#undef AICOST_REASON_ENUM


/* the public word, never NULL; "internal_error" for a value out of range */
const char *aicost_reason_word(aicost_reason_e reason);

/* the HTTP status of a refusal, 0 where the reason is not an answer */
int aicost_reason_status(aicost_reason_e reason);


#endif /* _AICOST_REASON_H_INCLUDED_ */
