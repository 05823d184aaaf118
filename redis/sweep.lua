#!lua flags=allow-oom
-- Expires leases that are over, the first ones first.
-- Q: 5 keep, 6 at most.
--@ common.lua
--@ latch.lua
--@ close.lua

local refused = open(0)

if refused then
    return refused
end

local over = call('ZRANGEBYSCORE', P .. LEASES, '-inf', now,
                  'LIMIT', 0, Q[6])
local n = 0

for i = 1, #over do
    local r = record(P .. 'r:' .. over[i])

    if r and r[1] == 1 and r[2] <= now then
        finish(over[i], r, EXPIRE)
        n = n + 1

    elseif r and r[1] == 1 then
        call('ZADD', P .. LEASES, r[2], over[i])

    else
        call('ZREM', P .. LEASES, over[i])
    end
end

close()

return { 1, n, #over, bad and 1 or 0, now }
