#!lua
-- Reserves on all budgets and rates of a request, or on none.
-- Q: 5 lease, 6 most accounts, 7 rid, 8 hash, 9 steps, 10 first step, 11 dry,
-- 12 claims, 13 rates, 14 probe (nothing is reserved), then want, upper, least a unit a step, then id, period,
-- tau a rate.  ARGV[2]: the claims.
--@ common.lua
--@ account.lua

local refused = open(0)

if refused then
    return refused
end

local C = unpack_(ARGV[2])
local lease, most, rid, hash = Q[5], Q[6], Q[7], Q[8]
local nsteps, first, dry = Q[9], Q[10], Q[11]
local nclaims, nrates = Q[12], Q[13]
local ASK = 15
local RATE = ASK + nsteps * 6
local POW = { [0] = 1, 2, 4, 8 }

local answer, index, room, retry = 1, 0, 0, 0
local step, bounds, marked, warned, left = 0, 0, 0, 0, -1
local amount, made = { [0] = 0, 0 }, 0

local ids, accounts, used, tats = {}, {}, {}, {}
local charged = {}


local function reply()
    close()

    return totals({ answer, index, room, retry, step, bounds, marked, made,
                    amount[0], amount[1], warned, left,
                    now, M[M_MODE], M[M_SHARE], M[M_CHANGED],
                    M[M_HELD] > now and 1 or 0 }, charged, 13)
end


-- the first refusal is the answer; a dry run goes on all the same

local function refuse(why, i, ms)
    if answer == 1 then
        answer, index, retry = why, i, ms
    end

    return dry == 0
end


-- no reservation can be made, not by a dry run either

local function never(why, i, ms)
    answer, index, room, retry = why, i, 0, ms
    step, bounds, marked, warned, left = 0, 0, 0, 0, -1
    amount = { [0] = 0, 0 }

    return true
end


local function nothing()
    step, bounds = 0, 0
    amount = { [0] = 0, 0 }
end


local function known()
    local r, wrong = record(P .. 'r:' .. rid)

    if wrong then
        return never(BAD_TYPE, nclaims + nrates, 0)
    end

    if not r then
        return false
    end

    if r[1] ~= 1 then
        return never(-6, 0, 0)
    end

    if r[3] ~= hash then
        return never(-7, 0, 0)
    end

    answer, step, bounds, marked = 2, r[4], r[5], r[6]
    made, warned = r[7], r[8]
    amount = { [0] = r[9], r[10] }
    left = room_of(r, 13)
    charged = r

    return true
end


