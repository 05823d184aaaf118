
/*
 * Copyright (C) aicost
 *
 * Made by util/embed-lua from redis/: do not edit.
 */


#include "aicost_redis_scripts.h"


static const char *const  aicost_redis_reserve_1[] = {
    "#!lua\n",
    NULL
};


static const char *const  aicost_redis_reserve_2[] = {
    "local lease, most, rid, hash = Q[5], Q[6], Q[7], Q[8]\n"
    "local nsteps, first, dry = Q[9], Q[10], Q[11]\n"
    "local nclaims, nrates = Q[12], Q[13]\nlocal rates = 15 + nsteps * 6\n"
    "local C = { unpack_(ARGV[2]) }\nlocal K, got = KEYS, {}\nif K[2] then\n"
    "got = call('MGET', K[1], unpack(K, 6, 5 + nclaims + nrates))\nelse\n"
    "K = { K[1], P .. 'lz', P .. 'k', P .. 'ai', P .. 'r:' .. rid }\n"
    "for c = 1, nclaims * 21, 21 do\nK[#K + 1] = P .. 'b:' .. C[c]\nend\n"
    "for g = rates, rates + nrates * 3 - 3, 3 do\n"
    "K[#K + 1] = P .. 'g:' .. Q[g]\nend\nend\n"
    "local refused = open(0, got[1])\nif refused then\nreturn refused\nend\n"
    "local answer, index, room, retry = 1, 0, 0, 0\n"
    "local step, bounds, marked = 0, 0, 0\nlocal money, tokens\n"
    "local function refuse(why, i, ms)\nif answer == 1 then\n"
    "answer, index, retry = why, i, ms\nend\nreturn dry == 0\nend\n"
    "local function reply(out, refs, first)\nclose()\n"
    "out[13], out[14], out[15] = now, M[6], M[7]\n"
    "out[16], out[17] = M[8], M[9] > now and 1 or 0\n"
    "return totals(out, 12, refs, first)\nend\nlocal function refusal()\n"
    "return reply({ answer, index, room, retry, 0, 0, marked, 0, 0, 0, 0, "
    "-1,\n0, 0, 0, 0, 0 }, {}, 1)\nend\nlocal function never(why, i, ms)\n"
    "answer, index, room, retry, marked = why, i, 0, ms, 0\nreturn refusal()\n"
    "end\nlocal r, wrong = record(K[5])\nif wrong then\n"
    "return never(-20, nclaims + nrates, 0)\nend\nif r then\n"
    "if r[1] ~= 1 then\nreturn never(-6, 0, 0)\nend\nif r[3] ~= hash then\n"
    "return never(-7, 0, 0)\nend\n"
    "return reply({ 2, 0, 0, 0, r[4], r[5], r[6], r[7], r[9], r[10], r[8],\n"
    "-1, 0, 0, 0, 0, 0 }, r, 13)\nend\nif M[9] > now then\n"
    "local fields = { ALL }\nfor c = 1, nclaims * 21, 21 do\n"
    "fields[#fields + 1] = C[c + 1]\nfields[#fields + 1] = C[c + 2]\nend\n"
    "local on = call('HMGET', K[3], unpack(fields))\nfor i = 1, #fields do\n"
    "local l = on[i] and unpack_(on[i])\nif l and l[1] > now then\n"
    "if refuse(-3, i == 1 and nclaims or math.floor(i / 2) - 1,\n"
    "l[1] == 9007199254740991 and -1 or l[1] - now)\nthen\nreturn refusal()\n"
    "end\nbreak\nend\nend\nend\nfor i = 1, nclaims do\n"
    "local c = (i - 1) * 21 + 1\n"
    "if C[c + 7] == 0 and (now < C[c + 12] or now >= C[c + 13]) then\n"
    "return never(-5, i - 1, now - Q[3])\nend\nend\n"
    "local ids, accounts, used = { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 0, 0, 0, 0 "
    "}\nlocal missing\nfor i = 1, nclaims do\nlocal c = (i - 1) * 21 + 1\n"
    "local id = C[c]\nlocal a, wrong = account(id, K[5 + i], got[1 + i])\n"
    "if wrong then\nreturn never(-20, i - 1, 0)\nend\n"
    "ids[i], accounts[i], used[i] = a and id or '', a or false, 0\n"
    "if not a then\nmissing = missing or {}\nmissing[#missing + 1] = i\n"
    "elseif a[6] ~= C[c + 5] or a[8] ~= C[c + 7] then\n"
    "return never(-8, i - 1, 0)\nelseif a[8] == 0 or not ended(a) then\n"
    "used[i] = sum(a[12], a[13])\nend\nend\nif missing then\n"
    "local n = count(most, #missing)\nfor k = 1, #missing do\n"
    "local i = missing[k]\nlocal c = (i - 1) * 21 + 1\nlocal id = C[c]\n"
    "if n >= most then\nid = C[c + 3]\nif id == '' then\n"
    "return never(-9, i - 1, 0)\nend\nlocal a, wrong = account(id)\n"
    "if wrong then\nreturn never(-20, i - 1, 0)\nend\n"
    "if a and (a[6] ~= C[c + 5] or a[8] ~= C[c + 7]) then\n"
    "return never(-9, i - 1, 0)\nend\nfor j = 1, nclaims do\n"
    "if ids[j] == id then\nreturn never(-9, i - 1, 0)\nend\nend\nif a then\n"
    "accounts[i] = a\nused[i] = (a[8] == 1 and ended(a)) and 0\n"
    "or sum(a[12], a[13])\nend\nend\nids[i], n = id, n + 1\nend\nend\n"
    "for i = 1, nclaims do\nlocal c = (i - 1) * 21 + 1\n"
    "local mark, to = C[c + 18], C[c + 19]\n"
    "if mark > 0 and used[i] >= mark and to < nsteps and to > first then\n"
    "first, marked = to, 1\nend\nend\nlocal function counts(c, at)\n"
    "return math.floor(C[c + 9] / 2 ^ at) % 2 == 1\nend\n"
    "local function fit(at, unit)\nlocal ask = 15 + at * 6 + unit * 3\n"
    "local want, upper, least = Q[ask], Q[ask + 1], Q[ask + 2]\n"
    "local tight, least_room, near = nil, 0, false\nfor i = 1, nclaims do\n"
    "local c = (i - 1) * 21 + 1\nif C[c + 5] == unit and C[c + 6] == 0\n"
    "and (C[c + 9] == 15 or counts(c, at))\nthen\n"
    "local rest = C[c + 10] - used[i]\nif rest <= C[c + 11] then\n"
    "near = true\nend\nif rest < 0 then\nrest = 0\n",

    "end\nif not tight or rest < least_room then\n"
    "tight, least_room = i - 1, rest\nend\nend\nend\n"
    "if not tight or (upper == 0 and want == 0)\n"
    "or (not near and want <= least_room)\nthen\nreturn want, 0\nend\n"
    "upper = math.min(upper, least_room)\nif upper >= least then\n"
    "return upper, 1\nend\nreturn nil, tight, least_room\nend\n"
    "local function until_end(i)\nlocal c = i * 21 + 1\n"
    "return C[c + 7] == 1 and -1 or C[c + 13] - now\nend\n"
    "local which, tight = 0, 0\nfor at = first, nsteps - 1 do\n"
    "local a, b, x, y\nmoney, a, b = fit(at, 0)\nif money then\n"
    "tokens, x, y = fit(at, 1)\nif tokens then\nstep, bounds = at, a + 2 * x\n"
    "break\nend\nend\nif at == first then\n"
    "which, tight = money and x or a, money and y or b\nend\nend\n"
    "if not (money and tokens) then\nif answer == 1 then\nroom = tight\nend\n"
    "if refuse(-1, which, until_end(which)) then\nreturn refusal()\nend\n"
    "step = first\nmoney, tokens = Q[15 + first * 6], Q[15 + first * 6 + 3]\n"
    "end\nfor i = 1, nclaims do\nlocal c = (i - 1) * 21 + 1\n"
    "if (C[c + 9] == 15 or counts(c, step))\n"
    "and (C[c + 5] == 0 and money or tokens) > 9000000000000000 - used[i]\n"
    "then\nreturn never(-1, i - 1, until_end(i - 1))\nend\nend\n"
    "local us, longest, tats = now * 1000, 0, {}\nfor i = 1, nrates do\n"
    "local g = rates + (i - 1) * 3\n"
    "local s = got[1 + nclaims + i] or redis.pcall('GET', K[5 + nclaims + "
    "i])\nlocal tat = 0\nif s then\n"
    "tat = type(s) == 'string' and tonumber(s)\nif not tat then\n"
    "return never(-20, nclaims + i - 1, 0)\nend\nend\n"
    "local base = math.max(tat, us)\n"
    "if base + Q[g + 1] > 9000000000000000 then\nreturn never(-8, i - 1, 0)\n"
    "end\ntats[i] = base + Q[g + 1]\nif base - us > Q[g + 2] then\n"
    "if base - us - Q[g + 2] > longest then\n"
    "longest, which = base - us - Q[g + 2], i - 1\nend\ntats[i] = tat\nend\n"
    "end\n"
    "if longest > 0 and refuse(-2, which, math.ceil(longest / 1000)) then\n"
    "return refusal()\nend\nif Q[14] ~= 0 then\n"
    "return reply({ answer, index, room, retry, step, bounds, marked, 0,\n"
    "money, tokens, 0, -1, 0, 0, 0, 0, 0 }, {}, 1)\nend\n"
    "local ask, warned, expires = 15 + step * 6, 0, now + lease\n"
    "local money_gap = less(Q[ask + 1], money)\n"
    "local tokens_gap = less(Q[ask + 4], tokens)\n"
    "local last, news = expires + 86400000, {}\n"
    "local refs, n = { 0, 0, 0, 0, 0, 0, 0, 0 }, 0\nfor i = 1, nclaims do\n"
    "local c = (i - 1) * 21 + 1\nused[i] = false\n"
    "if C[c + 9] == 15 or counts(c, step) then\n"
    "local a, id = accounts[i], ids[i]\nlocal new, goes = not a, 0\n"
    "if new then\na = make(C, c)\nelseif a[8] == 1 then\nif ended(a) then\n"
    "begin(a, now, now)\nend\nelseif a[24] == C[c + 16] then\n"
    "goes = a[21] + a[24]\nend\naccounts[i], loaded[id] = a, a\n"
    "terms(a, C, c)\nif id ~= C[c] then\nmake_spare(a, id)\noverflowed()\n"
    "end\nif a[6] == 0 then\na[13] = a[13] + money\n"
    "a[14] = sum(a[14], money_gap)\nelse\na[13] = a[13] + tokens\n"
    "a[14] = sum(a[14], tokens_gap)\nend\na[18] = a[18] + 1\n"
    "if C[c + 17] > 0 and a[10] == 0\nand sum(a[12], a[13]) >= C[c + 17]\n"
    "then\na[10] = 1\nwarned = warned + 2 ^ (i - 1)\nend\n"
    "if new or a[8] == 1 then\ntouch(a)\nnews[#news + 1] = index_end(a)\n"
    "news[#news + 1] = id\nend\nrefs[n + 1], refs[n + 2] = id, a[2]\n"
    "n = n + 2\nlocal till = math.max(a[21] + a[24], expires + 600000)\n"
    "if till > last then\nlast = till\nend\n"
    "used[i] = goes == till and 0 or till - now\nend\nend\n"
    "r = pack({ 1, expires, hash, step, bounds, marked, dry, warned, money, "
    "tokens,\nmoney_gap, tokens_gap, unpack(refs, 1, n) })\n"
    "call('ZADD', K[2], expires, rid)\nif #news > 0 then\n"
    "call('ZADD', K[4], unpack(news))\ncall('PEXPIRE', K[4], 5184000000)\n"
    "call('PEXPIRE', K[2], 5184000000)\nend\nfor i = 1, nrates do\n"
    "call('SET', K[5 + nclaims + i], string.format('%.0f', tats[i]), 'PX',\n"
    "math.max(0, math.ceil(tats[i] / 1000) - now) + 1000)\nend\n"
    "for i = 1, nclaims do\nlocal ttl, c = used[i], (i - 1) * 21 + 1\n"
    "local key = ids[i] == C[c] and K[5 + i] or P .. 'b:' .. ids[i]\n"
    "if ttl == 0 then\ncall('SET', key, pack(accounts[i]), 'KEEPTTL')\n"
    "elseif ttl then\ncall('SET', key, pack(accounts[i]), 'PX', ttl)\nend\n"
    "end\ncall('SET', K[5], r, 'PX', last - now + 86400000)\n",

    "for i = n + 1, #refs do\nrefs[i] = nil\nend\n"
    "return reply({ answer, index, room, retry, step, bounds, marked, dry,\n"
    "money, tokens, warned, -1, 0, 0, 0, 0, 0 }, refs, 1)\n",
    NULL
};


