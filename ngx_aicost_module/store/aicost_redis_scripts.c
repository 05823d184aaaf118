
/*
 * Copyright (C) aicost
 *
 * Made by util/embed-lua from redis/: do not edit.
 */


#include "aicost_redis_scripts.h"


static const char *const  aicost_redis_common_1[] = {
    "local ALL = string.rep('\\0', 16)\n"
    "local call, pack, unpack_ = redis.call, cmsgpack.pack, cmsgpack.unpack\n"
    "local P = string.sub(KEYS[1], 1, -2)\n"
    "local LEASES, LATCHES, INDEX = P .. 'lz', P .. 'k', P .. 'ai'\n"
    "local Q = unpack_(ARGV[1])\nlocal M, now\n",
    NULL
};


static const char *const  aicost_redis_common_sum[] = {
    "local function sum(a, b)\n"
    "if a >= 9000000000000000 or b >= 9000000000000000 - a then\n"
    "return 9000000000000000\nend\nreturn a + b\nend\n",
    NULL
};


static const char *const  aicost_redis_common_less[] = {
    "local function less(a, b)\nif a > b then\nreturn a - b\nend\nreturn 0\n"
    "end\n",
    NULL
};


static const char *const  aicost_redis_common_tick[] = {
    "local function tick()\nnow = Q[3]\nif Q[4] == 0 then\n"
    "local t = call('TIME')\nnow = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "end\nif now > M[3] then\nM[3] = now\nelse\nnow = M[3]\nend\n"
    "if M[12] > 0 and now >= M[13] then\nM[12] = 0\nend\nend\n"
    "local function open(latest)\nlocal s = call('GET', KEYS[1])\n"
    "if not s then\nreturn { -4 }\nend\nM = unpack_(s)\nif M[1] ~= 2 then\n"
    "return { -21 }\nend\nif M[2] ~= Q[2] then\nreturn { -4 }\nend\ntick()\n"
    "if M[12] > latest then\nreturn { -11 }\nend\nend\n",
    NULL
};


static const char *const  aicost_redis_common_close[] = {
    "local function close()\ncall('SET', KEYS[1], pack(M))\nend\n",
    NULL
};


static const char *const  aicost_redis_common_record[] = {
    "local function record(key)\nlocal s = redis.pcall('GET', key)\n"
    "if not s then\nreturn nil\nend\nif type(s) == 'table' and s.err\n"
    "and string.sub(s.err, 1, 9) ~= 'WRONGTYPE'\nthen\nerror(s.err)\nend\n"
    "if type(s) == 'string' then\nlocal good, a = pcall(unpack_, s)\n"
    "if good and type(a) == 'table' then\nreturn a\nend\nend\n"
    "return nil, true\nend\n",
    NULL
};


static const char *const  aicost_redis_common_2[] = {
    "local loaded, bad = {}, false\n",
    NULL
};


static const char *const  aicost_redis_common_account[] = {
    "local function account(id)\nlocal a, wrong = loaded[id], false\n"
    "if not a then\na, wrong = record(P .. 'b:' .. id)\n"
    "if a and (a[1] ~= 2 or #a ~= 24) then\na, wrong = nil, true\nend\n"
    "bad = bad or wrong\nloaded[id] = a\nend\nreturn a, wrong\nend\n",
    NULL
};


static const char *const  aicost_redis_common_ended[] = {
    "local function ended(a)\nif a[18] > 0 then\nreturn false\nend\n"
    "if a[8] == 1 then\nreturn now >= a[21]\nend\n"
    "return now - a[24] >= a[21]\nend\n",
    NULL
};


static const char *const  aicost_redis_common_touch[] = {
    "local function touch(a)\nif a[8] == 1 then\n"
    "a[21] = math.min(now + a[22], a[20] + a[23])\nend\nend\n"
    "local function index_end(a)\nif a[8] == 1 then\nreturn a[21]\nend\n"
    "return a[21] + a[24]\nend\n",
    NULL
};


static const char *const  aicost_redis_common_room_of[] = {
    "local function room_of(refs, first)\nlocal left = -1\n"
    "for i = first, #refs, 2 do\nlocal a = account(refs[i])\n"
    "if a and a[2] == refs[i + 1] and a[7] == 0 and a[6] == 0 then\n"
    "local room = less(a[11], sum(a[12], a[13]))\n"
    "if left < 0 or room < left then\nleft = room\nend\nend\nend\n"
    "return left\nend\nlocal function totals(out, refs, first)\n"
    "for i = first, #refs, 2 do\nlocal a = account(refs[i])\n"
    "if a and a[2] == refs[i + 1] then\nout[#out + 1] = refs[i]\n"
    "out[#out + 1] = a[12]\nout[#out + 1] = a[13]\nout[#out + 1] = a[14]\n"
    "out[#out + 1] = a[2]\nend\nend\nreturn pack(out)\nend\n",
    NULL
};


static const char *const  aicost_redis_account_terms[] = {
    "local function terms(a, C, c)\na[3], a[4] = C[c + 1], C[c + 2]\n"
    "a[5], a[7], a[9] = C[c + 4], C[c + 6], C[c + 8]\n"
    "a[11], a[19] = C[c + 10], C[c + 20]\n"
    "a[22], a[23], a[24] = C[c + 14], C[c + 15], C[c + 16]\nend\n"
    "local function begin(a, t0, t1)\nM[4] = M[4] + 1\na[2] = M[4]\n"
    "a[10], a[12], a[13], a[14] = 0, 0, 0, 0\n"
    "a[15], a[16], a[17], a[18] = 0, 0, 0, 0\na[20], a[21] = t0, t1\nend\n"
    "local function make(C, c)\n"
    "local a = { 2, 0, '', '', 0, C[c + 5], 0, C[c + 7], 0, 0, 0, 0,\n"
    "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }\nif a[8] == 1 then\n"
    "begin(a, now, now)\nelse\nbegin(a, C[c + 12], C[c + 13])\nend\n"
    "terms(a, C, c)\nreturn a\nend\nlocal function make_spare(a, id)\n"
    "a[3], a[4], a[19] = id, '', 0\nend\n",
    NULL
};


