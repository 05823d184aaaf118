-- Accounts made, and the index of them all.

local TRIES = 8


-- one that has no use any more; a session then begins anew

local function ended(a)
    if a[OPEN] > 0 then
        return false
    end

    if a[SESSION] == 1 then
        return now >= a[T1]
    end

    return now - a[GRACE] >= a[T1]
end


-- a claim C[c..] as an account; the terms are its own

local function terms(a, C, c)
    a[LATCH], a[WHOLE] = C[c + C_LATCH], C[c + C_WHOLE]
    a[BUDGET], a[SOFT], a[CLEAR] = C[c + 4], C[c + 6], C[c + 8]
    a[LIMIT], a[KILL] = C[c + C_LIMIT], C[c + 20]
    a[IDLE], a[HOLD], a[GRACE] = C[c + 14], C[c + 15], C[c + 16]
end


local function begin(a, t0, t1)
    M[M_SERIAL], changed = M[M_SERIAL] + 1, true
    a[2] = M[M_SERIAL]

    a[WARNED], a[SETTLED], a[RESERVED], a[BOUND] = 0, 0, 0, 0
    a[UNVERIFIED], a[OVER], a[LOST], a[OPEN] = 0, 0, 0, 0
    a[T0], a[T1] = t0, t1
end


local function make(C, c)
    local a = { LAYOUT, 0, '', '', 0, C[c + 5], 0, C[c + 7], 0, 0, 0, 0,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

    if a[SESSION] == 1 then
        begin(a, now, now)

    else
        begin(a, C[c + C_T0], C[c + C_T1])
    end

    terms(a, C, c)

    return a
end


-- a spare one is nobody's to latch

local function make_spare(a, id)
    a[LATCH], a[WHOLE], a[KILL] = id, '', 0
end


local function overflowed()
    M[M_OVERFLOWS], changed = M[M_OVERFLOWS] + 1, true
end


-- how many accounts there are; those at the head of the index that are gone
-- leave it, and when there is no room for so many more also those that ended

local function count(most, more)
    local index = P .. INDEX
    local n = call('ZCARD', index)
    local tries = n + more > most and TRIES or 2
    local ends = call('ZRANGEBYSCORE', index, '-inf', now,
                      'LIMIT', 0, tries)

    for i = 1, #ends do
        local a, wrong = account(ends[i])

        if not a and not wrong then
            call('ZREM', index, ends[i])
            n = n - 1

        elseif a and n + more > most and ended(a) then
            call('DEL', P .. 'b:' .. ends[i])
            call('ZREM', index, ends[i])
            loaded[ends[i]] = nil
            n = n - 1

        elseif n + more > most then
            call('ZADD', index, now + AFTER, ends[i])
        end
    end

    return n
end
