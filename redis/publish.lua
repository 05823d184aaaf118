#!lua
-- The consumers of all edges, in place of their files.
-- Q: 5 "publish", 6 the version they were made from, -1 any.  ARGV[2]: the
-- text of a consumers.json, empty: each edge's own file counts again.
--@ common.lua

local refused = open(REBUILD)

if refused then
    return refused
end

local version = tonumber(call('GET', P .. 'cv') or '0')

if Q[6] >= 0 and Q[6] ~= version then
    return { 0, version }
end

-- a later one is higher, also after a store that was emptied

version = math.max(version + 1, now)

if ARGV[2] == '' then
    call('DEL', P .. 'c')

else
    call('SET', P .. 'c', ARGV[2])
end

call('SET', P .. 'cv', string.format('%.0f', version))

return { 1, version }
