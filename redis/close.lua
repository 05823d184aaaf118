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
    local key = P .. 'b:' .. id

    call('SET', key, pack(a), 'KEEPTTL')

    if a[SESSION] == 1 then
        call('PEXPIRE', key, math.max(a[T1] - now + a[GRACE], AFTER), 'GT')
        call('ZADD', P .. INDEX, index_end(a), id)
    end
end


local function forget(rid, state, r)
    call('SET', P .. 'r:' .. rid,
         pack(r and { state, unpack(r, R_REFS) } or { state }), 'PX', keep)
end


-- what latches and sessions also need is read here, before anything is written.
-- more: what a unit of them may grow by

local function readable(refs, first, more)
    local latches, sessions = false, false

    for i = first, #refs, 2 do
        local a = account(refs[i])

        if a then
            latches = latches or a[KILL] > 0 and a[SETTLED] < a[KILL]
                      and a[SETTLED] + more[a[UNIT]] >= a[KILL]
            sessions = sessions or a[SESSION] == 1
        end
    end

    if latches then
        call('HLEN', P .. LATCHES)
    end

    if sessions then
        call('ZCARD', P .. INDEX)
    end
end


local function finish(rid, r, op, actual)
    readable(r, R_REFS, op == EXPIRE and { [0] = r[R_AMOUNT], r[R_AMOUNT + 1] }
                        or actual)

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

    call('ZREM', P .. LEASES, rid)
end
