-- Kill latches: the hash k, a field a latch.

local L_UNTIL, L_AT, L_GEN, L_LABEL, L_WHY = 1, 2, 3, 4, 5
local MOST = 1024


-- 0, -5 when it is on already, -1 when all are an operator's

local function latch(id, label, why, till)
    if till <= now then
        return -5
    end

    local s = call('HGET', P .. LATCHES, id)
    local old = s and unpack_(s)

    -- inside a window a latch only grows

    if old and old[L_UNTIL] > now and old[L_UNTIL] >= till then
        return -5
    end

    -- one that is off goes, else the one that ends first

    if not old and call('HLEN', P .. LATCHES) >= MOST then
        local all = call('HGETALL', P .. LATCHES)
        local victim, first = nil, NEVER

        for i = 1, #all, 2 do
            local l = unpack_(all[i + 1])

            if l[L_UNTIL] < first then
                victim, first = all[i], l[L_UNTIL]
            end
        end

        if not victim then
            return -1
        end

        call('HDEL', P .. LATCHES, victim)
    end

    M[M_GEN], changed = M[M_GEN] + 1, true
    M[M_HELD] = math.max(M[M_HELD], till)

    call('HSET', P .. LATCHES, id, pack({ till, now, M[M_GEN], label, why }))

    return 0
end
