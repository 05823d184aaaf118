#!lua flags=no-writes
-- Reads; also on a replica and where the disk is full.
-- Q: 5 op, then
--   "state"
--   "latches"  6 at most
--   "walk"     6 cursor, 7 at most
--   "consumers"  6 the version that is known, 7 from which byte, 8 how many
--@ common.lua

local refused = open(REBUILD)

if refused then
    return refused
end

if Q[5] == 'consumers' then
    local version = tonumber(call('GET', P .. 'cv') or '0')

    if version <= Q[6] then
        return { 1, version, 0, '' }
    end

    return { 1, version, call('STRLEN', P .. 'c'),
             call('GETRANGE', P .. 'c', Q[7], Q[7] + Q[8] - 1) }
end

if Q[5] == 'walk' then
    -- the cursor is that of ZSCAN, times 256, and the place in its answer

    local at, skip = math.floor(Q[6] / 256), Q[6] % 256
    local out = {}

    repeat
        local found = call('ZSCAN', P .. INDEX, string.format('%.0f', at),
                           'COUNT', 1)
        local list = found[2]
        local n = #list / 2

        while skip < n and #out < 2 * Q[7] do
            local s = redis.pcall('GET', P .. 'b:' .. list[skip * 2 + 1])

            if type(s) == 'string' then
                out[#out + 1] = list[skip * 2 + 1]
                out[#out + 1] = s
            end

            skip = skip + 1
        end

        if skip < n then
            return { 1, at * 256 + skip, out }
        end

        at, skip = tonumber(found[1]), 0
    until at == 0 or #out >= 2 * Q[7]

    return { 1, at * 256, out }
end

local all = call('HGETALL', P .. LATCHES)
local killed, kill_all, out = 0, 0, {}

for i = 1, #all, 2 do
    if unpack_(all[i + 1])[1] > now then
        killed = killed + 1

        if all[i] == ALL then
            kill_all = 1
        end

        if Q[5] == 'latches' and killed <= Q[6] then
            out[#out + 1] = all[i]
            out[#out + 1] = all[i + 1]
        end
    end
end

if Q[5] == 'latches' then
    return { 1, out, now }
end

return { 1, M[M_MODE], M[M_SHARE], M[M_CHANGED], killed, kill_all, now,
         M[M_OVERFLOWS], call('ZCARD', P .. INDEX), call('ZCARD', P .. LEASES) }
