-- What every script begins with: numbers, the clock, accounts.
--
-- KEYS[1] is "...{aic:DOMAIN}:m"; every other name is made from it, so all of
-- them share its slot.  ARGV[1] is Q, MessagePack values one after another:
-- layout, epoch, now, whose clock, then what the script itself says.
--
-- A server runs all of this at each call, and each function is made anew: a
-- list of values is cheaper than a table that grows, one command than several,
-- and a function that is seldom called is made where it is.
--
-- A script that fails does not take back what it has written.  So each one
-- reads and decides first, and the first write is the one that may fail.

local LAYOUT = 2
local MAX = 9000000000000000         -- AICOST_MONEY_MAX; doubles are exact
local NEVER = 9007199254740991       -- until of an operator's latch
local DAY = 86400000
local TTL = 60 * DAY                 -- of the indexes, renewed by use
local AFTER = 600000                 -- an account outlives its last lease

local ALL = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

local call, pack, unpack_ = redis.call, cmsgpack.pack, cmsgpack.unpack

local P = string.sub(KEYS[1], 1, -2)
local Q = { unpack_(ARGV[1]) }

-- names behind P; the others are b:ID, r:RID, g:ID
local LEASES, LATCHES, INDEX = 'lz', 'k', 'ai'

-- the domain: m
local M_LAYOUT, M_EPOCH, M_NOW, M_SERIAL, M_GEN = 1, 2, 3, 4, 5
local M_MODE, M_SHARE, M_CHANGED, M_HELD, M_OVERFLOWS = 6, 7, 8, 9, 10
local M_RUN, M_PHASE, M_UNTIL, M_EXPECTED = 11, 12, 13, 14
local M_SOONEST, M_TOLD = 15, 16

-- its life: open, or told again what it lost; see keys.md
local REPLAY, REBUILD = 1, 2

-- an account: b:ID
local LATCH, WHOLE, BUDGET, UNIT, SOFT = 3, 4, 5, 6, 7
local SESSION, CLEAR, WARNED, LIMIT, SETTLED = 8, 9, 10, 11, 12
local RESERVED, BOUND, UNVERIFIED, OVER, LOST = 13, 14, 15, 16, 17
local OPEN, KILL, T0, T1 = 18, 19, 20, 21
local IDLE, HOLD, GRACE = 22, 23, 24
local FIELDS = 24

-- a claim in ARGV[2], from its first member on
local C_ID, C_LATCH, C_WHOLE, C_SPARE = 0, 1, 2, 3
local C_LIMIT, C_NEAR, C_T0, C_T1 = 10, 11, 12, 13
local C_SIZE = 21

-- what a refusal of the whole script is
local LOST_EPOCH, REBUILDING, BAD_TYPE, BAD_LAYOUT = -4, -11, -20, -21

local M, now
local changed = false                -- M, since it was read


local function sum(a, b)
    if a >= MAX or b >= MAX - a then
        return MAX
    end

    return a + b
end


local function less(a, b)
    if a > b then
        return a - b
    end

    return 0
end


-- the time of this call, never before the last one; a wait that is over is over

local function tick()
    now = Q[3]

    if Q[4] == 0 then
        local t = call('TIME')
        now = t[1] * 1000 + math.floor(t[2] / 1000)
    end

    if now > M[M_NOW] then
        M[M_NOW], changed = now, true

    else
        now = M[M_NOW]
    end

    if M[M_PHASE] > 0 and now >= M[M_UNTIL] then
        M[M_PHASE], changed = 0, true
    end
end


-- what pcall() of an unpacking said, behind the length of its array

local function elements(n, good, at, ...)
    local a = { ... }

    if good and at == -1 and #a == n then
        return a
    end
end


-- an array of MessagePack, or nil: its head is one byte or three

local function array(s)
    local head, high, low = string.byte(s, 1, 3)

    if head == 220 and low then
        return elements(high * 256 + low,
                        pcall(cmsgpack.unpack_limit, s, 2000, 3))
    end

    if head and head > 144 and head < 160 then
        return elements(head - 144,
                        pcall(cmsgpack.unpack_limit, s, 16, 1))
    end
end


-- nil, or why this domain cannot be used; sets M and now.  latest: the phase up
-- to which this script works; s: what m holds, if that was read

local function open(latest, s)
    s = s or call('GET', KEYS[1])

    if not s then
        return { LOST_EPOCH }
    end

    M = array(s)

    if M[M_LAYOUT] ~= LAYOUT then
        return { BAD_LAYOUT }
    end

    if M[M_EPOCH] ~= Q[2] then
        return { LOST_EPOCH }
    end

    tick()

    if M[M_PHASE] > latest then
        return { REBUILDING }
    end
end


-- within a millisecond there is often nothing to write

local function close()
    if changed then
        call('SET', KEYS[1], pack(M))
    end
end


-- what a key holds, or nil; the second is true when it is something else.  One
-- that cannot be read (it is at another node, a right is missing) is neither.
-- s: what MGET said; that says nothing of another type

local function record(key, s)
    s = s or redis.pcall('GET', key)

    if not s then
        return nil
    end

    if type(s) == 'table' and s.err
        and string.sub(s.err, 1, 9) ~= 'WRONGTYPE'
    then
        error(s.err)
    end

    local a = type(s) == 'string' and array(s)

    if a then
        return a
    end

    return nil, true
end


local loaded, bad = {}, false

local function account(id, key, s)
    local a, wrong = loaded[id], false

    if not a then
        a, wrong = record(key or P .. 'b:' .. id, s)

        if a and (a[1] ~= LAYOUT or #a ~= FIELDS) then
            a, wrong = nil, true
        end

        bad = bad or wrong
        loaded[id] = a
    end

    return a, wrong
end


local function touch(a)
    if a[SESSION] == 1 then
        a[T1] = math.min(now + a[IDLE], a[T0] + a[HOLD])
    end
end


-- where its claim says it ends, in the order of the index

local function index_end(a)
    if a[SESSION] == 1 then
        return a[T1]
    end

    return a[T1] + a[GRACE]
end


-- what accounts of a list id, serial, ... stand at, behind what else a reply
-- says: one string, since to read forty elements costs an edge more than all
-- else it does for them.  out[left]: the smallest room of the hard money ones

local function totals(out, left, refs, first)
    local n, least = #out, -1

    for i = first, #refs, 2 do
        local a = account(refs[i])

        if a and a[2] == refs[i + 1] then
            local settled, reserved = a[SETTLED], a[RESERVED]

            out[n + 1], out[n + 2], out[n + 3] = refs[i], settled, reserved
            out[n + 4], out[n + 5] = a[BOUND], a[2]
            n = n + 5

            if a[SOFT] == 0 and a[UNIT] == 0 then
                local room = a[LIMIT] - settled - reserved

                if room < 0 then
                    room = 0
                end

                if least < 0 or room < least then
                    least = room
                end
            end
        end
    end

    out[left] = least

    return pack(out)
end