local function killed()
    if M[M_HELD] <= now then
        return false
    end

    local fields = { ALL }

    for i = 0, nclaims - 1 do
        fields[#fields + 1] = C[i * C_SIZE + 1 + C_LATCH]
        fields[#fields + 1] = C[i * C_SIZE + 1 + C_WHOLE]
    end

    local on = call('HMGET', LATCHES, unpack(fields))

    for i = 1, #fields do
        local l = on[i] and unpack_(on[i])

        if l and l[1] > now then
            return refuse(-3,
                          i == 1 and nclaims or math.floor(i / 2) - 1,
                          l[1] == NEVER and -1 or l[1] - now)
        end
    end

    return false
end


local function windows()
    for i = 0, nclaims - 1 do
        local c = i * C_SIZE + 1

        if C[c + 7] == 0
            and (now < C[c + C_T0] or now >= C[c + C_T1])
        then
            return never(-5, i, now - Q[3])
        end
    end

    return false
end


-- the account of claim i: that of its id, a new one, or the spare one

local function overflow(i, c)
    local id = C[c + C_SPARE]

    if id == '' then
        return never(-9, i, 0)
    end

    local a, wrong = account(id)

    if wrong then
        return never(BAD_TYPE, i, 0)
    end

    if a and (a[UNIT] ~= C[c + 5] or a[SESSION] ~= C[c + 7]) then
        return never(-9, i, 0)
    end

    -- one account is charged once a request

    for k = 1, nclaims do
        if ids[k] == id then
            return never(-9, i, 0)
        end
    end

    ids[i + 1], accounts[i + 1] = id, a or false
    used[i + 1] = a and not (a[SESSION] == 1 and ended(a))
                  and sum(a[SETTLED], a[RESERVED]) or 0

    return false
end


local function find()
    local missing = {}

    for i = 1, nclaims do
        local c = (i - 1) * C_SIZE + 1
        local a, wrong = account(C[c])

        if wrong then
            return never(BAD_TYPE, i - 1, 0)
        end

        if a and (a[UNIT] ~= C[c + 5] or a[SESSION] ~= C[c + 7]) then
            return never(-8, i - 1, 0)
        end

        ids[i], accounts[i], used[i] = a and C[c] or '', a or false, 0

        if not a then
            missing[#missing + 1] = i

        elseif a[SESSION] == 0 or not ended(a) then
            used[i] = sum(a[SETTLED], a[RESERVED])
        end
    end

    if #missing > 0 then
        local n = count(most, #missing)

        for k = 1, #missing do
            local i = missing[k]
            local c = (i - 1) * C_SIZE + 1

            if n < most then
                n = n + 1
                ids[i] = C[c]

            elseif overflow(i - 1, c) then
                return true
            end
        end
    end

    return false
end


local function marks()
    for i = 1, nclaims do
        local c = (i - 1) * C_SIZE + 1
        local mark, to = C[c + 18], C[c + 19]

        if mark > 0 and used[i] >= mark and to < nsteps and to > first then
            first = to
            marked = 1
        end
    end
end


local function counts(c, at)
    return math.floor(C[c + 9] / POW[at]) % 2 == 1
end


-- aicost_fit(): the amount and whether it is a bound, or nil, the tightest
-- claim and its room

local function fit(at, unit)
    local ask = ASK + at * 6 + unit * 3
    local want, upper, least = Q[ask], Q[ask + 1], Q[ask + 2]
    local bound, near, tight, least_room = false, false, 0, 0

    for i = 1, nclaims do
        local c = (i - 1) * C_SIZE + 1

        if C[c + 5] == unit and C[c + 6] == 0 and counts(c, at) then
            local rest = C[c + C_LIMIT] - used[i]

            if rest <= C[c + C_NEAR] then
                near = true
            end

            rest = math.max(rest, 0)

            if not bound or rest < least_room then
                tight, least_room = i - 1, rest
            end

            bound = true
        end
    end

    if not bound or (upper == 0 and want == 0)
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


-- sums stay below MAX, so that R is exact: soft and dry ones too

local function inexact()
    for i = 1, nclaims do
        local c = (i - 1) * C_SIZE + 1

        if counts(c, step) and amount[C[c + 5]] > MAX - used[i] then
            return never(-1, i - 1, until_end(i - 1))
        end
    end

    return false
end


local function steps()
    local which, tight = 0, 0

    for at = first, nsteps - 1 do
        local money, a, b = fit(at, 0)
        local tokens, x, y

        if money then
            tokens, x, y = fit(at, 1)
        end

        if tokens then
            amount = { [0] = money, tokens }
            step, bounds = at, a + 2 * x
            return inexact()
        end

        if at == first then
            which, tight = money and x or a, money and y or b
        end
    end

    if answer == 1 then
        room = tight
    end

    if refuse(-1, which, until_end(which)) then
        nothing()
        return true
    end

    step, bounds = first, 0
    amount = { [0] = Q[ASK + first * 6], Q[ASK + first * 6 + 3] }

    return inexact()
end


-- aicost_gcra(), in microseconds: all of them or none

local function rates()
    local us, longest, which = now * 1000, 0, 0

    for i = 1, nrates do
        local g = RATE + (i - 1) * 3
        local s = redis.pcall('GET', P .. 'g:' .. Q[g])
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

        if base - us > Q[g + 2] then
            if base - us - Q[g + 2] > longest then
                longest, which = base - us - Q[g + 2], i - 1
            end

            tats[i] = tat

        else
            tats[i] = base + Q[g + 1]
        end
    end

    if longest > 0 and refuse(-2, which, math.ceil(longest / 1000)) then
        nothing()
        return true
    end

    return false
end


local function prepare(i, refs, index_args, gap)
    local c = (i - 1) * C_SIZE + 1
    local a, id, unit = accounts[i], ids[i], C[c + 5]

    local new = not a

    if new then
        a = make(C, c)

    elseif a[SESSION] == 1 and ended(a) then
        begin(a, now, now)
    end

    accounts[i], loaded[id] = a, a
    terms(a, C, c)

    if id ~= C[c] then
        make_spare(a, id)
        M[M_OVERFLOWS] = M[M_OVERFLOWS] + 1
    end

    a[RESERVED] = a[RESERVED] + amount[unit]
    a[BOUND] = sum(a[BOUND], gap[unit])
    a[OPEN] = a[OPEN] + 1

    if C[c + 17] > 0 and a[WARNED] == 0
        and sum(a[SETTLED], a[RESERVED]) >= C[c + 17]
    then
        a[WARNED] = 1
        warned = warned + 2 ^ (i - 1)
    end

    touch(a)

    if new or a[SESSION] == 1 then
        index_args[#index_args + 1] = index_end(a)
        index_args[#index_args + 1] = id
    end

    refs[#refs + 1] = id
    refs[#refs + 1] = a[2]
end


local function write()
    local gap, longest, index_args = {}, lease + DAY, {}
    local r = { 1, now + lease, hash, step, bounds, marked, dry, 0,
                amount[0], amount[1], 0, 0 }

    for unit = 0, 1 do
        gap[unit] = less(Q[ASK + step * 6 + unit * 3 + 1], amount[unit])
        r[11 + unit] = gap[unit]
    end

    for i = 1, nclaims do
        if counts((i - 1) * C_SIZE + 1, step) then
            prepare(i, r, index_args, gap)
        end
    end

    r[8] = warned
    left = room_of(r, 13)
    made = dry
    charged = r

    -- these two fail when a key is not what it should be

    call('ZADD', LEASES, now + lease, rid)
    call('PEXPIRE', LEASES, TTL)

    if #index_args > 0 then
        call('ZADD', INDEX, unpack(index_args))
        call('PEXPIRE', INDEX, TTL)
    end

    for i = 1, nrates do
        local ms = math.max(0, math.ceil(tats[i] / 1000) - now) + 1000
        call('SET', P .. 'g:' .. Q[RATE + (i - 1) * 3],
             string.format('%.0f', tats[i]), 'PX', ms)
    end

    for i = 1, nclaims do
        if counts((i - 1) * C_SIZE + 1, step) then
            local a = accounts[i]
            local ttl = math.max(a[T1] - now + a[GRACE], lease + AFTER)

            longest = math.max(longest, ttl)
            call('SET', P .. 'b:' .. ids[i], pack(a), 'PX', ttl)
        end
    end

    call('SET', P .. 'r:' .. rid, pack(r), 'PX', longest + DAY)
end


if known() or killed() or windows() or find() then
    return reply()
end

marks()

if not (steps() or rates()) and Q[14] == 0 then
    write()
end

return reply()
