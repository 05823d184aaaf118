-- The settlement of a rid that is not known; spend is never dropped.

local made = {}

local function find_lost(C, c, n)
    for spare = 0, 1 do
        local id = C[c + (spare == 1 and C_SPARE or C_ID)]
        local a, wrong = account(id)

        if a then
            if a[SESSION] == 1 and ended(a) then
                begin(a, now, now)
                terms(a, C, c)
            end

            return a, id, n
        end

        if wrong then
            return nil, id, n
        end

        if n < most or spare == 1 or C[c + C_SPARE] == '' then
            a = make(C, c)
            loaded[id], made[id] = a, true

            if spare == 1 then
                make_spare(a, id)
                overflowed()
            end

            return a, id, n + 1
        end
    end
end


-- 1, or -1 when a claim cannot be charged; then nothing is

local function lost()
    local C = { unpack_(ARGV[2]) }
    local list, seen, n = {}, {}, count(most, nclaims)

    for i = 0, nclaims - 1 do
        local c = i * C_SIZE + 1
        local a, id

        if C[c + C_LIMIT] <= 0 then
            return -1
        end

        a, id, n = find_lost(C, c, n)

        if a and not seen[id] then
            seen[id] = true
            list[#list + 1] = id
            list[#list + 1] = a[2]
        end
    end

    readable(list, 1, actual)

    for i = 1, #list, 2 do
        local id = list[i]
        local a = account(id)
        local before = a[SETTLED]

        a[SETTLED] = sum(before, actual[a[UNIT]])
        a[LOST] = sum(a[LOST], actual[a[UNIT]])
        touch(a)
        watch(a, before)

        if made[id] then
            call('ZADD', P .. INDEX, index_end(a), id)
            call('PEXPIRE', P .. INDEX, TTL)
            call('SET', P .. 'b:' .. id, pack(a), 'PX',
                 math.max(a[T1] - now + a[GRACE], AFTER))

        else
            save(id, a)
        end
    end

    charged = list
    forget(rid, 2)

    return 1
end
