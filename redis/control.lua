#!lua flags=allow-oom
-- What an operator does, and the beginning of a domain.
-- Q: 5 op, then
--   "open"    a domain that is not there begins with the epoch of Q[2]
--   "clock"   only sees the time
--   "kill"    6 latch, 7 label, 8 why, 9 until
--   "resume"  6 latch, 7 generation, 0 any
--   "mode"    6 mode, 7 share
--@ common.lua
--@ latch.lua

local rc = 0

if Q[5] == 'open' then
    local s = call('GET', KEYS[1])

    if s then
        Q[2], rc = unpack_(s)[M_EPOCH], -5

    else
        call('SET', KEYS[1], pack({ LAYOUT, Q[2], 0, 0, 0, 0, 0, 0, 0, 0 }))
    end
end

local refused = open()

if refused then
    return refused
end


local function resume(id, gen)
    local s = call('HGET', LATCHES, id)
    local l = s and unpack_(s)

    if not l or l[L_UNTIL] <= now or (gen ~= 0 and gen ~= l[L_GEN]) then
        return -5
    end

    call('HDEL', LATCHES, id)
    M[M_HELD] = 0

    local all = call('HVALS', LATCHES)

    for i = 1, #all do
        M[M_HELD] = math.max(M[M_HELD], unpack_(all[i])[L_UNTIL])
    end

    return 0
end


if Q[5] == 'kill' then
    rc = latch(Q[6], Q[7], Q[8], Q[9])

elseif Q[5] == 'resume' then
    rc = resume(Q[6], Q[7])

elseif Q[5] == 'mode' then
    M[M_MODE], M[M_SHARE], M[M_CHANGED] = Q[6], Q[7], now
end

close()

return { 1, rc, now, M[M_EPOCH] }
