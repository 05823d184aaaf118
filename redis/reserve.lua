#!lua
-- Reserves on all budgets and rates of a request, or on none.
-- Q: 5 lease, 6 most accounts, 7 rid, 8 hash, 9 steps, 10 first step, 11 dry,
-- 12 claims, 13 rates, 14 probe (nothing is reserved), then want, upper, least
-- a unit a step, then id, period, tau a rate.  ARGV[2]: the claims.
-- KEYS: from the 6th on the accounts of the claims, then the rates.
--@ common.lua
--@ account.lua

local lease, most, rid, hash = Q[5], Q[6], Q[7], Q[8]
local nsteps, first, dry = Q[9], Q[10], Q[11]
local nclaims, nrates = Q[12], Q[13]
local ASK = 15
local rates = ASK + nsteps * 6

local C = { unpack_(ARGV[2]) }
local K, got = KEYS, {}

-- all in one go; after ASKING m alone is named, and each is read for itself

if K[2] then
    got = call('MGET', K[1], unpack(K, 6, 5 + nclaims + nrates))

else
    K = { K[1], P .. LEASES, P .. LATCHES, P .. INDEX, P .. 'r:' .. rid }

    for c = 1, nclaims * C_SIZE, C_SIZE do
        K[#K + 1] = P .. 'b:' .. C[c]
    end

    for g = rates, rates + nrates * 3 - 3, 3 do
        K[#K + 1] = P .. 'g:' .. Q[g]
    end
end

local refused = open(0, got[1])

if refused then
    return refused
end

local answer, index, room, retry = 1, 0, 0, 0
local step, bounds, marked = 0, 0, 0
local money, tokens


-- the first refusal is the answer; a dry run goes on all the same

local function refuse(why, i, ms)
    if answer == 1 then
        answer, index, retry = why, i, ms
    end

    return dry == 0
end


local function reply(out, refs, first)
    close()

    out[13], out[14], out[15] = now, M[M_MODE], M[M_SHARE]
    out[16], out[17] = M[M_CHANGED], M[M_HELD] > now and 1 or 0

    return totals(out, 12, refs, first)
end


local function refusal()
    return reply({ answer, index, room, retry, 0, 0, marked, 0, 0, 0, 0, -1,
                   0, 0, 0, 0, 0 }, {}, 1)
end


-- no reservation can be made, not by a dry run either

local function never(why, i, ms)
    answer, index, room, retry, marked = why, i, 0, ms, 0

    return refusal()
end


local r, wrong = record(K[5])

if wrong then
    return never(BAD_TYPE, nclaims + nrates, 0)
end

if r then
    if r[1] ~= 1 then
        return never(-6, 0, 0)
    end

    if r[3] ~= hash then
        return never(-7, 0, 0)
    end

    return reply({ 2, 0, 0, 0, r[4], r[5], r[6], r[7], r[9], r[10], r[8],
                   -1, 0, 0, 0, 0, 0 }, r, 13)
end

-- kill latches

if M[M_HELD] > now then
    local fields = { ALL }

    for c = 1, nclaims * C_SIZE, C_SIZE do
        fields[#fields + 1] = C[c + C_LATCH]
        fields[#fields + 1] = C[c + C_WHOLE]
    end

    local on = call('HMGET', K[3], unpack(fields))

    for i = 1, #fields do
        local l = on[i] and unpack_(on[i])

        if l and l[1] > now then
            if refuse(-3, i == 1 and nclaims or math.floor(i / 2) - 1,
                      l[1] == NEVER and -1 or l[1] - now)
            then
                return refusal()
            end

            break
        end
    end
end

-- windows

for i = 1, nclaims do
    local c = (i - 1) * C_SIZE + 1

    if C[c + 7] == 0 and (now < C[c + C_T0] or now >= C[c + C_T1]) then
        return never(-5, i - 1, now - Q[3])
    end
end

-- the account of claim i: that of its id, a new one, or the spare one

local ids, accounts, used = { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 0, 0, 0, 0 }
local missing

for i = 1, nclaims do
    local c = (i - 1) * C_SIZE + 1
    local id = C[c]
    local a, wrong = account(id, K[5 + i], got[1 + i])

    if wrong then
        return never(BAD_TYPE, i - 1, 0)
    end

    ids[i], accounts[i], used[i] = a and id or '', a or false, 0

    if not a then
        missing = missing or {}
        missing[#missing + 1] = i

    elseif a[UNIT] ~= C[c + 5] or a[SESSION] ~= C[c + 7] then
        return never(-8, i - 1, 0)

    elseif a[SESSION] == 0 or not ended(a) then
        used[i] = sum(a[SETTLED], a[RESERVED])
    end
end

if missing then
    local n = count(most, #missing)

    for k = 1, #missing do
        local i = missing[k]
        local c = (i - 1) * C_SIZE + 1
        local id = C[c]

        if n >= most then
            id = C[c + C_SPARE]

            if id == '' then
                return never(-9, i - 1, 0)
            end

            local a, wrong = account(id)

            if wrong then
                return never(BAD_TYPE, i - 1, 0)
            end

            if a and (a[UNIT] ~= C[c + 5] or a[SESSION] ~= C[c + 7]) then
                return never(-9, i - 1, 0)
            end

            -- one account is charged once a request

            for j = 1, nclaims do
                if ids[j] == id then
                    return never(-9, i - 1, 0)
                end
            end

            if a then
                accounts[i] = a
                used[i] = (a[SESSION] == 1 and ended(a)) and 0
                          or sum(a[SETTLED], a[RESERVED])
            end
        end

        ids[i], n = id, n + 1
    end
end

-- a mark that was passed

for i = 1, nclaims do
    local c = (i - 1) * C_SIZE + 1
    local mark, to = C[c + 18], C[c + 19]

    if mark > 0 and used[i] >= mark and to < nsteps and to > first then
        first, marked = to, 1
    end
end


-- whether claim C[c..] counts at a step: a bit each

local ALWAYS = 15

local function counts(c, at)
    return math.floor(C[c + 9] / 2 ^ at) % 2 == 1
end


-- aicost_fit(): the amount and whether it is a bound, or nil, the tightest
-- claim and its room

local function fit(at, unit)
    local ask = ASK + at * 6 + unit * 3
    local want, upper, least = Q[ask], Q[ask + 1], Q[ask + 2]
    local tight, least_room, near = nil, 0, false

    for i = 1, nclaims do
        local c = (i - 1) * C_SIZE + 1

        if C[c + 5] == unit and C[c + 6] == 0
            and (C[c + 9] == ALWAYS or counts(c, at))
        then
            local rest = C[c + C_LIMIT] - used[i]

            if rest <= C[c + C_NEAR] then
                near = true
            end

            if rest < 0 then
                rest = 0
            end

            if not tight or rest < least_room then
                tight, least_room = i - 1, rest
            end
        end
    end

    if not tight or (upper == 0 and want == 0)
        or (not near and want <= least_room)
    then
        return want, 0
    end

    upper = math.min(upper, least_room)

    if upper >= least then
        return upper, 1
    end

    return nil, tight, least_room
end


local function until_end(i)
    local c = i * C_SIZE + 1

    return C[c + 7] == 1 and -1 or C[c + C_T1] - now
end


-- the first step that fits

local which, tight = 0, 0

for at = first, nsteps - 1 do
    local a, b, x, y

    money, a, b = fit(at, 0)

    if money then
        tokens, x, y = fit(at, 1)

        if tokens then
            step, bounds = at, a + 2 * x
            break
        end
    end

    if at == first then
        which, tight = money and x or a, money and y or b
    end
end

if not (money and tokens) then
    if answer == 1 then
        room = tight
    end

    if refuse(-1, which, until_end(which)) then
        return refusal()
    end

    step = first
    money, tokens = Q[ASK + first * 6], Q[ASK + first * 6 + 3]
end

-- sums stay below MAX, so that R is exact: soft and dry ones too

for i = 1, nclaims do
    local c = (i - 1) * C_SIZE + 1

    if (C[c + 9] == ALWAYS or counts(c, step))
        and (C[c + 5] == 0 and money or tokens) > MAX - used[i]
    then
        return never(-1, i - 1, until_end(i - 1))
    end
end

-- aicost_gcra(), in microseconds: all rates or none

local us, longest, tats = now * 1000, 0, {}

for i = 1, nrates do
    local g = rates + (i - 1) * 3
    local s = got[1 + nclaims + i] or redis.pcall('GET', K[5 + nclaims + i])
    local tat = 0

    if s then
        tat = type(s) == 'string' and tonumber(s)

        if not tat then
            return never(BAD_TYPE, nclaims + i - 1, 0)
        end
    end

    local base = math.max(tat, us)

    if base + Q[g + 1] > MAX then
        return never(-8, i - 1, 0)
    end

    tats[i] = base + Q[g + 1]

    if base - us > Q[g + 2] then
        if base - us - Q[g + 2] > longest then
            longest, which = base - us - Q[g + 2], i - 1
        end

        tats[i] = tat
    end
end

if longest > 0 and refuse(-2, which, math.ceil(longest / 1000)) then
    return refusal()
end

if Q[14] ~= 0 then
    return reply({ answer, index, room, retry, step, bounds, marked, 0,
                   money, tokens, 0, -1, 0, 0, 0, 0, 0 }, {}, 1)
end

-- what will be written; used: for how long, 0: as long as it is there

local ask, warned, expires = ASK + step * 6, 0, now + lease
local money_gap = less(Q[ask + 1], money)
local tokens_gap = less(Q[ask + 4], tokens)
local last, news = expires + DAY, {}
local refs, n = { 0, 0, 0, 0, 0, 0, 0, 0 }, 0

for i = 1, nclaims do
    local c = (i - 1) * C_SIZE + 1

    used[i] = false

    if C[c + 9] == ALWAYS or counts(c, step) then
        local a, id = accounts[i], ids[i]
        local new, goes = not a, 0

        if new then
            a = make(C, c)

        elseif a[SESSION] == 1 then
            if ended(a) then
                begin(a, now, now)
            end

        elseif a[GRACE] == C[c + 16] then
            goes = a[T1] + a[GRACE]
        end

        accounts[i], loaded[id] = a, a
        terms(a, C, c)

        if id ~= C[c] then
            make_spare(a, id)
            overflowed()
        end

        if a[UNIT] == 0 then
            a[RESERVED] = a[RESERVED] + money
            a[BOUND] = sum(a[BOUND], money_gap)

        else
            a[RESERVED] = a[RESERVED] + tokens
            a[BOUND] = sum(a[BOUND], tokens_gap)
        end

        a[OPEN] = a[OPEN] + 1

        if C[c + 17] > 0 and a[WARNED] == 0
            and sum(a[SETTLED], a[RESERVED]) >= C[c + 17]
        then
            a[WARNED] = 1
            warned = warned + 2 ^ (i - 1)
        end

        if new or a[SESSION] == 1 then
            touch(a)
            news[#news + 1] = index_end(a)
            news[#news + 1] = id
        end

        refs[n + 1], refs[n + 2] = id, a[2]
        n = n + 2

        local till = math.max(a[T1] + a[GRACE], expires + AFTER)

        if till > last then
            last = till
        end

        used[i] = goes == till and 0 or till - now
    end
end

r = pack({ 1, expires, hash, step, bounds, marked, dry, warned, money, tokens,
           money_gap, tokens_gap, unpack(refs, 1, n) })

-- these two fail when a key is not what it should be

call('ZADD', K[2], expires, rid)

if #news > 0 then
    call('ZADD', K[4], unpack(news))
    call('PEXPIRE', K[4], TTL)
    call('PEXPIRE', K[2], TTL)
end

for i = 1, nrates do
    call('SET', K[5 + nclaims + i], string.format('%.0f', tats[i]), 'PX',
         math.max(0, math.ceil(tats[i] / 1000) - now) + 1000)
end

for i = 1, nclaims do
    local ttl, c = used[i], (i - 1) * C_SIZE + 1
    local key = ids[i] == C[c] and K[5 + i] or P .. 'b:' .. ids[i]

    if ttl == 0 then
        call('SET', key, pack(accounts[i]), 'KEEPTTL')

    elseif ttl then
        call('SET', key, pack(accounts[i]), 'PX', ttl)
    end
end

call('SET', K[5], r, 'PX', last - now + DAY)

for i = n + 1, #refs do
    refs[i] = nil
end

return reply({ answer, index, room, retry, step, bounds, marked, dry,
               money, tokens, warned, -1, 0, 0, 0, 0, 0 }, refs, 1)