static const char *const  aicost_redis_common_1[] = {
    "local ALL = '\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'\n"
    "local call, pack, unpack_ = redis.call, cmsgpack.pack, cmsgpack.unpack\n"
    "local P = string.sub(KEYS[1], 1, -2)\nlocal Q = { unpack_(ARGV[1]) }\n"
    "local M, now\nlocal changed = false\n",
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
    "end\nif now > M[3] then\nM[3], changed = now, true\nelse\nnow = M[3]\n"
    "end\nif M[12] > 0 and now >= M[13] then\nM[12], changed = 0, true\nend\n"
    "end\nlocal function elements(n, good, at, ...)\nlocal a = { ... }\n"
    "if good and at == -1 and #a == n then\nreturn a\nend\nend\n"
    "local function array(s)\nlocal head, high, low = string.byte(s, 1, 3)\n"
    "if head == 220 and low then\nreturn elements(high * 256 + low,\n"
    "pcall(cmsgpack.unpack_limit, s, 2000, 3))\nend\n"
    "if head and head > 144 and head < 160 then\nreturn elements(head - 144,\n"
    "pcall(cmsgpack.unpack_limit, s, 16, 1))\nend\nend\n"
    "local function open(latest, s)\ns = s or call('GET', KEYS[1])\n"
    "if not s then\nreturn { -4 }\nend\nM = array(s)\nif M[1] ~= 2 then\n"
    "return { -21 }\nend\nif M[2] ~= Q[2] then\nreturn { -4 }\nend\ntick()\n"
    "if M[12] > latest then\nreturn { -11 }\nend\nend\n",
    NULL
};


