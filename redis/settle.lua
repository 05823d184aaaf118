#!lua flags=allow-oom
-- Settles, releases or expires one reservation, once.
-- Q: 5 keep, 6 most accounts, 7 rid, 8 op, 9 and 10 actual, 11 claims.
-- ARGV[2]: the claims, for a rid that is not known.
--@ common.lua
--@ latch.lua
--@ account.lua
--@ close.lua

local refused = open(REPLAY)

if refused then
    return refused
end

local most, rid, op = Q[6], Q[7], Q[8]
local actual = { [0] = Q[9], Q[10] }
local r, wrong = record(P .. 'r:' .. rid)
local left = -1
local charged, from = {}, 1

if wrong then
    return { BAD_TYPE }
end


-- the settlement of a lease that had run out: it was charged in full

local function correct()
    readable(r, R_REFS)

    for i = R_REFS, #r, 2 do
        local a = account(r[i])

        if a and a[2] == r[i + 1] then
            local unit = a[UNIT]
            local before, amount = a[SETTLED], r[R_AMOUNT + unit]

            a[SETTLED] = sum(less(before, amount), actual[unit])
            a[UNVERIFIED] = less(a[UNVERIFIED], amount)
            a[OVER] = sum(a[OVER], less(actual[unit], amount))

            watch(a, before)
            call('SET', P .. 'b:' .. r[i], pack(a), 'KEEPTTL')
        end
    end

    forget(rid, 2, r)
end


-- the account of a claim of a rid that is not known; spend is never dropped

local made = {}

local function find_lost(C, c, n)
    for spare = 0, 1 do
        local id = C[c + (spare == 1 and C_SPARE or C_ID)]
        local a, wrong = account(id)

        if a then
            if a[SESSION] == 1 and ended(a) then
                begin(a, now, now)
                terms(a, C, c)
            end

            return a, id, n
        end

        if wrong then
            return nil, id, n
        end

        if n < most or spare == 1 or C[c + C_SPARE] == '' then
            a = make(C, c)
            loaded[id], made[id] = a, true

            if spare == 1 then
                make_spare(a, id)
                M[M_OVERFLOWS] = M[M_OVERFLOWS] + 1
            end

            return a, id, n + 1
        end
    end
end


local function lost()
    local C = unpack_(ARGV[2])
    local list, seen, n = {}, {}, count(most, Q[11])

    for i = 0, Q[11] - 1 do
        local c = i * C_SIZE + 1
        local a, id

        if C[c + C_LIMIT] <= 0 then
            return false
        end

        a, id, n = find_lost(C, c, n)

        if a and not seen[id] then
            seen[id] = true
            list[#list + 1] = id
            list[#list + 1] = a[2]
        end
    end

    readable(list, 1)

    for i = 1, #list, 2 do
        local id = list[i]
        local a = account(id)
        local before = a[SETTLED]

        a[SETTLED] = sum(before, actual[a[UNIT]])
        a[LOST] = sum(a[LOST], actual[a[UNIT]])
        touch(a)
        watch(a, before)

        if made[id] then
            call('ZADD', INDEX, index_end(a), id)
            call('PEXPIRE', INDEX, TTL)
            call('SET', P .. 'b:' .. id, pack(a), 'PX',
                 math.max(a[T1] - now + a[GRACE], AFTER))

        else
            save(id, a)
        end
    end

    left = room_of(list, 1)
    charged = list

    return true
end


local answer = 1

if r then
    if r[1] == 1 then
        if op ~= EXPIRE or r[2] <= now then
            finish(rid, r, op, actual)
        end

    elseif r[1] == 4 and op == SETTLE then
        correct()
    end

    charged, from = r, (r[1] == 1 or r[1] == 4) and R_REFS or 2
    left = room_of(charged, from)

elseif op == RELEASE then
    forget(rid, 3)

elseif op == SETTLE and Q[11] > 0 then
    if lost() then
        forget(rid, 2)

    else
        answer = -1
    end
end

close()

return totals({ answer, left, bad and 1 or 0, now }, charged, from)
