
/*
 * Copyright (C) aicost
 *
 * Made by util/embed-lua from redis/: do not edit.
 */


#include "aicost_redis_scripts.h"


static const char *const  aicost_redis_reserve_head[] = {
    "#!lua\n",
    NULL
};


static const char *const  aicost_redis_common[] = {
    "local LAYOUT = 2\nlocal MAX = 9000000000000000\n"
    "local NEVER = 9007199254740991\nlocal DAY = 86400000\n"
    "local TTL = 60 * DAY\nlocal AFTER = 600000\n"
    "local ALL = string.rep('\\0', 16)\n"
    "local call, pack, unpack_ = redis.call, cmsgpack.pack, cmsgpack.unpack\n"
    "local P = string.sub(KEYS[1], 1, -2)\n"
    "local LEASES, LATCHES, INDEX = P .. 'lz', P .. 'k', P .. 'ai'\n"
    "local Q = unpack_(ARGV[1])\n"
    "local M_LAYOUT, M_EPOCH, M_NOW, M_SERIAL, M_GEN = 1, 2, 3, 4, 5\n"
    "local M_MODE, M_SHARE, M_CHANGED, M_HELD, M_OVERFLOWS = 6, 7, 8, 9, 10\n"
    "local M_RUN, M_PHASE, M_UNTIL, M_EXPECTED = 11, 12, 13, 14\n"
    "local M_SOONEST, M_TOLD = 15, 16\nlocal REPLAY, REBUILD = 1, 2\n"
    "local LATCH, WHOLE, BUDGET, UNIT, SOFT = 3, 4, 5, 6, 7\n"
    "local SESSION, CLEAR, WARNED, LIMIT, SETTLED = 8, 9, 10, 11, 12\n"
    "local RESERVED, BOUND, UNVERIFIED, OVER, LOST = 13, 14, 15, 16, 17\n"
    "local OPEN, KILL, T0, T1 = 18, 19, 20, 21\n"
    "local IDLE, HOLD, GRACE = 22, 23, 24\nlocal FIELDS = 24\n"
    "local C_ID, C_LATCH, C_WHOLE, C_SPARE = 0, 1, 2, 3\n"
    "local C_LIMIT, C_NEAR, C_T0, C_T1 = 10, 11, 12, 13\nlocal C_SIZE = 21\n"
    "local LOST_EPOCH, REBUILDING, BAD_TYPE, BAD_LAYOUT = -4, -11, -20, -21\n"
    "local M, now\nlocal function sum(a, b)\n"
    "if a >= MAX or b >= MAX - a then\nreturn MAX\nend\nreturn a + b\nend\n"
    "local function less(a, b)\nif a > b then\nreturn a - b\nend\nreturn 0\n"
    "end\nlocal function tick()\nnow = Q[3]\nif Q[4] == 0 then\n"
    "local t = call('TIME')\nnow = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "end\nif now > M[M_NOW] then\nM[M_NOW] = now\nelse\nnow = M[M_NOW]\nend\n"
    "if M[M_PHASE] > 0 and now >= M[M_UNTIL] then\nM[M_PHASE] = 0\nend\nend\n"
    "local function open(latest)\nlocal s = call('GET', KEYS[1])\n"
    "if not s then\nreturn { LOST_EPOCH }\nend\nM = unpack_(s)\n"
    "if M[M_LAYOUT] ~= LAYOUT then\nreturn { BAD_LAYOUT }\nend\n"
    "if M[M_EPOCH] ~= Q[2] then\nreturn { LOST_EPOCH }\nend\ntick()\n"
    "if M[M_PHASE] > latest then\nreturn { REBUILDING }\nend\nend\n"
    "local function close()\ncall('SET', KEYS[1], pack(M))\nend\n"
    "local function record(key)\nlocal s = redis.pcall('GET', key)\n"
    "if not s then\nreturn nil\nend\nif type(s) == 'table' and s.err\n"
    "and string.sub(s.err, 1, 9) ~= 'WRONGTYPE'\nthen\nerror(s.err)\nend\n"
    "if type(s) == 'string' then\nlocal good, a = pcall(unpack_, s)\n"
    "if good and type(a) == 'table' then\nreturn a\nend\nend\n"
    "return nil, true\nend\nlocal loaded, bad = {}, false\n"
    "local function account(id)\nlocal a, wrong = loaded[id], false\n"
    "if not a then\na, wrong = record(P .. 'b:' .. id)\n"
    "if a and (a[1] ~= LAYOUT or #a ~= FIELDS) then\na, wrong = nil, true\n"
    "end\nbad = bad or wrong\nloaded[id] = a\nend\nreturn a, wrong\nend\n"
    "local function ended(a)\nif a[OPEN] > 0 then\nreturn false\nend\n"
    "if a[SESSION] == 1 then\nreturn now >= a[T1]\nend\n"
    "return now - a[GRACE] >= a[T1]\nend\nlocal function touch(a)\n"
    "if a[SESSION] == 1 then\n"
    "a[T1] = math.min(now + a[IDLE], a[T0] + a[HOLD])\nend\nend\n"
    "local function index_end(a)\nif a[SESSION] == 1 then\nreturn a[T1]\nend\n"
    "return a[T1] + a[GRACE]\nend\nlocal function room_of(refs, first)\n"
    "local left = -1\nfor i = first, #refs, 2 do\nlocal a = account(refs[i])\n"
    "if a and a[2] == refs[i + 1] and a[SOFT] == 0 and a[UNIT] == 0 then\n"
    "local room = less(a[LIMIT], sum(a[SETTLED], a[RESERVED]))\n"
    "if left < 0 or room < left then\nleft = room\nend\nend\nend\n"
    "return left\nend\nlocal function totals(out, refs, first)\n"
    "for i = first, #refs, 2 do\nlocal a = account(refs[i])\n"
    "if a and a[2] == refs[i + 1] then\nout[#out + 1] = refs[i]\n"
    "out[#out + 1] = a[SETTLED]\nout[#out + 1] = a[RESERVED]\n"
    "out[#out + 1] = a[BOUND]\nout[#out + 1] = a[2]\nend\nend\n"
    "return pack(out)\nend\n",
    NULL
};


