#!lua flags=allow-oom
-- What an operator does, and the beginning of a domain.
-- Q: 5 op, then
--   "open"    a domain that is not there begins with the epoch of Q[2]
--   "clock"   only sees the time
--   "kill"    6 latch, 7 label, 8 why, 9 until
--   "resume"  6 latch, 7 generation, 0 any
--   "mode"    6 mode, 7 share
--   "arrive"  6 edge, 7 run, 8 fresh epoch, 9 knows, 10 edges, 11 wait,
--             12 another server than the edge knew
--   "tell"    6 edge
--   "beat"    6 edge
--@ common.lua
--@ latch.lua

local EDGES = P .. 'e'
local ALIVE = 60000                  -- an edge beats once a second
local TOLD_MOST = 1024               -- of more edges only the wait opens
local BEATS = 2500                   -- until every edge has heard of it

local rc = 0


-- this edge is heard of; how many are alive, 1 when it was not before

local function heard(edge)
    local new = call('ZADD', EDGES, now, edge)

    call('PEXPIRE', EDGES, TTL)
    call('PEXPIRE', P .. LEASES, TTL)
    call('PEXPIRE', P .. INDEX, TTL)

    local gone = call('ZRANGEBYSCORE', EDGES, '-inf', now - ALIVE,
                      'LIMIT', 0, 100)

    for i = 1, #gone do
        call('ZREM', EDGES, gone[i])
    end

    return call('ZCARD', EDGES), new
end


local function told(edge)
    for i = M_TOLD, #M do
        if M[i] == edge then
            return true
        end
    end

    return false
end


-- all that are alive, and all one of them knew of, are waited for.  One that
-- comes for the first time knows of none: then each has the time to be heard

local function wait(phase, edges)
    local more = M[M_PHASE] > 0 and M[M_EXPECTED] or 1

    M[M_PHASE] = phase
    M[M_UNTIL] = now + Q[11]
    M[M_EXPECTED] = math.max(edges, Q[10], more)
    M[M_SOONEST] = (phase == REBUILD or Q[2] == ALL)
                   and now + math.min(BEATS, Q[11]) or 0

    for i = #M, M_TOLD, -1 do
        M[i] = nil
    end
end


local function life(edges)
    local killed, kill_all = 0, 0

    if M[M_HELD] > now then
        local all = call('HGETALL', P .. LATCHES)

        for i = 1, #all, 2 do
            if unpack_(all[i + 1])[1] > now then
                killed = killed + 1
                kill_all = all[i] == ALL and 1 or kill_all
            end
        end
    end

    close()

    return { 1, M[M_EPOCH], M[M_PHASE], told(Q[6]) and 1 or 0, edges,
             math.max(M[M_UNTIL] - now, 0), M[M_MODE], M[M_SHARE],
             M[M_CHANGED], killed, kill_all, now }
end


-- whatever epoch it knows: that is what it comes to hear

local function arrive()
    local s = call('GET', KEYS[1])

    M = s and unpack_(s)
        or { LAYOUT, Q[8], 0, 0, 0, 0, 0, 0, 0, 0, Q[7], 0, 0, 0, 0 }

    if M[M_LAYOUT] ~= LAYOUT then
        return { BAD_LAYOUT }
    end

    tick()

    local edges, new = heard(Q[6])

    -- emptied, or never used: only others can tell which

    if (Q[9] == 1 and Q[2] ~= M[M_EPOCH]) or not s then
        wait(REBUILD, edges)

    -- one that was primary before has its own run id in what it kept

    elseif M[M_RUN] ~= Q[7] or (Q[12] == 1 and M[M_PHASE] == 0) then
        wait(math.max(M[M_PHASE], REPLAY), edges)

    -- others are still waited for, and what this one tells is not theirs

    elseif M[M_PHASE] > 0 then
        M[M_EXPECTED] = math.max(M[M_EXPECTED], Q[10])
                        + (Q[2] == ALL and new or 0)
    end

    M[M_RUN] = Q[7]

    return life(edges)
end


changed = true

if Q[5] == 'arrive' then
    return arrive()
end

if Q[5] == 'open' then
    local s = call('GET', KEYS[1])

    if s then
        Q[2], rc = unpack_(s)[M_EPOCH], -5

    else
        call('SET', KEYS[1], pack({ LAYOUT, Q[2], 0, 0, 0, 0, 0, 0, 0, 0,
                                    '', 0, 0, 0, 0 }))
    end
end

local refused = open(REBUILD)

if refused then
    return refused
end


local function resume(id, gen)
    local s = call('HGET', P .. LATCHES, id)
    local l = s and unpack_(s)

    if not l or l[L_UNTIL] <= now or (gen ~= 0 and gen ~= l[L_GEN]) then
        return -5
    end

    call('HDEL', P .. LATCHES, id)
    M[M_HELD] = 0

    local all = call('HVALS', P .. LATCHES)

    for i = 1, #all do
        M[M_HELD] = math.max(M[M_HELD], unpack_(all[i])[L_UNTIL])
    end

    return 0
end


if Q[5] == 'tell' or Q[5] == 'beat' then
    local edges = heard(Q[6])

    if Q[5] == 'tell' and M[M_PHASE] > 0 and not told(Q[6])
        and #M < M_TOLD + TOLD_MOST - 1
    then
        M[#M + 1] = Q[6]
    end

    -- nobody else is waited for, and nobody can be on the way

    if #M - M_TOLD + 1 >= math.max(M[M_EXPECTED], edges)
        and now >= M[M_SOONEST]
    then
        M[M_PHASE] = 0
    end

    return life(edges)
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
