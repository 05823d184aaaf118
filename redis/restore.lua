#!lua flags=allow-oom
-- A store that lost something is told again by its edges.
-- Q: 5 op, 6 most accounts, then
--   "accounts"  7 claims, then what is known to be settled, each
--   "open"      7 rid, 8 hash, 9 expires, 10 lease, 11 step, 12 bounds, 13 dry,
--               14 and 15 amount, 16 and 17 gap, 18 claims
-- ARGV[2]: the claims.
--@ common.lua
--@ latch.lua
--@ account.lua
--@ close.lua

local refused = open(REBUILD)

if refused then
    return refused
end

local C = { unpack_(ARGV[2]) }
local most, rid = Q[6], Q[7]
local n, made = call('ZCARD', P .. INDEX), {}


-- that of a claim, made when it is missing; nil: its time is over, or it holds
-- something else

local function find(c)
    local a, wrong = account(C[c])

    if a and a[UNIT] == C[c + 5] then
        return a, C[c]
    end

    if a or wrong or C[c + C_LIMIT] <= 0
        or (C[c + 7] == 0 and now >= C[c + C_T1] + C[c + 16])
    then
        return nil
    end

    local id = C[c]

    if n >= most then
        id = C[c + C_SPARE]

        if id == '' then
            return nil
        end

        a = account(id)

        if a then
            return a, id
        end
    end

    a = make(C, c)
    loaded[id], made[id] = a, true
    n = n + 1

    if id ~= C[c] then
        make_spare(a, id)
    end

    return a, id
end


local function put(id, a, lease)
    touch(a)

    if made[id] then
        call('ZADD', P .. INDEX, index_end(a), id)
        call('PEXPIRE', P .. INDEX, TTL)
        call('SET', P .. 'b:' .. id, pack(a), 'PX',
             math.max(a[T1] - now + a[GRACE], lease + AFTER))
        made[id] = nil

    else
        save(id, a)
        call('PEXPIRE', P .. 'b:' .. id, lease + AFTER, 'GT')
    end
end


local function accounts()
    for i = 1, Q[7] do
        local a, id = find((i - 1) * C_SIZE + 1)
        local settled = Q[7 + i]

        if a and (settled > a[SETTLED] or made[id]) then
            local before = a[SETTLED]

            a[SETTLED] = math.max(before, settled)
            watch(a, before)
            put(id, a, 0)
        end
    end
end


local function reassert()
    local r, wrong = record(P .. 'r:' .. rid)

    if r or wrong then
        return
    end

    local lease = math.max(Q[10], Q[9] - now)
    local longest = lease + DAY

    r = { 1, now + lease, Q[8], Q[11], Q[12], 0, Q[13], 0,
          Q[14], Q[15], Q[16], Q[17] }

    call('ZADD', P .. LEASES, now + lease, rid)
    call('PEXPIRE', P .. LEASES, TTL)

    for i = 1, Q[18] do
        local a, id = find((i - 1) * C_SIZE + 1)

        if a then
            local unit = a[UNIT]

            a[RESERVED] = sum(a[RESERVED], Q[14 + unit])
            a[BOUND] = sum(a[BOUND], Q[16 + unit])
            a[OPEN] = a[OPEN] + 1
            put(id, a, lease)

            longest = math.max(longest, a[T1] - now + a[GRACE])
            r[#r + 1] = id
            r[#r + 1] = a[2]
        end
    end

    call('SET', P .. 'r:' .. rid, pack(r), 'PX', longest + DAY)
end


if Q[5] == 'open' then
    reassert()

else
    accounts()
end

close()

return { 1, bad and 1 or 0, now }