static const char *const  aicost_redis_account[] = {
    "local TRIES = 8\nlocal function terms(a, C, c)\n"
    "a[LATCH], a[WHOLE] = C[c + C_LATCH], C[c + C_WHOLE]\n"
    "a[BUDGET], a[SOFT], a[CLEAR] = C[c + 4], C[c + 6], C[c + 8]\n"
    "a[LIMIT], a[KILL] = C[c + C_LIMIT], C[c + 20]\n"
    "a[IDLE], a[HOLD], a[GRACE] = C[c + 14], C[c + 15], C[c + 16]\nend\n"
    "local function begin(a, t0, t1)\nM[M_SERIAL] = M[M_SERIAL] + 1\n"
    "a[2] = M[M_SERIAL]\n"
    "a[WARNED], a[SETTLED], a[RESERVED], a[BOUND] = 0, 0, 0, 0\n"
    "a[UNVERIFIED], a[OVER], a[LOST], a[OPEN] = 0, 0, 0, 0\n"
    "a[T0], a[T1] = t0, t1\nend\nlocal function make(C, c)\n"
    "local a = { LAYOUT, 0, '', '', 0, C[c + 5], 0, C[c + 7], 0, 0, 0, 0,\n"
    "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }\nif a[SESSION] == 1 then\n"
    "begin(a, now, now)\nelse\nbegin(a, C[c + C_T0], C[c + C_T1])\nend\n"
    "terms(a, C, c)\nreturn a\nend\nlocal function make_spare(a, id)\n"
    "a[LATCH], a[WHOLE], a[KILL] = id, '', 0\nend\n"
    "local function count(most, more)\nlocal n = call('ZCARD', INDEX)\n"
    "local tries = n + more > most and TRIES or 2\n"
    "local ends = call('ZRANGEBYSCORE', INDEX, '-inf', now,\n"
    "'LIMIT', 0, tries)\nfor i = 1, #ends do\n"
    "local a, wrong = account(ends[i])\nif not a and not wrong then\n"
    "call('ZREM', INDEX, ends[i])\nn = n - 1\n"
    "elseif a and n + more > most and ended(a) then\n"
    "call('DEL', P .. 'b:' .. ends[i])\ncall('ZREM', INDEX, ends[i])\n"
    "loaded[ends[i]] = nil\nn = n - 1\nelseif n + more > most then\n"
    "call('ZADD', INDEX, now + AFTER, ends[i])\nend\nend\nreturn n\nend\n",
    NULL
};


