-- The ends of a reservation.  r:RID is { 1 or 4, expires, hash, step, bounds,
-- marked, dry, warned, amount * 2, gap * 2, id, serial, ... } while it is open
-- or expired, { 2 or 3, id, serial, ... } when it was settled or released.

local R_AMOUNT, R_GAP, R_REFS = 9, 11, 13
local SETTLE, RELEASE, EXPIRE = 0, 1, 2
local keep = Q[5]


-- a refund never clears a latch; S that grew to the mark sets it

local function watch(a, before)
    if a[KILL] > 0 and before < a[KILL] and a[SETTLED] >= a[KILL] then
        latch(a[LATCH], '', 'budget_exceeded',
              a[CLEAR] == 1 and a[T1] or NEVER)
    end
end


local function save(id, a)
    call('SET', P .. 'b:' .. id, pack(a), 'KEEPTTL')

    if a[SESSION] == 1 then
        call('PEXPIRE', P .. 'b:' .. id,
             math.max(a[T1] - now + a[GRACE], AFTER), 'GT')
        call('ZADD', INDEX, index_end(a), id)
    end
end


local function forget(rid, state, r)
    local short = { state }

    for i = R_REFS, r and #r or 0 do
        short[#short + 1] = r[i]
    end

    call('SET', P .. 'r:' .. rid, pack(short), 'PX', keep)
end


-- a latch is read here, before anything is written

local function readable(refs, first)
    for i = first, #refs, 2 do
        local a = account(refs[i])

        if a and a[KILL] > 0 then
            call('HLEN', LATCHES)
        end

        if a and a[SESSION] == 1 then
            call('ZCARD', INDEX)
        end
    end
end


local function finish(rid, r, op, actual)
    readable(r, R_REFS)

    for i = R_REFS, #r, 2 do
        local id = r[i]
        local a = account(id)

        if a and a[2] == r[i + 1] then
            local unit = a[UNIT]
            local before, amount = a[SETTLED], r[R_AMOUNT + unit]

            a[RESERVED] = less(a[RESERVED], amount)
            a[BOUND] = less(a[BOUND], r[R_GAP + unit])
            a[OPEN] = less(a[OPEN], 1)

            if op == SETTLE then
                a[SETTLED] = sum(before, actual[unit])
                a[OVER] = sum(a[OVER], less(actual[unit], amount))

            elseif op == EXPIRE then
                a[SETTLED] = sum(before, amount)
                a[UNVERIFIED] = sum(a[UNVERIFIED], amount)
            end

            if op ~= EXPIRE then
                touch(a)
            end

            watch(a, before)
            save(id, a)
        end
    end

    if op == EXPIRE then
        r[1] = 4
        call('SET', P .. 'r:' .. rid, pack(r), 'PX', DAY)

    else
        forget(rid, op == SETTLE and 2 or 3, r)
    end

    call('ZREM', LEASES, rid)
end