static const char *const  aicost_redis_account_count[] = {
    "local function count(most, more)\nlocal n = call('ZCARD', INDEX)\n"
    "local tries = n + more > most and 8 or 2\n"
    "local ends = call('ZRANGEBYSCORE', INDEX, '-inf', now,\n"
    "'LIMIT', 0, tries)\nfor i = 1, #ends do\n"
    "local a, wrong = account(ends[i])\nif not a and not wrong then\n"
    "call('ZREM', INDEX, ends[i])\nn = n - 1\n"
    "elseif a and n + more > most and ended(a) then\n"
    "call('DEL', P .. 'b:' .. ends[i])\ncall('ZREM', INDEX, ends[i])\n"
    "loaded[ends[i]] = nil\nn = n - 1\nelseif n + more > most then\n"
    "call('ZADD', INDEX, now + 600000, ends[i])\nend\nend\nreturn n\nend\n",
    NULL
};


static const char *const  aicost_redis_reserve_1[] = {
    "#!lua\n",
    NULL
};


static const char *const  aicost_redis_reserve_2[] = {
    "local refused = open(0)\nif refused then\nreturn refused\nend\n"
    "local C = unpack_(ARGV[2])\n"
    "local lease, most, rid, hash = Q[5], Q[6], Q[7], Q[8]\n"
    "local nsteps, first, dry = Q[9], Q[10], Q[11]\n"
    "local nclaims, nrates = Q[12], Q[13]\nlocal RATE = 15 + nsteps * 6\n"
    "local POW = { [0] = 1, 2, 4, 8 }\n"
    "local answer, index, room, retry = 1, 0, 0, 0\n"
    "local step, bounds, marked, warned, left = 0, 0, 0, 0, -1\n"
    "local amount, made = { [0] = 0, 0 }, 0\n"
    "local ids, accounts, used, tats = {}, {}, {}, {}\nlocal charged = {}\n"
    "local function reply()\nclose()\n"
    "return totals({ answer, index, room, retry, step, bounds, marked, made,\n"
    "amount[0], amount[1], warned, left,\nnow, M[6], M[7], M[8],\n"
    "M[9] > now and 1 or 0 }, charged, 13)\nend\n"
    "local function refuse(why, i, ms)\nif answer == 1 then\n"
    "answer, index, retry = why, i, ms\nend\nreturn dry == 0\nend\n"
    "local function never(why, i, ms)\n"
    "answer, index, room, retry = why, i, 0, ms\n"
    "step, bounds, marked, warned, left = 0, 0, 0, 0, -1\n"
    "amount = { [0] = 0, 0 }\nreturn true\nend\nlocal function nothing()\n"
    "step, bounds = 0, 0\namount = { [0] = 0, 0 }\nend\n"
    "local function known()\nlocal r, wrong = record(P .. 'r:' .. rid)\n"
    "if wrong then\nreturn never(-20, nclaims + nrates, 0)\nend\n"
    "if not r then\nreturn false\nend\nif r[1] ~= 1 then\n"
    "return never(-6, 0, 0)\nend\nif r[3] ~= hash then\n"
    "return never(-7, 0, 0)\nend\n"
    "answer, step, bounds, marked = 2, r[4], r[5], r[6]\n"
    "made, warned = r[7], r[8]\namount = { [0] = r[9], r[10] }\n"
    "left = room_of(r, 13)\ncharged = r\nreturn true\nend\n"
    "local function killed()\nif M[9] <= now then\nreturn false\nend\n"
    "local fields = { ALL }\nfor i = 0, nclaims - 1 do\n"
    "fields[#fields + 1] = C[i * 21 + 1 + 1]\n"
    "fields[#fields + 1] = C[i * 21 + 1 + 2]\nend\n"
    "local on = call('HMGET', LATCHES, unpack(fields))\n"
    "for i = 1, #fields do\nlocal l = on[i] and unpack_(on[i])\n"
    "if l and l[1] > now then\nreturn refuse(-3,\n"
    "i == 1 and nclaims or math.floor(i / 2) - 1,\n"
    "l[1] == 9007199254740991 and -1 or l[1] - now)\nend\nend\nreturn false\n"
    "end\nlocal function windows()\nfor i = 0, nclaims - 1 do\n"
    "local c = i * 21 + 1\nif C[c + 7] == 0\n"
    "and (now < C[c + 12] or now >= C[c + 13])\nthen\n"
    "return never(-5, i, now - Q[3])\nend\nend\nreturn false\nend\n"
    "local function overflow(i, c)\nlocal id = C[c + 3]\nif id == '' then\n"
    "return never(-9, i, 0)\nend\nlocal a, wrong = account(id)\n"
    "if wrong then\nreturn never(-20, i, 0)\nend\n"
    "if a and (a[6] ~= C[c + 5] or a[8] ~= C[c + 7]) then\n"
    "return never(-9, i, 0)\nend\nfor k = 1, nclaims do\n"
    "if ids[k] == id then\nreturn never(-9, i, 0)\nend\nend\n"
    "ids[i + 1], accounts[i + 1] = id, a or false\n"
    "used[i + 1] = a and not (a[8] == 1 and ended(a))\n"
    "and sum(a[12], a[13]) or 0\nreturn false\nend\nlocal function find()\n"
    "local missing = {}\nfor i = 1, nclaims do\nlocal c = (i - 1) * 21 + 1\n"
    "local a, wrong = account(C[c])\nif wrong then\n"
    "return never(-20, i - 1, 0)\nend\n"
    "if a and (a[6] ~= C[c + 5] or a[8] ~= C[c + 7]) then\n"
    "return never(-8, i - 1, 0)\nend\n"
    "ids[i], accounts[i], used[i] = a and C[c] or '', a or false, 0\n"
    "if not a then\nmissing[#missing + 1] = i\n"
    "elseif a[8] == 0 or not ended(a) then\nused[i] = sum(a[12], a[13])\nend\n"
    "end\nif #missing > 0 then\nlocal n = count(most, #missing)\n"
    "for k = 1, #missing do\nlocal i = missing[k]\n"
    "local c = (i - 1) * 21 + 1\nif n < most then\nn = n + 1\nids[i] = C[c]\n"
    "elseif overflow(i - 1, c) then\nreturn true\nend\nend\nend\n"
    "return false\nend\nlocal function marks()\nfor i = 1, nclaims do\n"
    "local c = (i - 1) * 21 + 1\nlocal mark, to = C[c + 18], C[c + 19]\n"
    "if mark > 0 and used[i] >= mark and to < nsteps and to > first then\n"
    "first = to\nmarked = 1\nend\nend\nend\nlocal function counts(c, at)\n"
    "return math.floor(C[c + 9] / POW[at]) % 2 == 1\nend\n"
    "local function fit(at, unit)\nlocal ask = 15 + at * 6 + unit * 3\n"
    "local want, upper, least = Q[ask], Q[ask + 1], Q[ask + 2]\n"
    "local bound, near, tight, least_room = false, false, 0, 0\n"
    "for i = 1, nclaims do\nlocal c = (i - 1) * 21 + 1\n"
    "if C[c + 5] == unit and C[c + 6] == 0 and counts(c, at) then\n",

    "local rest = C[c + 10] - used[i]\nif rest <= C[c + 11] then\n"
    "near = true\nend\nrest = math.max(rest, 0)\n"
    "if not bound or rest < least_room then\ntight, least_room = i - 1, rest\n"
    "end\nbound = true\nend\nend\nif not bound or (upper == 0 and want == 0)\n"
    "or (not near and want <= least_room)\nthen\nreturn want, 0\nend\n"
    "upper = math.min(upper, least_room)\nif upper >= least then\n"
    "return upper, 1\nend\nreturn nil, tight, least_room\nend\n"
    "local function until_end(i)\nlocal c = i * 21 + 1\n"
    "return C[c + 7] == 1 and -1 or C[c + 13] - now\nend\n"
    "local function inexact()\nfor i = 1, nclaims do\n"
    "local c = (i - 1) * 21 + 1\n"
    "if counts(c, step) and amount[C[c + 5]] > 9000000000000000 - used[i] "
    "then\nreturn never(-1, i - 1, until_end(i - 1))\nend\nend\nreturn false\n"
    "end\nlocal function steps()\nlocal which, tight = 0, 0\n"
    "for at = first, nsteps - 1 do\nlocal money, a, b = fit(at, 0)\n"
    "local tokens, x, y\nif money then\ntokens, x, y = fit(at, 1)\nend\n"
    "if tokens then\namount = { [0] = money, tokens }\n"
    "step, bounds = at, a + 2 * x\nreturn inexact()\nend\n"
    "if at == first then\nwhich, tight = money and x or a, money and y or b\n"
    "end\nend\nif answer == 1 then\nroom = tight\nend\n"
    "if refuse(-1, which, until_end(which)) then\nnothing()\nreturn true\n"
    "end\nstep, bounds = first, 0\n"
    "amount = { [0] = Q[15 + first * 6], Q[15 + first * 6 + 3] }\n"
    "return inexact()\nend\nlocal function rates()\n"
    "local us, longest, which = now * 1000, 0, 0\nfor i = 1, nrates do\n"
    "local g = RATE + (i - 1) * 3\n"
    "local s = redis.pcall('GET', P .. 'g:' .. Q[g])\nlocal tat = 0\n"
    "if s then\ntat = type(s) == 'string' and tonumber(s)\nif not tat then\n"
    "return never(-20, nclaims + i - 1, 0)\nend\nend\n"
    "local base = math.max(tat, us)\n"
    "if base + Q[g + 1] > 9000000000000000 then\nreturn never(-8, i - 1, 0)\n"
    "end\nif base - us > Q[g + 2] then\n"
    "if base - us - Q[g + 2] > longest then\n"
    "longest, which = base - us - Q[g + 2], i - 1\nend\ntats[i] = tat\nelse\n"
    "tats[i] = base + Q[g + 1]\nend\nend\n"
    "if longest > 0 and refuse(-2, which, math.ceil(longest / 1000)) then\n"
    "nothing()\nreturn true\nend\nreturn false\nend\n"
    "local function prepare(i, refs, index_args, gap)\n"
    "local c = (i - 1) * 21 + 1\n"
    "local a, id, unit = accounts[i], ids[i], C[c + 5]\nlocal new = not a\n"
    "if new then\na = make(C, c)\nelseif a[8] == 1 and ended(a) then\n"
    "begin(a, now, now)\nend\naccounts[i], loaded[id] = a, a\nterms(a, C, c)\n"
    "if id ~= C[c] then\nmake_spare(a, id)\nM[10] = M[10] + 1\nend\n"
    "a[13] = a[13] + amount[unit]\na[14] = sum(a[14], gap[unit])\n"
    "a[18] = a[18] + 1\nif C[c + 17] > 0 and a[10] == 0\n"
    "and sum(a[12], a[13]) >= C[c + 17]\nthen\na[10] = 1\n"
    "warned = warned + 2 ^ (i - 1)\nend\ntouch(a)\nif new or a[8] == 1 then\n"
    "index_args[#index_args + 1] = index_end(a)\n"
    "index_args[#index_args + 1] = id\nend\nrefs[#refs + 1] = id\n"
    "refs[#refs + 1] = a[2]\nend\nlocal function write()\n"
    "local gap, longest, index_args = {}, lease + 86400000, {}\n"
    "local r = { 1, now + lease, hash, step, bounds, marked, dry, 0,\n"
    "amount[0], amount[1], 0, 0 }\nfor unit = 0, 1 do\n"
    "gap[unit] = less(Q[15 + step * 6 + unit * 3 + 1], amount[unit])\n"
    "r[11 + unit] = gap[unit]\nend\nfor i = 1, nclaims do\n"
    "if counts((i - 1) * 21 + 1, step) then\nprepare(i, r, index_args, gap)\n"
    "end\nend\nr[8] = warned\nleft = room_of(r, 13)\nmade = dry\ncharged = r\n"
    "call('ZADD', LEASES, now + lease, rid)\n"
    "call('PEXPIRE', LEASES, 5184000000)\nif #index_args > 0 then\n"
    "call('ZADD', INDEX, unpack(index_args))\n"
    "call('PEXPIRE', INDEX, 5184000000)\nend\nfor i = 1, nrates do\n"
    "local ms = math.max(0, math.ceil(tats[i] / 1000) - now) + 1000\n"
    "call('SET', P .. 'g:' .. Q[RATE + (i - 1) * 3],\n"
    "string.format('%.0f', tats[i]), 'PX', ms)\nend\nfor i = 1, nclaims do\n"
    "if counts((i - 1) * 21 + 1, step) then\nlocal a = accounts[i]\n"
    "local ttl = math.max(a[21] - now + a[24], lease + 600000)\n"
    "longest = math.max(longest, ttl)\n"
    "call('SET', P .. 'b:' .. ids[i], pack(a), 'PX', ttl)\nend\nend\n"
    "call('SET', P .. 'r:' .. rid, pack(r), 'PX', longest + 86400000)\nend\n"
    "if known() or killed() or windows() or find() then\nreturn reply()\nend\n",

    "marks()\nif not (steps() or rates()) and Q[14] == 0 then\nwrite()\nend\n"
    "return reply()\n",
    NULL
};