static const char *const  aicost_redis_reserve[] = {
    "local refused = open(0)\nif refused then\nreturn refused\nend\n"
    "local C = unpack_(ARGV[2])\n"
    "local lease, most, rid, hash = Q[5], Q[6], Q[7], Q[8]\n"
    "local nsteps, first, dry = Q[9], Q[10], Q[11]\n"
    "local nclaims, nrates = Q[12], Q[13]\nlocal ASK = 15\n"
    "local RATE = ASK + nsteps * 6\nlocal POW = { [0] = 1, 2, 4, 8 }\n"
    "local answer, index, room, retry = 1, 0, 0, 0\n"
    "local step, bounds, marked, warned, left = 0, 0, 0, 0, -1\n"
    "local amount, made = { [0] = 0, 0 }, 0\n"
    "local ids, accounts, used, tats = {}, {}, {}, {}\nlocal charged = {}\n"
    "local function reply()\nclose()\n"
    "return totals({ answer, index, room, retry, step, bounds, marked, made,\n"
    "amount[0], amount[1], warned, left,\n"
    "now, M[M_MODE], M[M_SHARE], M[M_CHANGED],\n"
    "M[M_HELD] > now and 1 or 0 }, charged, 13)\nend\n"
    "local function refuse(why, i, ms)\nif answer == 1 then\n"
    "answer, index, retry = why, i, ms\nend\nreturn dry == 0\nend\n"
    "local function never(why, i, ms)\n"
    "answer, index, room, retry = why, i, 0, ms\n"
    "step, bounds, marked, warned, left = 0, 0, 0, 0, -1\n"
    "amount = { [0] = 0, 0 }\nreturn true\nend\nlocal function nothing()\n"
    "step, bounds = 0, 0\namount = { [0] = 0, 0 }\nend\n"
    "local function known()\nlocal r, wrong = record(P .. 'r:' .. rid)\n"
    "if wrong then\nreturn never(BAD_TYPE, nclaims + nrates, 0)\nend\n"
    "if not r then\nreturn false\nend\nif r[1] ~= 1 then\n"
    "return never(-6, 0, 0)\nend\nif r[3] ~= hash then\n"
    "return never(-7, 0, 0)\nend\n"
    "answer, step, bounds, marked = 2, r[4], r[5], r[6]\n"
    "made, warned = r[7], r[8]\namount = { [0] = r[9], r[10] }\n"
    "left = room_of(r, 13)\ncharged = r\nreturn true\nend\n"
    "local function killed()\nif M[M_HELD] <= now then\nreturn false\nend\n"
    "local fields = { ALL }\nfor i = 0, nclaims - 1 do\n"
    "fields[#fields + 1] = C[i * C_SIZE + 1 + C_LATCH]\n"
    "fields[#fields + 1] = C[i * C_SIZE + 1 + C_WHOLE]\nend\n"
    "local on = call('HMGET', LATCHES, unpack(fields))\n"
    "for i = 1, #fields do\nlocal l = on[i] and unpack_(on[i])\n"
    "if l and l[1] > now then\nreturn refuse(-3,\n"
    "i == 1 and nclaims or math.floor(i / 2) - 1,\n"
    "l[1] == NEVER and -1 or l[1] - now)\nend\nend\nreturn false\nend\n"
    "local function windows()\nfor i = 0, nclaims - 1 do\n"
    "local c = i * C_SIZE + 1\nif C[c + 7] == 0\n"
    "and (now < C[c + C_T0] or now >= C[c + C_T1])\nthen\n"
    "return never(-5, i, now - Q[3])\nend\nend\nreturn false\nend\n"
    "local function overflow(i, c)\nlocal id = C[c + C_SPARE]\n"
    "if id == '' then\nreturn never(-9, i, 0)\nend\n"
    "local a, wrong = account(id)\nif wrong then\n"
    "return never(BAD_TYPE, i, 0)\nend\n"
    "if a and (a[UNIT] ~= C[c + 5] or a[SESSION] ~= C[c + 7]) then\n"
    "return never(-9, i, 0)\nend\nfor k = 1, nclaims do\n"
    "if ids[k] == id then\nreturn never(-9, i, 0)\nend\nend\n"
    "ids[i + 1], accounts[i + 1] = id, a or false\n"
    "used[i + 1] = a and not (a[SESSION] == 1 and ended(a))\n"
    "and sum(a[SETTLED], a[RESERVED]) or 0\nreturn false\nend\n"
    "local function find()\nlocal missing = {}\nfor i = 1, nclaims do\n"
    "local c = (i - 1) * C_SIZE + 1\nlocal a, wrong = account(C[c])\n"
    "if wrong then\nreturn never(BAD_TYPE, i - 1, 0)\nend\n"
    "if a and (a[UNIT] ~= C[c + 5] or a[SESSION] ~= C[c + 7]) then\n"
    "return never(-8, i - 1, 0)\nend\n"
    "ids[i], accounts[i], used[i] = a and C[c] or '', a or false, 0\n"
    "if not a then\nmissing[#missing + 1] = i\n"
    "elseif a[SESSION] == 0 or not ended(a) then\n"
    "used[i] = sum(a[SETTLED], a[RESERVED])\nend\nend\nif #missing > 0 then\n"
    "local n = count(most, #missing)\nfor k = 1, #missing do\n"
    "local i = missing[k]\nlocal c = (i - 1) * C_SIZE + 1\nif n < most then\n"
    "n = n + 1\nids[i] = C[c]\nelseif overflow(i - 1, c) then\nreturn true\n"
    "end\nend\nend\nreturn false\nend\nlocal function marks()\n"
    "for i = 1, nclaims do\nlocal c = (i - 1) * C_SIZE + 1\n"
    "local mark, to = C[c + 18], C[c + 19]\n"
    "if mark > 0 and used[i] >= mark and to < nsteps and to > first then\n"
    "first = to\nmarked = 1\nend\nend\nend\nlocal function counts(c, at)\n"
    "return math.floor(C[c + 9] / POW[at]) % 2 == 1\nend\n"
    "local function fit(at, unit)\nlocal ask = ASK + at * 6 + unit * 3\n"
    "local want, upper, least = Q[ask], Q[ask + 1], Q[ask + 2]\n",

    "local bound, near, tight, least_room = false, false, 0, 0\n"
    "for i = 1, nclaims do\nlocal c = (i - 1) * C_SIZE + 1\n"
    "if C[c + 5] == unit and C[c + 6] == 0 and counts(c, at) then\n"
    "local rest = C[c + C_LIMIT] - used[i]\nif rest <= C[c + C_NEAR] then\n"
    "near = true\nend\nrest = math.max(rest, 0)\n"
    "if not bound or rest < least_room then\ntight, least_room = i - 1, rest\n"
    "end\nbound = true\nend\nend\nif not bound or (upper == 0 and want == 0)\n"
    "or (not near and want <= least_room)\nthen\nreturn want, 0\nend\n"
    "upper = math.min(upper, least_room)\nif upper >= least then\n"
    "return upper, 1\nend\nreturn nil, tight, least_room\nend\n"
    "local function until_end(i)\nlocal c = i * C_SIZE + 1\n"
    "return C[c + 7] == 1 and -1 or C[c + C_T1] - now\nend\n"
    "local function inexact()\nfor i = 1, nclaims do\n"
    "local c = (i - 1) * C_SIZE + 1\n"
    "if counts(c, step) and amount[C[c + 5]] > MAX - used[i] then\n"
    "return never(-1, i - 1, until_end(i - 1))\nend\nend\nreturn false\nend\n"
    "local function steps()\nlocal which, tight = 0, 0\n"
    "for at = first, nsteps - 1 do\nlocal money, a, b = fit(at, 0)\n"
    "local tokens, x, y\nif money then\ntokens, x, y = fit(at, 1)\nend\n"
    "if tokens then\namount = { [0] = money, tokens }\n"
    "step, bounds = at, a + 2 * x\nreturn inexact()\nend\n"
    "if at == first then\nwhich, tight = money and x or a, money and y or b\n"
    "end\nend\nif answer == 1 then\nroom = tight\nend\n"
    "if refuse(-1, which, until_end(which)) then\nnothing()\nreturn true\n"
    "end\nstep, bounds = first, 0\n"
    "amount = { [0] = Q[ASK + first * 6], Q[ASK + first * 6 + 3] }\n"
    "return inexact()\nend\nlocal function rates()\n"
    "local us, longest, which = now * 1000, 0, 0\nfor i = 1, nrates do\n"
    "local g = RATE + (i - 1) * 3\n"
    "local s = redis.pcall('GET', P .. 'g:' .. Q[g])\nlocal tat = 0\n"
    "if s then\ntat = type(s) == 'string' and tonumber(s)\nif not tat then\n"
    "return never(BAD_TYPE, nclaims + i - 1, 0)\nend\nend\n"
    "local base = math.max(tat, us)\nif base + Q[g + 1] > MAX then\n"
    "return never(-8, i - 1, 0)\nend\nif base - us > Q[g + 2] then\n"
    "if base - us - Q[g + 2] > longest then\n"
    "longest, which = base - us - Q[g + 2], i - 1\nend\ntats[i] = tat\nelse\n"
    "tats[i] = base + Q[g + 1]\nend\nend\n"
    "if longest > 0 and refuse(-2, which, math.ceil(longest / 1000)) then\n"
    "nothing()\nreturn true\nend\nreturn false\nend\n"
    "local function prepare(i, refs, index_args, gap)\n"
    "local c = (i - 1) * C_SIZE + 1\n"
    "local a, id, unit = accounts[i], ids[i], C[c + 5]\nlocal new = not a\n"
    "if new then\na = make(C, c)\nelseif a[SESSION] == 1 and ended(a) then\n"
    "begin(a, now, now)\nend\naccounts[i], loaded[id] = a, a\nterms(a, C, c)\n"
    "if id ~= C[c] then\nmake_spare(a, id)\n"
    "M[M_OVERFLOWS] = M[M_OVERFLOWS] + 1\nend\n"
    "a[RESERVED] = a[RESERVED] + amount[unit]\n"
    "a[BOUND] = sum(a[BOUND], gap[unit])\na[OPEN] = a[OPEN] + 1\n"
    "if C[c + 17] > 0 and a[WARNED] == 0\n"
    "and sum(a[SETTLED], a[RESERVED]) >= C[c + 17]\nthen\na[WARNED] = 1\n"
    "warned = warned + 2 ^ (i - 1)\nend\ntouch(a)\n"
    "if new or a[SESSION] == 1 then\n"
    "index_args[#index_args + 1] = index_end(a)\n"
    "index_args[#index_args + 1] = id\nend\nrefs[#refs + 1] = id\n"
    "refs[#refs + 1] = a[2]\nend\nlocal function write()\n"
    "local gap, longest, index_args = {}, lease + DAY, {}\n"
    "local r = { 1, now + lease, hash, step, bounds, marked, dry, 0,\n"
    "amount[0], amount[1], 0, 0 }\nfor unit = 0, 1 do\n"
    "gap[unit] = less(Q[ASK + step * 6 + unit * 3 + 1], amount[unit])\n"
    "r[11 + unit] = gap[unit]\nend\nfor i = 1, nclaims do\n"
    "if counts((i - 1) * C_SIZE + 1, step) then\n"
    "prepare(i, r, index_args, gap)\nend\nend\nr[8] = warned\n"
    "left = room_of(r, 13)\nmade = dry\ncharged = r\n"
    "call('ZADD', LEASES, now + lease, rid)\ncall('PEXPIRE', LEASES, TTL)\n"
    "if #index_args > 0 then\ncall('ZADD', INDEX, unpack(index_args))\n"
    "call('PEXPIRE', INDEX, TTL)\nend\nfor i = 1, nrates do\n"
    "local ms = math.max(0, math.ceil(tats[i] / 1000) - now) + 1000\n"
    "call('SET', P .. 'g:' .. Q[RATE + (i - 1) * 3],\n"
    "string.format('%.0f', tats[i]), 'PX', ms)\nend\nfor i = 1, nclaims do\n"
    "if counts((i - 1) * C_SIZE + 1, step) then\nlocal a = accounts[i]\n",

    "local ttl = math.max(a[T1] - now + a[GRACE], lease + AFTER)\n"
    "longest = math.max(longest, ttl)\n"
    "call('SET', P .. 'b:' .. ids[i], pack(a), 'PX', ttl)\nend\nend\n"
    "call('SET', P .. 'r:' .. rid, pack(r), 'PX', longest + DAY)\nend\n"
    "if known() or killed() or windows() or find() then\nreturn reply()\nend\n"
    "marks()\nif not (steps() or rates()) and Q[14] == 0 then\nwrite()\nend\n"
    "return reply()\n",
    NULL
};