static const char *const  aicost_redis_common_close[] = {
    "local function close()\nif changed then\ncall('SET', KEYS[1], pack(M))\n"
    "end\nend\n",
    NULL
};


static const char *const  aicost_redis_common_record[] = {
    "local function record(key, s)\ns = s or redis.pcall('GET', key)\n"
    "if not s then\nreturn nil\nend\nif type(s) == 'table' and s.err\n"
    "and string.sub(s.err, 1, 9) ~= 'WRONGTYPE'\nthen\nerror(s.err)\nend\n"
    "local a = type(s) == 'string' and array(s)\nif a then\nreturn a\nend\n"
    "return nil, true\nend\n",
    NULL
};


static const char *const  aicost_redis_common_2[] = {
    "local loaded, bad = {}, false\n",
    NULL
};


static const char *const  aicost_redis_common_account[] = {
    "local function account(id, key, s)\nlocal a, wrong = loaded[id], false\n"
    "if not a then\na, wrong = record(key or P .. 'b:' .. id, s)\n"
    "if a and (a[1] ~= 2 or #a ~= 24) then\na, wrong = nil, true\nend\n"
    "bad = bad or wrong\nloaded[id] = a\nend\nreturn a, wrong\nend\n",
    NULL
};


static const char *const  aicost_redis_common_touch[] = {
    "local function touch(a)\nif a[8] == 1 then\n"
    "a[21] = math.min(now + a[22], a[20] + a[23])\nend\nend\n"
    "local function index_end(a)\nif a[8] == 1 then\nreturn a[21]\nend\n"
    "return a[21] + a[24]\nend\n",
    NULL
};