static const char *const  aicost_redis_latch_latch[] = {
    "local function latch(id, label, why, till)\nif till <= now then\n"
    "return -5\nend\nlocal s = call('HGET', LATCHES, id)\n"
    "local old = s and unpack_(s)\n"
    "if old and old[1] > now and old[1] >= till then\nreturn -5\nend\n"
    "if not old and call('HLEN', LATCHES) >= 1024 then\n"
    "local all = call('HGETALL', LATCHES)\n"
    "local victim, first = nil, 9007199254740991\nfor i = 1, #all, 2 do\n"
    "local l = unpack_(all[i + 1])\nif l[1] < first then\n"
    "victim, first = all[i], l[1]\nend\nend\nif not victim then\nreturn -1\n"
    "end\ncall('HDEL', LATCHES, victim)\nend\nM[5] = M[5] + 1\n"
    "M[9] = math.max(M[9], till)\n"
    "call('HSET', LATCHES, id, pack({ till, now, M[5], label, why }))\n"
    "return 0\nend\n",
    NULL
};


static const char *const  aicost_redis_close_1[] = {
    "local keep = Q[5]\nlocal function watch(a, before)\n"
    "if a[19] > 0 and before < a[19] and a[12] >= a[19] then\n"
    "latch(a[3], '', 'budget_exceeded',\n"
    "a[9] == 1 and a[21] or 9007199254740991)\nend\nend\n"
    "local function save(id, a)\n"
    "call('SET', P .. 'b:' .. id, pack(a), 'KEEPTTL')\nif a[8] == 1 then\n"
    "call('PEXPIRE', P .. 'b:' .. id,\n"
    "math.max(a[21] - now + a[24], 600000), 'GT')\n"
    "call('ZADD', INDEX, index_end(a), id)\nend\nend\n",
    NULL
};


