#!lua flags=allow-oom
-- Settles, releases or expires one reservation, once.
-- Q: 5 keep, 6 most accounts, 7 rid, 8 op, 9 and 10 actual, 11 claims.
-- ARGV[2]: the claims, for a rid that is not known.  KEYS: the 5th is that rid,
-- then the accounts of the claims.
--@ common.lua
--@ latch.lua
--@ close.lua

local most, rid, op, nclaims = Q[6], Q[7], Q[8], Q[11]
local actual = op == SETTLE and { [0] = Q[9], Q[10] } or { [0] = 0, 0 }

-- all in one go; after ASKING m alone is named, and each is read for itself

local got = KEYS[2] and call('MGET', KEYS[1], unpack(KEYS, 5, 5 + nclaims))
            or {}
local refused = open(REPLAY, got[1])

if refused then
    return refused
end

local r, wrong = record(P .. 'r:' .. rid, got[2])
local charged, from = {}, 1

if wrong then
    return { BAD_TYPE }
end

local answer = 1

if r then
    charged, from = r, (r[1] == 1 or r[1] == 4) and R_REFS or 2

    -- they are those of the claims; one that is not is read for itself

    local k = 6

    for i = from, #r, 2 do
        local id, key = r[i], KEYS[k]

        if key and string.sub(key, -16) == id then
            account(id, key, got[k - 3])
        end

        k = k + 1
    end

    if r[1] == 1 then
        if op ~= EXPIRE or r[2] <= now then
            finish(rid, r, op, actual)
        end

    elseif r[1] == 4 and op ~= EXPIRE then

        -- its lease had run out: it was charged in full; that is taken back

        readable(r, R_REFS, actual)

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

        forget(rid, op == SETTLE and 2 or 3, r)
    end

elseif op == RELEASE then
    forget(rid, 3)

elseif op == SETTLE and nclaims > 0 then

--@ account.lua
--@ lost.lua
    answer = lost()
end

close()

return totals({ answer, -1, bad and 1 or 0, now }, 2, charged, from)
