#!lua flags=allow-oom
-- Extends leases; says which are gone, spent or killed.
-- Q: 5 lease, 6 whether what they cost is said, then rid, cost a reservation.
--@ common.lua

local refused = open(REPLAY)

if refused then
    return refused
end

local lease = Q[5]
local bits = {}
local held = nil


local function on(id)
    if M[M_HELD] <= now or id == '' then
        return false
    end

    held = held or {}

    if held[id] == nil then
        local s = call('HGET', P .. LATCHES, id)
        held[id] = s and unpack_(s)[1] > now or false
    end

    return held[id]
end


-- a session pays for the stream up to its limit; NULL: not asked

local function spent(a, r, cost)
    if Q[6] == 0 or a[SESSION] == 0 or a[UNIT] ~= 0 then
        return false
    end

    return sum(sum(a[SETTLED], less(a[RESERVED], r[9])), cost) > a[LIMIT]
end


for i = 7, #Q, 2 do
    local rid, cost = Q[i], Q[i + 1]
    local key = P .. 'r:' .. rid
    local r = record(key)
    local bit = 0

    if not r or r[1] ~= 1 then
        bit = 1

    else
        if on(ALL) then
            bit = 4
        end

        local longer = r[2] < now + lease

        for k = 13, #r, 2 do
            local a = account(r[k])

            if a and a[2] == r[k + 1] then
                if bit < 4 and (on(a[LATCH]) or on(a[WHOLE])) then
                    bit = bit + 4
                end

                if bit % 4 < 2 and spent(a, r, cost) then
                    bit = bit + 2
                end
            end
        end

        if longer then
            r[2] = now + lease
            call('ZADD', P .. LEASES, r[2], rid)
            call('SET', key, pack(r), 'KEEPTTL')
            call('PEXPIRE', key, lease + DAY, 'GT')

            for k = 13, #r, 2 do
                call('PEXPIRE', P .. 'b:' .. r[k], lease + AFTER, 'GT')
            end
        end
    end

    bits[#bits + 1] = bit
end

close()

return { 1, bits, now, M[M_MODE], M[M_SHARE], M[M_CHANGED],
         M[M_HELD] > now and 1 or 0 }