static const char *const  aicost_redis_close_forget[] = {
    "local function forget(rid, state, r)\nlocal short = { state }\n"
    "for i = 13, r and #r or 0 do\nshort[#short + 1] = r[i]\nend\n"
    "call('SET', P .. 'r:' .. rid, pack(short), 'PX', keep)\nend\n"
    "local function readable(refs, first)\nfor i = first, #refs, 2 do\n"
    "local a = account(refs[i])\nif a and a[19] > 0 then\n"
    "call('HLEN', LATCHES)\nend\nif a and a[8] == 1 then\n"
    "call('ZCARD', INDEX)\nend\nend\nend\n"
    "local function finish(rid, r, op, actual)\nreadable(r, 13)\n"
    "for i = 13, #r, 2 do\nlocal id = r[i]\nlocal a = account(id)\n"
    "if a and a[2] == r[i + 1] then\nlocal unit = a[6]\n"
    "local before, amount = a[12], r[9 + unit]\na[13] = less(a[13], amount)\n"
    "a[14] = less(a[14], r[11 + unit])\na[18] = less(a[18], 1)\n"
    "if op == 0 then\na[12] = sum(before, actual[unit])\n"
    "a[16] = sum(a[16], less(actual[unit], amount))\nelseif op == 2 then\n"
    "a[12] = sum(before, amount)\na[15] = sum(a[15], amount)\nend\n"
    "if op ~= 2 then\ntouch(a)\nend\nwatch(a, before)\nsave(id, a)\nend\nend\n"
    "if op == 2 then\nr[1] = 4\n"
    "call('SET', P .. 'r:' .. rid, pack(r), 'PX', 86400000)\nelse\n"
    "forget(rid, op == 0 and 2 or 3, r)\nend\ncall('ZREM', LEASES, rid)\nend\n",
    NULL
};