static const char *const  aicost_redis_settle_head[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_latch[] = {
    "local L_UNTIL, L_AT, L_GEN, L_LABEL, L_WHY = 1, 2, 3, 4, 5\n"
    "local MOST = 1024\nlocal function latch(id, label, why, till)\n"
    "if till <= now then\nreturn -5\nend\n"
    "local s = call('HGET', LATCHES, id)\nlocal old = s and unpack_(s)\n"
    "if old and old[L_UNTIL] > now and old[L_UNTIL] >= till then\nreturn -5\n"
    "end\nif not old and call('HLEN', LATCHES) >= MOST then\n"
    "local all = call('HGETALL', LATCHES)\nlocal victim, first = nil, NEVER\n"
    "for i = 1, #all, 2 do\nlocal l = unpack_(all[i + 1])\n"
    "if l[L_UNTIL] < first then\nvictim, first = all[i], l[L_UNTIL]\nend\n"
    "end\nif not victim then\nreturn -1\nend\ncall('HDEL', LATCHES, victim)\n"
    "end\nM[M_GEN] = M[M_GEN] + 1\nM[M_HELD] = math.max(M[M_HELD], till)\n"
    "call('HSET', LATCHES, id, pack({ till, now, M[M_GEN], label, why }))\n"
    "return 0\nend\n",
    NULL
};


static const char *const  aicost_redis_close[] = {
    "local R_AMOUNT, R_GAP, R_REFS = 9, 11, 13\n"
    "local SETTLE, RELEASE, EXPIRE = 0, 1, 2\nlocal keep = Q[5]\n"
    "local function watch(a, before)\n"
    "if a[KILL] > 0 and before < a[KILL] and a[SETTLED] >= a[KILL] then\n"
    "latch(a[LATCH], '', 'budget_exceeded',\n"
    "a[CLEAR] == 1 and a[T1] or NEVER)\nend\nend\nlocal function save(id, a)\n"
    "call('SET', P .. 'b:' .. id, pack(a), 'KEEPTTL')\n"
    "if a[SESSION] == 1 then\ncall('PEXPIRE', P .. 'b:' .. id,\n"
    "math.max(a[T1] - now + a[GRACE], AFTER), 'GT')\n"
    "call('ZADD', INDEX, index_end(a), id)\nend\nend\n"
    "local function forget(rid, state, r)\nlocal short = { state }\n"
    "for i = R_REFS, r and #r or 0 do\nshort[#short + 1] = r[i]\nend\n"
    "call('SET', P .. 'r:' .. rid, pack(short), 'PX', keep)\nend\n"
    "local function readable(refs, first)\nfor i = first, #refs, 2 do\n"
    "local a = account(refs[i])\nif a and a[KILL] > 0 then\n"
    "call('HLEN', LATCHES)\nend\nif a and a[SESSION] == 1 then\n"
    "call('ZCARD', INDEX)\nend\nend\nend\n"
    "local function finish(rid, r, op, actual)\nreadable(r, R_REFS)\n"
    "for i = R_REFS, #r, 2 do\nlocal id = r[i]\nlocal a = account(id)\n"
    "if a and a[2] == r[i + 1] then\nlocal unit = a[UNIT]\n"
    "local before, amount = a[SETTLED], r[R_AMOUNT + unit]\n"
    "a[RESERVED] = less(a[RESERVED], amount)\n"
    "a[BOUND] = less(a[BOUND], r[R_GAP + unit])\na[OPEN] = less(a[OPEN], 1)\n"
    "if op == SETTLE then\na[SETTLED] = sum(before, actual[unit])\n"
    "a[OVER] = sum(a[OVER], less(actual[unit], amount))\n"
    "elseif op == EXPIRE then\na[SETTLED] = sum(before, amount)\n"
    "a[UNVERIFIED] = sum(a[UNVERIFIED], amount)\nend\nif op ~= EXPIRE then\n"
    "touch(a)\nend\nwatch(a, before)\nsave(id, a)\nend\nend\n"
    "if op == EXPIRE then\nr[1] = 4\n"
    "call('SET', P .. 'r:' .. rid, pack(r), 'PX', DAY)\nelse\n"
    "forget(rid, op == SETTLE and 2 or 3, r)\nend\ncall('ZREM', LEASES, rid)\n"
    "end\n",
    NULL
};


static const char *const  aicost_redis_settle[] = {
    "local refused = open(REPLAY)\nif refused then\nreturn refused\nend\n"
    "local most, rid, op = Q[6], Q[7], Q[8]\n"
    "local actual = { [0] = Q[9], Q[10] }\n"
    "local r, wrong = record(P .. 'r:' .. rid)\nlocal left = -1\n"
    "local charged, from = {}, 1\nif wrong then\nreturn { BAD_TYPE }\nend\n"
    "local function correct()\nreadable(r, R_REFS)\nfor i = R_REFS, #r, 2 do\n"
    "local a = account(r[i])\nif a and a[2] == r[i + 1] then\n"
    "local unit = a[UNIT]\n"
    "local before, amount = a[SETTLED], r[R_AMOUNT + unit]\n"
    "a[SETTLED] = sum(less(before, amount), actual[unit])\n"
    "a[UNVERIFIED] = less(a[UNVERIFIED], amount)\n"
    "a[OVER] = sum(a[OVER], less(actual[unit], amount))\nwatch(a, before)\n"
    "call('SET', P .. 'b:' .. r[i], pack(a), 'KEEPTTL')\nend\nend\n"
    "forget(rid, 2, r)\nend\nlocal made = {}\n"
    "local function find_lost(C, c, n)\nfor spare = 0, 1 do\n"
    "local id = C[c + (spare == 1 and C_SPARE or C_ID)]\n"
    "local a, wrong = account(id)\nif a then\n"
    "if a[SESSION] == 1 and ended(a) then\nbegin(a, now, now)\n"
    "terms(a, C, c)\nend\nreturn a, id, n\nend\nif wrong then\n"
    "return nil, id, n\nend\n"
    "if n < most or spare == 1 or C[c + C_SPARE] == '' then\na = make(C, c)\n"
    "loaded[id], made[id] = a, true\nif spare == 1 then\nmake_spare(a, id)\n"
    "M[M_OVERFLOWS] = M[M_OVERFLOWS] + 1\nend\nreturn a, id, n + 1\nend\nend\n"
    "end\nlocal function lost()\nlocal C = unpack_(ARGV[2])\n"
    "local list, seen, n = {}, {}, count(most, Q[11])\n"
    "for i = 0, Q[11] - 1 do\nlocal c = i * C_SIZE + 1\nlocal a, id\n"
    "if C[c + C_LIMIT] <= 0 then\nreturn false\nend\n"
    "a, id, n = find_lost(C, c, n)\nif a and not seen[id] then\n"
    "seen[id] = true\nlist[#list + 1] = id\nlist[#list + 1] = a[2]\nend\nend\n"
    "readable(list, 1)\nfor i = 1, #list, 2 do\nlocal id = list[i]\n"
    "local a = account(id)\nlocal before = a[SETTLED]\n"
    "a[SETTLED] = sum(before, actual[a[UNIT]])\n"
    "a[LOST] = sum(a[LOST], actual[a[UNIT]])\ntouch(a)\nwatch(a, before)\n"
    "if made[id] then\ncall('ZADD', INDEX, index_end(a), id)\n"
    "call('PEXPIRE', INDEX, TTL)\n"
    "call('SET', P .. 'b:' .. id, pack(a), 'PX',\n"
    "math.max(a[T1] - now + a[GRACE], AFTER))\nelse\nsave(id, a)\nend\nend\n"
    "left = room_of(list, 1)\ncharged = list\nreturn true\nend\n"
    "local answer = 1\nif r then\nif r[1] == 1 then\n"
    "if op ~= EXPIRE or r[2] <= now then\nfinish(rid, r, op, actual)\nend\n"
    "elseif r[1] == 4 and op == SETTLE then\ncorrect()\nend\n"
    "charged, from = r, (r[1] == 1 or r[1] == 4) and R_REFS or 2\n"
    "left = room_of(charged, from)\nelseif op == RELEASE then\n"
    "forget(rid, 3)\nelseif op == SETTLE and Q[11] > 0 then\nif lost() then\n"
    "forget(rid, 2)\nelse\nanswer = -1\nend\nend\nclose()\n"
    "return totals({ answer, left, bad and 1 or 0, now }, charged, from)\n",
    NULL
};


static const char *const  aicost_redis_renew_head[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_renew[] = {
    "local refused = open(REPLAY)\nif refused then\nreturn refused\nend\n"
    "local lease = Q[5]\nlocal bits = {}\nlocal held = nil\n"
    "local function on(id)\nif M[M_HELD] <= now or id == '' then\n"
    "return false\nend\nheld = held or {}\nif held[id] == nil then\n"
    "local s = call('HGET', LATCHES, id)\n"
    "held[id] = s and unpack_(s)[1] > now or false\nend\nreturn held[id]\n"
    "end\nlocal function spent(a, r, cost)\n"
    "if Q[6] == 0 or a[SESSION] == 0 or a[UNIT] ~= 0 then\nreturn false\nend\n"
    "return sum(sum(a[SETTLED], less(a[RESERVED], r[9])), cost) > a[LIMIT]\n"
    "end\nfor i = 7, #Q, 2 do\nlocal rid, cost = Q[i], Q[i + 1]\n"
    "local key = P .. 'r:' .. rid\nlocal r = record(key)\nlocal bit = 0\n"
    "if not r or r[1] ~= 1 then\nbit = 1\nelse\nif on(ALL) then\nbit = 4\n"
    "end\nlocal longer = r[2] < now + lease\nfor k = 13, #r, 2 do\n"
    "local a = account(r[k])\nif a and a[2] == r[k + 1] then\n"
    "if bit < 4 and (on(a[LATCH]) or on(a[WHOLE])) then\nbit = bit + 4\nend\n"
    "if bit % 4 < 2 and spent(a, r, cost) then\nbit = bit + 2\nend\nend\nend\n"
    "if longer then\nr[2] = now + lease\ncall('ZADD', LEASES, r[2], rid)\n"
    "call('SET', key, pack(r), 'KEEPTTL')\n"
    "call('PEXPIRE', key, lease + DAY, 'GT')\nfor k = 13, #r, 2 do\n"
    "call('PEXPIRE', P .. 'b:' .. r[k], lease + AFTER, 'GT')\nend\nend\nend\n"
    "bits[#bits + 1] = bit\nend\nclose()\n"
    "return { 1, bits, now, M[M_MODE], M[M_SHARE], M[M_CHANGED],\n"
    "M[M_HELD] > now and 1 or 0 }\n",
    NULL
};


static const char *const  aicost_redis_sweep_head[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_sweep[] = {
    "local refused = open(0)\nif refused then\nreturn refused\nend\n"
    "local over = call('ZRANGEBYSCORE', LEASES, '-inf', now,\n"
    "'LIMIT', 0, Q[6])\nlocal n = 0\nfor i = 1, #over do\n"
    "local r = record(P .. 'r:' .. over[i])\n"
    "if r and r[1] == 1 and r[2] <= now then\nfinish(over[i], r, EXPIRE)\n"
    "n = n + 1\nelseif r and r[1] == 1 then\n"
    "call('ZADD', LEASES, r[2], over[i])\nelse\n"
    "call('ZREM', LEASES, over[i])\nend\nend\nclose()\n"
    "return { 1, n, #over, bad and 1 or 0, now }\n",
    NULL
};


static const char *const  aicost_redis_control_head[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_control[] = {
    "local EDGES = P .. 'e'\nlocal ALIVE = 60000\nlocal TOLD_MOST = 1024\n"
    "local BEATS = 2500\nlocal rc = 0\nlocal function heard(edge)\n"
    "local new = call('ZADD', EDGES, now, edge)\ncall('PEXPIRE', EDGES, TTL)\n"
    "local gone = call('ZRANGEBYSCORE', EDGES, '-inf', now - ALIVE,\n"
    "'LIMIT', 0, 100)\nfor i = 1, #gone do\ncall('ZREM', EDGES, gone[i])\n"
    "end\nreturn call('ZCARD', EDGES), new\nend\nlocal function told(edge)\n"
    "for i = M_TOLD, #M do\nif M[i] == edge then\nreturn true\nend\nend\n"
    "return false\nend\nlocal function wait(phase, edges)\n"
    "local more = M[M_PHASE] > 0 and M[M_EXPECTED] or 1\nM[M_PHASE] = phase\n"
    "M[M_UNTIL] = now + Q[11]\nM[M_EXPECTED] = math.max(edges, Q[10], more)\n"
    "M[M_SOONEST] = (phase == REBUILD or Q[2] == ALL)\n"
    "and now + math.min(BEATS, Q[11]) or 0\nfor i = #M, M_TOLD, -1 do\n"
    "M[i] = nil\nend\nend\nlocal function life(edges)\n"
    "local killed, kill_all = 0, 0\nif M[M_HELD] > now then\n"
    "local all = call('HGETALL', LATCHES)\nfor i = 1, #all, 2 do\n"
    "if unpack_(all[i + 1])[1] > now then\nkilled = killed + 1\n"
    "kill_all = all[i] == ALL and 1 or kill_all\nend\nend\nend\nclose()\n"
    "return { 1, M[M_EPOCH], M[M_PHASE], told(Q[6]) and 1 or 0, edges,\n"
    "math.max(M[M_UNTIL] - now, 0), M[M_MODE], M[M_SHARE],\n"
    "M[M_CHANGED], killed, kill_all, now }\nend\nlocal function arrive()\n"
    "local s = call('GET', KEYS[1])\nM = s and unpack_(s)\n"
    "or { LAYOUT, Q[8], 0, 0, 0, 0, 0, 0, 0, 0, Q[7], 0, 0, 0, 0 }\n"
    "if M[M_LAYOUT] ~= LAYOUT then\nreturn { BAD_LAYOUT }\nend\ntick()\n"
    "local edges, new = heard(Q[6])\n"
    "if (Q[9] == 1 and Q[2] ~= M[M_EPOCH]) or not s then\n"
    "wait(REBUILD, edges)\n"
    "elseif M[M_RUN] ~= Q[7] or (Q[12] == 1 and M[M_PHASE] == 0) then\n"
    "wait(math.max(M[M_PHASE], REPLAY), edges)\nelseif M[M_PHASE] > 0 then\n"
    "M[M_EXPECTED] = math.max(M[M_EXPECTED], Q[10])\n"
    "+ (Q[2] == ALL and new or 0)\nend\nM[M_RUN] = Q[7]\nreturn life(edges)\n"
    "end\nif Q[5] == 'arrive' then\nreturn arrive()\nend\n"
    "if Q[5] == 'open' then\nlocal s = call('GET', KEYS[1])\nif s then\n"
    "Q[2], rc = unpack_(s)[M_EPOCH], -5\nelse\n"
    "call('SET', KEYS[1], pack({ LAYOUT, Q[2], 0, 0, 0, 0, 0, 0, 0, 0,\n"
    "'', 0, 0, 0, 0 }))\nend\nend\nlocal refused = open(REBUILD)\n"
    "if refused then\nreturn refused\nend\nlocal function resume(id, gen)\n"
    "local s = call('HGET', LATCHES, id)\nlocal l = s and unpack_(s)\n"
    "if not l or l[L_UNTIL] <= now or (gen ~= 0 and gen ~= l[L_GEN]) then\n"
    "return -5\nend\ncall('HDEL', LATCHES, id)\nM[M_HELD] = 0\n"
    "local all = call('HVALS', LATCHES)\nfor i = 1, #all do\n"
    "M[M_HELD] = math.max(M[M_HELD], unpack_(all[i])[L_UNTIL])\nend\n"
    "return 0\nend\nif Q[5] == 'tell' or Q[5] == 'beat' then\n"
    "local edges = heard(Q[6])\n"
    "if Q[5] == 'tell' and M[M_PHASE] > 0 and not told(Q[6])\n"
    "and #M < M_TOLD + TOLD_MOST - 1\nthen\nM[#M + 1] = Q[6]\nend\n"
    "if #M - M_TOLD + 1 >= math.max(M[M_EXPECTED], edges)\n"
    "and now >= M[M_SOONEST]\nthen\nM[M_PHASE] = 0\nend\nreturn life(edges)\n"
    "end\nif Q[5] == 'kill' then\nrc = latch(Q[6], Q[7], Q[8], Q[9])\n"
    "elseif Q[5] == 'resume' then\nrc = resume(Q[6], Q[7])\n"
    "elseif Q[5] == 'mode' then\n"
    "M[M_MODE], M[M_SHARE], M[M_CHANGED] = Q[6], Q[7], now\nend\nclose()\n"
    "return { 1, rc, now, M[M_EPOCH] }\n",
    NULL
};


static const char *const  aicost_redis_read_head[] = {
    "#!lua flags=no-writes\n",
    NULL
};


static const char *const  aicost_redis_read[] = {
    "local refused = open(REBUILD)\nif refused then\nreturn refused\nend\n"
    "if Q[5] == 'consumers' then\n"
    "local version = tonumber(call('GET', P .. 'cv') or '0')\n"
    "if version <= Q[6] then\nreturn { 1, version, 0, '' }\nend\n"
    "return { 1, version, call('STRLEN', P .. 'c'),\n"
    "call('GETRANGE', P .. 'c', Q[7], Q[7] + Q[8] - 1) }\nend\n"
    "if Q[5] == 'walk' then\n"
    "local at, skip = math.floor(Q[6] / 256), Q[6] % 256\nlocal out = {}\n"
    "repeat\nlocal found = call('ZSCAN', INDEX, string.format('%.0f', at),\n"
    "'COUNT', 1)\nlocal list = found[2]\nlocal n = #list / 2\n"
    "while skip < n and #out < 2 * Q[7] do\n"
    "local s = redis.pcall('GET', P .. 'b:' .. list[skip * 2 + 1])\n"
    "if type(s) == 'string' then\nout[#out + 1] = list[skip * 2 + 1]\n"
    "out[#out + 1] = s\nend\nskip = skip + 1\nend\nif skip < n then\n"
    "return { 1, at * 256 + skip, out }\nend\n"
    "at, skip = tonumber(found[1]), 0\nuntil at == 0 or #out >= 2 * Q[7]\n"
    "return { 1, at * 256, out }\nend\nlocal all = call('HGETALL', LATCHES)\n"
    "local killed, kill_all, out = 0, 0, {}\nfor i = 1, #all, 2 do\n"
    "if unpack_(all[i + 1])[1] > now then\nkilled = killed + 1\n"
    "if all[i] == ALL then\nkill_all = 1\nend\n"
    "if Q[5] == 'latches' and killed <= Q[6] then\nout[#out + 1] = all[i]\n"
    "out[#out + 1] = all[i + 1]\nend\nend\nend\nif Q[5] == 'latches' then\n"
    "return { 1, out, now }\nend\n"
    "return { 1, M[M_MODE], M[M_SHARE], M[M_CHANGED], killed, kill_all, now,\n"
    "M[M_OVERFLOWS], call('ZCARD', INDEX), call('ZCARD', LEASES) }\n",
    NULL
};


static const char *const  aicost_redis_restore_head[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_restore[] = {
    "local refused = open(REBUILD)\nif refused then\nreturn refused\nend\n"
    "local C = unpack_(ARGV[2])\nlocal most, rid = Q[6], Q[7]\n"
    "local n, made = call('ZCARD', INDEX), {}\nlocal function find(c)\n"
    "local a, wrong = account(C[c])\nif a and a[UNIT] == C[c + 5] then\n"
    "return a, C[c]\nend\nif a or wrong or C[c + C_LIMIT] <= 0\n"
    "or (C[c + 7] == 0 and now >= C[c + C_T1] + C[c + 16])\nthen\nreturn nil\n"
    "end\nlocal id = C[c]\nif n >= most then\nid = C[c + C_SPARE]\n"
    "if id == '' then\nreturn nil\nend\na = account(id)\nif a then\n"
    "return a, id\nend\nend\na = make(C, c)\nloaded[id], made[id] = a, true\n"
    "n = n + 1\nif id ~= C[c] then\nmake_spare(a, id)\nend\nreturn a, id\n"
    "end\nlocal function put(id, a, lease)\ntouch(a)\nif made[id] then\n"
    "call('ZADD', INDEX, index_end(a), id)\ncall('PEXPIRE', INDEX, TTL)\n"
    "call('SET', P .. 'b:' .. id, pack(a), 'PX',\n"
    "math.max(a[T1] - now + a[GRACE], lease + AFTER))\nmade[id] = nil\nelse\n"
    "save(id, a)\ncall('PEXPIRE', P .. 'b:' .. id, lease + AFTER, 'GT')\nend\n"
    "end\nlocal function accounts()\nfor i = 1, Q[7] do\n"
    "local a, id = find((i - 1) * C_SIZE + 1)\nlocal settled = Q[7 + i]\n"
    "if a and (settled > a[SETTLED] or made[id]) then\n"
    "local before = a[SETTLED]\na[SETTLED] = math.max(before, settled)\n"
    "watch(a, before)\nput(id, a, 0)\nend\nend\nend\n"
    "local function reassert()\nlocal r, wrong = record(P .. 'r:' .. rid)\n"
    "if r or wrong then\nreturn\nend\n"
    "local lease = math.max(Q[10], Q[9] - now)\nlocal longest = lease + DAY\n"
    "r = { 1, now + lease, Q[8], Q[11], Q[12], 0, Q[13], 0,\n"
    "Q[14], Q[15], Q[16], Q[17] }\ncall('ZADD', LEASES, now + lease, rid)\n"
    "call('PEXPIRE', LEASES, TTL)\nfor i = 1, Q[18] do\n"
    "local a, id = find((i - 1) * C_SIZE + 1)\nif a then\n"
    "local unit = a[UNIT]\na[RESERVED] = sum(a[RESERVED], Q[14 + unit])\n"
    "a[BOUND] = sum(a[BOUND], Q[16 + unit])\na[OPEN] = a[OPEN] + 1\n"
    "put(id, a, lease)\nlongest = math.max(longest, a[T1] - now + a[GRACE])\n"
    "r[#r + 1] = id\nr[#r + 1] = a[2]\nend\nend\n"
    "call('SET', P .. 'r:' .. rid, pack(r), 'PX', longest + DAY)\nend\n"
    "if Q[5] == 'open' then\nreassert()\nelse\naccounts()\nend\nclose()\n"
    "return { 1, bad and 1 or 0, now }\n",
    NULL
};


static const char *const  aicost_redis_publish_head[] = {
    "#!lua\n",
    NULL
};


static const char *const  aicost_redis_publish[] = {
    "local refused = open(REBUILD)\nif refused then\nreturn refused\nend\n"
    "local version = tonumber(call('GET', P .. 'cv') or '0')\n"
    "if Q[6] >= 0 and Q[6] ~= version then\nreturn { 0, version }\nend\n"
    "version = math.max(version + 1, now)\nif ARGV[2] == '' then\n"
    "call('DEL', P .. 'c')\nelse\ncall('SET', P .. 'c', ARGV[2])\nend\n"
    "call('SET', P .. 'cv', string.format('%.0f', version))\n"
    "return { 1, version }\n",
    NULL
};


static const char *const  *const aicost_redis_reserve_parts[] = {
    aicost_redis_reserve_head,
    aicost_redis_common,
    aicost_redis_account,
    aicost_redis_reserve,
    NULL
};


static const char *const  *const aicost_redis_settle_parts[] = {
    aicost_redis_settle_head,
    aicost_redis_common,
    aicost_redis_latch,
    aicost_redis_account,
    aicost_redis_close,
    aicost_redis_settle,
    NULL
};


static const char *const  *const aicost_redis_renew_parts[] = {
    aicost_redis_renew_head,
    aicost_redis_common,
    aicost_redis_renew,
    NULL
};


static const char *const  *const aicost_redis_sweep_parts[] = {
    aicost_redis_sweep_head,
    aicost_redis_common,
    aicost_redis_latch,
    aicost_redis_close,
    aicost_redis_sweep,
    NULL
};


static const char *const  *const aicost_redis_control_parts[] = {
    aicost_redis_control_head,
    aicost_redis_common,
    aicost_redis_latch,
    aicost_redis_control,
    NULL
};


static const char *const  *const aicost_redis_read_parts[] = {
    aicost_redis_read_head,
    aicost_redis_common,
    aicost_redis_read,
    NULL
};


static const char *const  *const aicost_redis_restore_parts[] = {
    aicost_redis_restore_head,
    aicost_redis_common,
    aicost_redis_latch,
    aicost_redis_account,
    aicost_redis_close,
    aicost_redis_restore,
    NULL
};


static const char *const  *const aicost_redis_publish_parts[] = {
    aicost_redis_publish_head,
    aicost_redis_common,
    aicost_redis_publish,
    NULL
};


const aicost_redis_script_t  aicost_redis_scripts[AICOST_REDIS_SCRIPTS] = {
    { "reserve",
      "e09af83bae5324d2d5bd70dc3b4a7facbfc34431",
      12696, aicost_redis_reserve_parts },

    { "settle",
      "dd9f4ea46056d82f3ebf4d2bd58bad27f4287062",
      9664, aicost_redis_settle_parts },

    { "renew",
      "f413f360f370e358127846d6a689413d8eecb930",
      4723, aicost_redis_renew_parts },

    { "sweep",
      "d43115af933e20dab91ff9d4bcd03cc0f210fc3d",
      6285, aicost_redis_sweep_parts },

    { "control",
      "a756cf68d95ffa0d78f7e0b014effad4ea5c1a22",
      7118, aicost_redis_control_parts },

    { "read",
      "cfae4ef10c1acc00b6748ae996e5163603d7fad2",
      4788, aicost_redis_read_parts },

    { "restore",
      "770ece3770e49f5ff37aa792b979f1bb14618fda",
      9189, aicost_redis_restore_parts },

    { "publish",
      "eb4693e829d36bde6b220cf5662f0abc7637d7a6",
      3785, aicost_redis_publish_parts }
};