static const char *const  aicost_redis_common_totals[] = {
    "local function totals(out, left, refs, first)\n"
    "local n, least = #out, -1\nfor i = first, #refs, 2 do\n"
    "local a = account(refs[i])\nif a and a[2] == refs[i + 1] then\n"
    "local settled, reserved = a[12], a[13]\n"
    "out[n + 1], out[n + 2], out[n + 3] = refs[i], settled, reserved\n"
    "out[n + 4], out[n + 5] = a[14], a[2]\nn = n + 5\n"
    "if a[7] == 0 and a[6] == 0 then\n"
    "local room = a[11] - settled - reserved\nif room < 0 then\nroom = 0\n"
    "end\nif least < 0 or room < least then\nleast = room\nend\nend\nend\n"
    "end\nout[left] = least\nreturn pack(out)\nend\n",
    NULL
};


static const char *const  aicost_redis_account_ended[] = {
    "local function ended(a)\nif a[18] > 0 then\nreturn false\nend\n"
    "if a[8] == 1 then\nreturn now >= a[21]\nend\n"
    "return now - a[24] >= a[21]\nend\n",
    NULL
};


static const char *const  aicost_redis_account_terms[] = {
    "local function terms(a, C, c)\na[3], a[4] = C[c + 1], C[c + 2]\n"
    "a[5], a[7], a[9] = C[c + 4], C[c + 6], C[c + 8]\n"
    "a[11], a[19] = C[c + 10], C[c + 20]\n"
    "a[22], a[23], a[24] = C[c + 14], C[c + 15], C[c + 16]\nend\n"
    "local function begin(a, t0, t1)\nM[4], changed = M[4] + 1, true\n"
    "a[2] = M[4]\na[10], a[12], a[13], a[14] = 0, 0, 0, 0\n"
    "a[15], a[16], a[17], a[18] = 0, 0, 0, 0\na[20], a[21] = t0, t1\nend\n"
    "local function make(C, c)\n"
    "local a = { 2, 0, '', '', 0, C[c + 5], 0, C[c + 7], 0, 0, 0, 0,\n"
    "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }\nif a[8] == 1 then\n"
    "begin(a, now, now)\nelse\nbegin(a, C[c + 12], C[c + 13])\nend\n"
    "terms(a, C, c)\nreturn a\nend\nlocal function make_spare(a, id)\n"
    "a[3], a[4], a[19] = id, '', 0\nend\n",
    NULL
};