static const char *const  aicost_redis_settle_1[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_settle_2[] = {
    "local refused = open(1)\nif refused then\nreturn refused\nend\n"
    "local most, rid, op = Q[6], Q[7], Q[8]\n"
    "local actual = { [0] = Q[9], Q[10] }\n"
    "local r, wrong = record(P .. 'r:' .. rid)\nlocal left = -1\n"
    "local charged, from = {}, 1\nif wrong then\nreturn { -20 }\nend\n"
    "local function correct()\nreadable(r, 13)\nfor i = 13, #r, 2 do\n"
    "local a = account(r[i])\nif a and a[2] == r[i + 1] then\n"
    "local unit = a[6]\nlocal before, amount = a[12], r[9 + unit]\n"
    "a[12] = sum(less(before, amount), actual[unit])\n"
    "a[15] = less(a[15], amount)\n"
    "a[16] = sum(a[16], less(actual[unit], amount))\nwatch(a, before)\n"
    "call('SET', P .. 'b:' .. r[i], pack(a), 'KEEPTTL')\nend\nend\n"
    "forget(rid, 2, r)\nend\nlocal made = {}\n"
    "local function find_lost(C, c, n)\nfor spare = 0, 1 do\n"
    "local id = C[c + (spare == 1 and 3 or 0)]\nlocal a, wrong = account(id)\n"
    "if a then\nif a[8] == 1 and ended(a) then\nbegin(a, now, now)\n"
    "terms(a, C, c)\nend\nreturn a, id, n\nend\nif wrong then\n"
    "return nil, id, n\nend\n"
    "if n < most or spare == 1 or C[c + 3] == '' then\na = make(C, c)\n"
    "loaded[id], made[id] = a, true\nif spare == 1 then\nmake_spare(a, id)\n"
    "M[10] = M[10] + 1\nend\nreturn a, id, n + 1\nend\nend\nend\n"
    "local function lost()\nlocal C = unpack_(ARGV[2])\n"
    "local list, seen, n = {}, {}, count(most, Q[11])\n"
    "for i = 0, Q[11] - 1 do\nlocal c = i * 21 + 1\nlocal a, id\n"
    "if C[c + 10] <= 0 then\nreturn false\nend\n"
    "a, id, n = find_lost(C, c, n)\nif a and not seen[id] then\n"
    "seen[id] = true\nlist[#list + 1] = id\nlist[#list + 1] = a[2]\nend\nend\n"
    "readable(list, 1)\nfor i = 1, #list, 2 do\nlocal id = list[i]\n"
    "local a = account(id)\nlocal before = a[12]\n"
    "a[12] = sum(before, actual[a[6]])\na[17] = sum(a[17], actual[a[6]])\n"
    "touch(a)\nwatch(a, before)\nif made[id] then\n"
    "call('ZADD', INDEX, index_end(a), id)\n"
    "call('PEXPIRE', INDEX, 5184000000)\n"
    "call('SET', P .. 'b:' .. id, pack(a), 'PX',\n"
    "math.max(a[21] - now + a[24], 600000))\nelse\nsave(id, a)\nend\nend\n"
    "left = room_of(list, 1)\ncharged = list\nreturn true\nend\n"
    "local answer = 1\nif r then\nif r[1] == 1 then\n"
    "if op ~= 2 or r[2] <= now then\nfinish(rid, r, op, actual)\nend\n"
    "elseif r[1] == 4 and op == 0 then\ncorrect()\nend\n"
    "charged, from = r, (r[1] == 1 or r[1] == 4) and 13 or 2\n"
    "left = room_of(charged, from)\nelseif op == 1 then\nforget(rid, 3)\n"
    "elseif op == 0 and Q[11] > 0 then\nif lost() then\nforget(rid, 2)\nelse\n"
    "answer = -1\nend\nend\nclose()\n"
    "return totals({ answer, left, bad and 1 or 0, now }, charged, from)\n",
    NULL
};


static const char *const  aicost_redis_renew_1[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_renew_2[] = {
    "local refused = open(1)\nif refused then\nreturn refused\nend\n"
    "local lease = Q[5]\nlocal bits = {}\nlocal held = nil\n"
    "local function on(id)\nif M[9] <= now or id == '' then\nreturn false\n"
    "end\nheld = held or {}\nif held[id] == nil then\n"
    "local s = call('HGET', LATCHES, id)\n"
    "held[id] = s and unpack_(s)[1] > now or false\nend\nreturn held[id]\n"
    "end\nlocal function spent(a, r, cost)\n"
    "if Q[6] == 0 or a[8] == 0 or a[6] ~= 0 then\nreturn false\nend\n"
    "return sum(sum(a[12], less(a[13], r[9])), cost) > a[11]\nend\n"
    "for i = 7, #Q, 2 do\nlocal rid, cost = Q[i], Q[i + 1]\n"
    "local key = P .. 'r:' .. rid\nlocal r = record(key)\nlocal bit = 0\n"
    "if not r or r[1] ~= 1 then\nbit = 1\nelse\nif on(ALL) then\nbit = 4\n"
    "end\nlocal longer = r[2] < now + lease\nfor k = 13, #r, 2 do\n"
    "local a = account(r[k])\nif a and a[2] == r[k + 1] then\n"
    "if bit < 4 and (on(a[3]) or on(a[4])) then\nbit = bit + 4\nend\n"
    "if bit % 4 < 2 and spent(a, r, cost) then\nbit = bit + 2\nend\nend\nend\n"
    "if longer then\nr[2] = now + lease\ncall('ZADD', LEASES, r[2], rid)\n"
    "call('SET', key, pack(r), 'KEEPTTL')\n"
    "call('PEXPIRE', key, lease + 86400000, 'GT')\nfor k = 13, #r, 2 do\n"
    "call('PEXPIRE', P .. 'b:' .. r[k], lease + 600000, 'GT')\nend\nend\nend\n"
    "bits[#bits + 1] = bit\nend\nclose()\n"
    "return { 1, bits, now, M[6], M[7], M[8],\nM[9] > now and 1 or 0 }\n",
    NULL
};


static const char *const  aicost_redis_sweep_1[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_sweep_2[] = {
    "local refused = open(0)\nif refused then\nreturn refused\nend\n"
    "local over = call('ZRANGEBYSCORE', LEASES, '-inf', now,\n"
    "'LIMIT', 0, Q[6])\nlocal n = 0\nfor i = 1, #over do\n"
    "local r = record(P .. 'r:' .. over[i])\n"
    "if r and r[1] == 1 and r[2] <= now then\nfinish(over[i], r, 2)\n"
    "n = n + 1\nelseif r and r[1] == 1 then\n"
    "call('ZADD', LEASES, r[2], over[i])\nelse\n"
    "call('ZREM', LEASES, over[i])\nend\nend\nclose()\n"
    "return { 1, n, #over, bad and 1 or 0, now }\n",
    NULL
};


static const char *const  aicost_redis_control_1[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_control_2[] = {
    "local EDGES = P .. 'e'\nlocal rc = 0\nlocal function heard(edge)\n"
    "local new = call('ZADD', EDGES, now, edge)\n"
    "call('PEXPIRE', EDGES, 5184000000)\n"
    "local gone = call('ZRANGEBYSCORE', EDGES, '-inf', now - 60000,\n"
    "'LIMIT', 0, 100)\nfor i = 1, #gone do\ncall('ZREM', EDGES, gone[i])\n"
    "end\nreturn call('ZCARD', EDGES), new\nend\nlocal function told(edge)\n"
    "for i = 16, #M do\nif M[i] == edge then\nreturn true\nend\nend\n"
    "return false\nend\nlocal function wait(phase, edges)\n"
    "local more = M[12] > 0 and M[14] or 1\nM[12] = phase\n"
    "M[13] = now + Q[11]\nM[14] = math.max(edges, Q[10], more)\n"
    "M[15] = (phase == 2 or Q[2] == ALL)\n"
    "and now + math.min(2500, Q[11]) or 0\nfor i = #M, 16, -1 do\nM[i] = nil\n"
    "end\nend\nlocal function life(edges)\nlocal killed, kill_all = 0, 0\n"
    "if M[9] > now then\nlocal all = call('HGETALL', LATCHES)\n"
    "for i = 1, #all, 2 do\nif unpack_(all[i + 1])[1] > now then\n"
    "killed = killed + 1\nkill_all = all[i] == ALL and 1 or kill_all\nend\n"
    "end\nend\nclose()\n"
    "return { 1, M[2], M[12], told(Q[6]) and 1 or 0, edges,\n"
    "math.max(M[13] - now, 0), M[6], M[7],\nM[8], killed, kill_all, now }\n"
    "end\nlocal function arrive()\nlocal s = call('GET', KEYS[1])\n"
    "M = s and unpack_(s)\n"
    "or { 2, Q[8], 0, 0, 0, 0, 0, 0, 0, 0, Q[7], 0, 0, 0, 0 }\n"
    "if M[1] ~= 2 then\nreturn { -21 }\nend\ntick()\n"
    "local edges, new = heard(Q[6])\n"
    "if (Q[9] == 1 and Q[2] ~= M[2]) or not s then\nwait(2, edges)\n"
    "elseif M[11] ~= Q[7] or (Q[12] == 1 and M[12] == 0) then\n"
    "wait(math.max(M[12], 1), edges)\nelseif M[12] > 0 then\n"
    "M[14] = math.max(M[14], Q[10])\n+ (Q[2] == ALL and new or 0)\nend\n"
    "M[11] = Q[7]\nreturn life(edges)\nend\nif Q[5] == 'arrive' then\n"
    "return arrive()\nend\nif Q[5] == 'open' then\n"
    "local s = call('GET', KEYS[1])\nif s then\nQ[2], rc = unpack_(s)[2], -5\n"
    "else\ncall('SET', KEYS[1], pack({ 2, Q[2], 0, 0, 0, 0, 0, 0, 0, 0,\n"
    "'', 0, 0, 0, 0 }))\nend\nend\nlocal refused = open(2)\nif refused then\n"
    "return refused\nend\nlocal function resume(id, gen)\n"
    "local s = call('HGET', LATCHES, id)\nlocal l = s and unpack_(s)\n"
    "if not l or l[1] <= now or (gen ~= 0 and gen ~= l[3]) then\nreturn -5\n"
    "end\ncall('HDEL', LATCHES, id)\nM[9] = 0\n"
    "local all = call('HVALS', LATCHES)\nfor i = 1, #all do\n"
    "M[9] = math.max(M[9], unpack_(all[i])[1])\nend\nreturn 0\nend\n"
    "if Q[5] == 'tell' or Q[5] == 'beat' then\nlocal edges = heard(Q[6])\n"
    "if Q[5] == 'tell' and M[12] > 0 and not told(Q[6])\n"
    "and #M < 16 + 1024 - 1\nthen\nM[#M + 1] = Q[6]\nend\n"
    "if #M - 16 + 1 >= math.max(M[14], edges)\nand now >= M[15]\nthen\n"
    "M[12] = 0\nend\nreturn life(edges)\nend\nif Q[5] == 'kill' then\n"
    "rc = latch(Q[6], Q[7], Q[8], Q[9])\nelseif Q[5] == 'resume' then\n"
    "rc = resume(Q[6], Q[7])\nelseif Q[5] == 'mode' then\n"
    "M[6], M[7], M[8] = Q[6], Q[7], now\nend\nclose()\n"
    "return { 1, rc, now, M[2] }\n",
    NULL
};


static const char *const  aicost_redis_read_1[] = {
    "#!lua flags=no-writes\n",
    NULL
};


static const char *const  aicost_redis_read_2[] = {
    "local refused = open(2)\nif refused then\nreturn refused\nend\n"
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
    "return { 1, M[6], M[7], M[8], killed, kill_all, now,\n"
    "M[10], call('ZCARD', INDEX), call('ZCARD', LEASES) }\n",
    NULL
};


static const char *const  aicost_redis_restore_1[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_restore_2[] = {
    "local refused = open(2)\nif refused then\nreturn refused\nend\n"
    "local C = unpack_(ARGV[2])\nlocal most, rid = Q[6], Q[7]\n"
    "local n, made = call('ZCARD', INDEX), {}\nlocal function find(c)\n"
    "local a, wrong = account(C[c])\nif a and a[6] == C[c + 5] then\n"
    "return a, C[c]\nend\nif a or wrong or C[c + 10] <= 0\n"
    "or (C[c + 7] == 0 and now >= C[c + 13] + C[c + 16])\nthen\nreturn nil\n"
    "end\nlocal id = C[c]\nif n >= most then\nid = C[c + 3]\n"
    "if id == '' then\nreturn nil\nend\na = account(id)\nif a then\n"
    "return a, id\nend\nend\na = make(C, c)\nloaded[id], made[id] = a, true\n"
    "n = n + 1\nif id ~= C[c] then\nmake_spare(a, id)\nend\nreturn a, id\n"
    "end\nlocal function put(id, a, lease)\ntouch(a)\nif made[id] then\n"
    "call('ZADD', INDEX, index_end(a), id)\n"
    "call('PEXPIRE', INDEX, 5184000000)\n"
    "call('SET', P .. 'b:' .. id, pack(a), 'PX',\n"
    "math.max(a[21] - now + a[24], lease + 600000))\nmade[id] = nil\nelse\n"
    "save(id, a)\ncall('PEXPIRE', P .. 'b:' .. id, lease + 600000, 'GT')\n"
    "end\nend\nlocal function accounts()\nfor i = 1, Q[7] do\n"
    "local a, id = find((i - 1) * 21 + 1)\nlocal settled = Q[7 + i]\n"
    "if a and (settled > a[12] or made[id]) then\nlocal before = a[12]\n"
    "a[12] = math.max(before, settled)\nwatch(a, before)\nput(id, a, 0)\nend\n"
    "end\nend\nlocal function reassert()\n"
    "local r, wrong = record(P .. 'r:' .. rid)\nif r or wrong then\nreturn\n"
    "end\nlocal lease = math.max(Q[10], Q[9] - now)\n"
    "local longest = lease + 86400000\n"
    "r = { 1, now + lease, Q[8], Q[11], Q[12], 0, Q[13], 0,\n"
    "Q[14], Q[15], Q[16], Q[17] }\ncall('ZADD', LEASES, now + lease, rid)\n"
    "call('PEXPIRE', LEASES, 5184000000)\nfor i = 1, Q[18] do\n"
    "local a, id = find((i - 1) * 21 + 1)\nif a then\nlocal unit = a[6]\n"
    "a[13] = sum(a[13], Q[14 + unit])\na[14] = sum(a[14], Q[16 + unit])\n"
    "a[18] = a[18] + 1\nput(id, a, lease)\n"
    "longest = math.max(longest, a[21] - now + a[24])\nr[#r + 1] = id\n"
    "r[#r + 1] = a[2]\nend\nend\n"
    "call('SET', P .. 'r:' .. rid, pack(r), 'PX', longest + 86400000)\nend\n"
    "if Q[5] == 'open' then\nreassert()\nelse\naccounts()\nend\nclose()\n"
    "return { 1, bad and 1 or 0, now }\n",
    NULL
};


static const char *const  aicost_redis_publish_1[] = {
    "#!lua\n",
    NULL
};


static const char *const  aicost_redis_publish_2[] = {
    "local refused = open(2)\nif refused then\nreturn refused\nend\n"
    "local version = tonumber(call('GET', P .. 'cv') or '0')\n"
    "if Q[6] >= 0 and Q[6] ~= version then\nreturn { 0, version }\nend\n"
    "version = math.max(version + 1, now)\nif ARGV[2] == '' then\n"
    "call('DEL', P .. 'c')\nelse\ncall('SET', P .. 'c', ARGV[2])\nend\n"
    "call('SET', P .. 'cv', string.format('%.0f', version))\n"
    "return { 1, version }\n",
    NULL
};


static const char *const  *const aicost_redis_reserve_parts[] = {
    aicost_redis_reserve_1,
    aicost_redis_common_1,
    aicost_redis_common_sum,
    aicost_redis_common_less,
    aicost_redis_common_tick,
    aicost_redis_common_close,
    aicost_redis_common_record,
    aicost_redis_common_2,
    aicost_redis_common_account,
    aicost_redis_common_ended,
    aicost_redis_common_touch,
    aicost_redis_common_room_of,
    aicost_redis_account_terms,
    aicost_redis_account_count,
    aicost_redis_reserve_2,
    NULL
};


static const char *const  *const aicost_redis_settle_parts[] = {
    aicost_redis_settle_1,
    aicost_redis_common_1,
    aicost_redis_common_sum,
    aicost_redis_common_less,
    aicost_redis_common_tick,
    aicost_redis_common_close,
    aicost_redis_common_record,
    aicost_redis_common_2,
    aicost_redis_common_account,
    aicost_redis_common_ended,
    aicost_redis_common_touch,
    aicost_redis_common_room_of,
    aicost_redis_latch_latch,
    aicost_redis_account_terms,
    aicost_redis_account_count,
    aicost_redis_close_1,
    aicost_redis_close_forget,
    aicost_redis_settle_2,
    NULL
};


static const char *const  *const aicost_redis_renew_parts[] = {
    aicost_redis_renew_1,
    aicost_redis_common_1,
    aicost_redis_common_sum,
    aicost_redis_common_less,
    aicost_redis_common_tick,
    aicost_redis_common_close,
    aicost_redis_common_record,
    aicost_redis_common_2,
    aicost_redis_common_account,
    aicost_redis_renew_2,
    NULL
};


static const char *const  *const aicost_redis_sweep_parts[] = {
    aicost_redis_sweep_1,
    aicost_redis_common_1,
    aicost_redis_common_sum,
    aicost_redis_common_less,
    aicost_redis_common_tick,
    aicost_redis_common_close,
    aicost_redis_common_record,
    aicost_redis_common_2,
    aicost_redis_common_account,
    aicost_redis_common_touch,
    aicost_redis_latch_latch,
    aicost_redis_close_1,
    aicost_redis_close_forget,
    aicost_redis_sweep_2,
    NULL
};


static const char *const  *const aicost_redis_control_parts[] = {
    aicost_redis_control_1,
    aicost_redis_common_1,
    aicost_redis_common_tick,
    aicost_redis_common_close,
    aicost_redis_common_2,
    aicost_redis_latch_latch,
    aicost_redis_control_2,
    NULL
};


static const char *const  *const aicost_redis_read_parts[] = {
    aicost_redis_read_1,
    aicost_redis_common_1,
    aicost_redis_common_tick,
    aicost_redis_common_2,
    aicost_redis_read_2,
    NULL
};


static const char *const  *const aicost_redis_restore_parts[] = {
    aicost_redis_restore_1,
    aicost_redis_common_1,
    aicost_redis_common_sum,
    aicost_redis_common_tick,
    aicost_redis_common_close,
    aicost_redis_common_record,
    aicost_redis_common_2,
    aicost_redis_common_account,
    aicost_redis_common_touch,
    aicost_redis_latch_latch,
    aicost_redis_account_terms,
    aicost_redis_close_1,
    aicost_redis_restore_2,
    NULL
};


static const char *const  *const aicost_redis_publish_parts[] = {
    aicost_redis_publish_1,
    aicost_redis_common_1,
    aicost_redis_common_tick,
    aicost_redis_common_2,
    aicost_redis_publish_2,
    NULL
};


const aicost_redis_script_t  aicost_redis_scripts[AICOST_REDIS_SCRIPTS] = {
    { "reserve",
      "d93874af71ceb900c931d02ec1a40e4b1da56028",
      11352, aicost_redis_reserve_parts },

    { "settle",
      "ec5ed969982fc94a528d4ead0931be489cecf39a",
      8068, aicost_redis_settle_parts },

    { "renew",
      "8a9963ff2210cf1ef04aceac88cf3b235f161f00",
      2812, aicost_redis_renew_parts },

    { "sweep",
      "763e46c3a2ab62854be65c5d43d083c682ed52ee",
      4291, aicost_redis_sweep_parts },

    { "control",
      "7a1a997c2277ad35dc119230d8f50436f6a2ad92",
      4063, aicost_redis_control_parts },

    { "read",
      "7d99118c843732ac2038b5d54d7af5e38afb67f1",
      2091, aicost_redis_read_parts },

    { "restore",
      "c62f01141b1033084d29916b62296112f6993a40",
      5335, aicost_redis_restore_parts },

    { "publish",
      "a08856172cb274fe44d6a7bc76a37d984b322ab9",
      1116, aicost_redis_publish_parts }
};