static const char *const  aicost_redis_account_overflowed[] = {
    "local function overflowed()\nM[10], changed = M[10] + 1, true\nend\n"
    "local function count(most, more)\nlocal index = P .. 'ai'\n"
    "local n = call('ZCARD', index)\n"
    "local tries = n + more > most and 8 or 2\n"
    "local ends = call('ZRANGEBYSCORE', index, '-inf', now,\n"
    "'LIMIT', 0, tries)\nfor i = 1, #ends do\n"
    "local a, wrong = account(ends[i])\nif not a and not wrong then\n"
    "call('ZREM', index, ends[i])\nn = n - 1\n"
    "elseif a and n + more > most and ended(a) then\n"
    "call('DEL', P .. 'b:' .. ends[i])\ncall('ZREM', index, ends[i])\n"
    "loaded[ends[i]] = nil\nn = n - 1\nelseif n + more > most then\n"
    "call('ZADD', index, now + 600000, ends[i])\nend\nend\nreturn n\nend\n",
    NULL
};


static const char *const  aicost_redis_settle_1[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_settle_2[] = {
    "local most, rid, op, nclaims = Q[6], Q[7], Q[8], Q[11]\n"
    "local actual = op == 0 and { [0] = Q[9], Q[10] } or { [0] = 0, 0 }\n"
    "local got = KEYS[2] and call('MGET', KEYS[1], unpack(KEYS, 5, 5 + "
    "nclaims))\nor {}\nlocal refused = open(1, got[1])\nif refused then\n"
    "return refused\nend\nlocal r, wrong = record(P .. 'r:' .. rid, got[2])\n"
    "local charged, from = {}, 1\nif wrong then\nreturn { -20 }\nend\n"
    "local answer = 1\nif r then\n"
    "charged, from = r, (r[1] == 1 or r[1] == 4) and 13 or 2\nlocal k = 6\n"
    "for i = from, #r, 2 do\nlocal id, key = r[i], KEYS[k]\n"
    "if key and string.sub(key, -16) == id then\n"
    "account(id, key, got[k - 3])\nend\nk = k + 1\nend\nif r[1] == 1 then\n"
    "if op ~= 2 or r[2] <= now then\nfinish(rid, r, op, actual)\nend\n"
    "elseif r[1] == 4 and op ~= 2 then\nreadable(r, 13, actual)\n"
    "for i = 13, #r, 2 do\nlocal a = account(r[i])\n"
    "if a and a[2] == r[i + 1] then\nlocal unit = a[6]\n"
    "local before, amount = a[12], r[9 + unit]\n"
    "a[12] = sum(less(before, amount), actual[unit])\n"
    "a[15] = less(a[15], amount)\n"
    "a[16] = sum(a[16], less(actual[unit], amount))\nwatch(a, before)\n"
    "call('SET', P .. 'b:' .. r[i], pack(a), 'KEEPTTL')\nend\nend\n"
    "forget(rid, op == 0 and 2 or 3, r)\nend\nelseif op == 1 then\n"
    "forget(rid, 3)\nelseif op == 0 and nclaims > 0 then\n",
    NULL
};


static const char *const  aicost_redis_settle_3[] = {
    "answer = lost()\nend\nclose()\n"
    "return totals({ answer, -1, bad and 1 or 0, now }, 2, charged, from)\n",
    NULL
};


static const char *const  aicost_redis_latch_latch[] = {
    "local function latch(id, label, why, till)\nif till <= now then\n"
    "return -5\nend\nlocal s = call('HGET', P .. 'k', id)\n"
    "local old = s and unpack_(s)\n"
    "if old and old[1] > now and old[1] >= till then\nreturn -5\nend\n"
    "if not old and call('HLEN', P .. 'k') >= 1024 then\n"
    "local all = call('HGETALL', P .. 'k')\n"
    "local victim, first = nil, 9007199254740991\nfor i = 1, #all, 2 do\n"
    "local l = unpack_(all[i + 1])\nif l[1] < first then\n"
    "victim, first = all[i], l[1]\nend\nend\nif not victim then\nreturn -1\n"
    "end\ncall('HDEL', P .. 'k', victim)\nend\n"
    "M[5], changed = M[5] + 1, true\nM[9] = math.max(M[9], till)\n"
    "call('HSET', P .. 'k', id, pack({ till, now, M[5], label, why }))\n"
    "return 0\nend\n",
    NULL
};


static const char *const  aicost_redis_close_1[] = {
    "local keep = Q[5]\nlocal function watch(a, before)\n"
    "if a[19] > 0 and before < a[19] and a[12] >= a[19] then\n"
    "latch(a[3], '', 'budget_exceeded',\n"
    "a[9] == 1 and a[21] or 9007199254740991)\nend\nend\n"
    "local function save(id, a)\nlocal key = P .. 'b:' .. id\n"
    "call('SET', key, pack(a), 'KEEPTTL')\nif a[8] == 1 then\n"
    "call('PEXPIRE', key, math.max(a[21] - now + a[24], 600000), 'GT')\n"
    "call('ZADD', P .. 'ai', index_end(a), id)\nend\nend\n",
    NULL
};


static const char *const  aicost_redis_close_forget[] = {
    "local function forget(rid, state, r)\ncall('SET', P .. 'r:' .. rid,\n"
    "pack(r and { state, unpack(r, 13) } or { state }), 'PX', keep)\nend\n"
    "local function readable(refs, first, more)\n"
    "local latches, sessions = false, false\nfor i = first, #refs, 2 do\n"
    "local a = account(refs[i])\nif a then\n"
    "latches = latches or a[19] > 0 and a[12] < a[19]\n"
    "and a[12] + more[a[6]] >= a[19]\nsessions = sessions or a[8] == 1\nend\n"
    "end\nif latches then\ncall('HLEN', P .. 'k')\nend\nif sessions then\n"
    "call('ZCARD', P .. 'ai')\nend\nend\n"
    "local function finish(rid, r, op, actual)\n"
    "readable(r, 13, op == 2 and { [0] = r[9], r[9 + 1] }\nor actual)\n"
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
    "forget(rid, op == 0 and 2 or 3, r)\nend\ncall('ZREM', P .. 'lz', rid)\n"
    "end\n",
    NULL
};


static const char *const  aicost_redis_lost_1[] = {
    "local made = {}\nlocal function find_lost(C, c, n)\nfor spare = 0, 1 do\n"
    "local id = C[c + (spare == 1 and 3 or 0)]\nlocal a, wrong = account(id)\n"
    "if a then\nif a[8] == 1 and ended(a) then\nbegin(a, now, now)\n"
    "terms(a, C, c)\nend\nreturn a, id, n\nend\nif wrong then\n"
    "return nil, id, n\nend\n"
    "if n < most or spare == 1 or C[c + 3] == '' then\na = make(C, c)\n"
    "loaded[id], made[id] = a, true\nif spare == 1 then\nmake_spare(a, id)\n"
    "overflowed()\nend\nreturn a, id, n + 1\nend\nend\nend\n"
    "local function lost()\nlocal C = { unpack_(ARGV[2]) }\n"
    "local list, seen, n = {}, {}, count(most, nclaims)\n"
    "for i = 0, nclaims - 1 do\nlocal c = i * 21 + 1\nlocal a, id\n"
    "if C[c + 10] <= 0 then\nreturn -1\nend\na, id, n = find_lost(C, c, n)\n"
    "if a and not seen[id] then\nseen[id] = true\nlist[#list + 1] = id\n"
    "list[#list + 1] = a[2]\nend\nend\nreadable(list, 1, actual)\n"
    "for i = 1, #list, 2 do\nlocal id = list[i]\nlocal a = account(id)\n"
    "local before = a[12]\na[12] = sum(before, actual[a[6]])\n"
    "a[17] = sum(a[17], actual[a[6]])\ntouch(a)\nwatch(a, before)\n"
    "if made[id] then\ncall('ZADD', P .. 'ai', index_end(a), id)\n"
    "call('PEXPIRE', P .. 'ai', 5184000000)\n"
    "call('SET', P .. 'b:' .. id, pack(a), 'PX',\n"
    "math.max(a[21] - now + a[24], 600000))\nelse\nsave(id, a)\nend\nend\n"
    "charged = list\nforget(rid, 2)\nreturn 1\nend\n",
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
    "local s = call('HGET', P .. 'k', id)\n"
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
    "if longer then\nr[2] = now + lease\ncall('ZADD', P .. 'lz', r[2], rid)\n"
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
    "local over = call('ZRANGEBYSCORE', P .. 'lz', '-inf', now,\n"
    "'LIMIT', 0, Q[6])\nlocal n = 0\nfor i = 1, #over do\n"
    "local r = record(P .. 'r:' .. over[i])\n"
    "if r and r[1] == 1 and r[2] <= now then\nfinish(over[i], r, 2)\n"
    "n = n + 1\nelseif r and r[1] == 1 then\n"
    "call('ZADD', P .. 'lz', r[2], over[i])\nelse\n"
    "call('ZREM', P .. 'lz', over[i])\nend\nend\nclose()\n"
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
    "call('PEXPIRE', P .. 'lz', 5184000000)\n"
    "call('PEXPIRE', P .. 'ai', 5184000000)\n"
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
    "if M[9] > now then\nlocal all = call('HGETALL', P .. 'k')\n"
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
    "M[11] = Q[7]\nreturn life(edges)\nend\nchanged = true\n"
    "if Q[5] == 'arrive' then\nreturn arrive()\nend\nif Q[5] == 'open' then\n"
    "local s = call('GET', KEYS[1])\nif s then\nQ[2], rc = unpack_(s)[2], -5\n"
    "else\ncall('SET', KEYS[1], pack({ 2, Q[2], 0, 0, 0, 0, 0, 0, 0, 0,\n"
    "'', 0, 0, 0, 0 }))\nend\nend\nlocal refused = open(2)\nif refused then\n"
    "return refused\nend\nlocal function resume(id, gen)\n"
    "local s = call('HGET', P .. 'k', id)\nlocal l = s and unpack_(s)\n"
    "if not l or l[1] <= now or (gen ~= 0 and gen ~= l[3]) then\nreturn -5\n"
    "end\ncall('HDEL', P .. 'k', id)\nM[9] = 0\n"
    "local all = call('HVALS', P .. 'k')\nfor i = 1, #all do\n"
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
    "repeat\n"
    "local found = call('ZSCAN', P .. 'ai', string.format('%.0f', at),\n"
    "'COUNT', 1)\nlocal list = found[2]\nlocal n = #list / 2\n"
    "while skip < n and #out < 2 * Q[7] do\n"
    "local s = redis.pcall('GET', P .. 'b:' .. list[skip * 2 + 1])\n"
    "if type(s) == 'string' then\nout[#out + 1] = list[skip * 2 + 1]\n"
    "out[#out + 1] = s\nend\nskip = skip + 1\nend\nif skip < n then\n"
    "return { 1, at * 256 + skip, out }\nend\n"
    "at, skip = tonumber(found[1]), 0\nuntil at == 0 or #out >= 2 * Q[7]\n"
    "return { 1, at * 256, out }\nend\nlocal all = call('HGETALL', P .. 'k')\n"
    "local killed, kill_all, out = 0, 0, {}\nfor i = 1, #all, 2 do\n"
    "if unpack_(all[i + 1])[1] > now then\nkilled = killed + 1\n"
    "if all[i] == ALL then\nkill_all = 1\nend\n"
    "if Q[5] == 'latches' and killed <= Q[6] then\nout[#out + 1] = all[i]\n"
    "out[#out + 1] = all[i + 1]\nend\nend\nend\nif Q[5] == 'latches' then\n"
    "return { 1, out, now }\nend\n"
    "return { 1, M[6], M[7], M[8], killed, kill_all, now,\n"
    "M[10], call('ZCARD', P .. 'ai'), call('ZCARD', P .. 'lz') }\n",
    NULL
};


static const char *const  aicost_redis_restore_1[] = {
    "#!lua flags=allow-oom\n",
    NULL
};


static const char *const  aicost_redis_restore_2[] = {
    "local refused = open(2)\nif refused then\nreturn refused\nend\n"
    "local C = { unpack_(ARGV[2]) }\nlocal most, rid = Q[6], Q[7]\n"
    "local n, made = call('ZCARD', P .. 'ai'), {}\nlocal function find(c)\n"
    "local a, wrong = account(C[c])\nif a and a[6] == C[c + 5] then\n"
    "return a, C[c]\nend\nif a or wrong or C[c + 10] <= 0\n"
    "or (C[c + 7] == 0 and now >= C[c + 13] + C[c + 16])\nthen\nreturn nil\n"
    "end\nlocal id = C[c]\nif n >= most then\nid = C[c + 3]\n"
    "if id == '' then\nreturn nil\nend\na = account(id)\nif a then\n"
    "return a, id\nend\nend\na = make(C, c)\nloaded[id], made[id] = a, true\n"
    "n = n + 1\nif id ~= C[c] then\nmake_spare(a, id)\nend\nreturn a, id\n"
    "end\nlocal function put(id, a, lease)\ntouch(a)\nif made[id] then\n"
    "call('ZADD', P .. 'ai', index_end(a), id)\n"
    "call('PEXPIRE', P .. 'ai', 5184000000)\n"
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
    "Q[14], Q[15], Q[16], Q[17] }\ncall('ZADD', P .. 'lz', now + lease, rid)\n"
    "call('PEXPIRE', P .. 'lz', 5184000000)\nfor i = 1, Q[18] do\n"
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
    aicost_redis_common_touch,
    aicost_redis_common_totals,
    aicost_redis_account_ended,
    aicost_redis_account_terms,
    aicost_redis_account_overflowed,
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
    aicost_redis_common_touch,
    aicost_redis_common_totals,
    aicost_redis_latch_latch,
    aicost_redis_close_1,
    aicost_redis_close_forget,
    aicost_redis_settle_2,
    aicost_redis_account_ended,
    aicost_redis_account_terms,
    aicost_redis_account_overflowed,
    aicost_redis_lost_1,
    aicost_redis_settle_3,
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
      "a79916a4b82c1b4079b42a6653d859364332d8d7",
      11921, aicost_redis_reserve_parts },

    { "settle",
      "2614fff55109674e000ab8dd4acba883b941339a",
      8953, aicost_redis_settle_parts },

    { "renew",
      "80a07e1a5ffae525f21e6810f7ba1479c8a0605c",
      3226, aicost_redis_renew_parts },

    { "sweep",
      "cb6ed1afe497f0c7a051d4d7770c4c649b9d9807",
      4908, aicost_redis_sweep_parts },

    { "control",
      "a86320b94f9605b809cb4c0b80f952afe58080b8",
      4619, aicost_redis_control_parts },

    { "read",
      "b70cdcb9268ebb87443f78170880a8f8edf504d9",
      2522, aicost_redis_read_parts },

    { "restore",
      "4f1c27f56b475e237ee855a842114ae9050502f6",
      5810, aicost_redis_restore_parts },

    { "publish",
      "f060c5166ffc412938953d0199bce4a205e13c77",
      1535, aicost_redis_publish_parts }
};
