-- A gateway in the shape of Kong's and APISIX's plugins for AI, for
-- bench/peers: decode the body, know the key, count a rate and budgets in a
-- shared dictionary or in Redis, write model and key, encode; decode the
-- answer's usage, settle.  Redis is asked by one script before and by another
-- one after the answer, from a timer, over connections that are kept.
--
-- It does less than they do: no router, no plugin chain, no other shape, no
-- failover, no log.  Of aicost's job it leaves out digests of keys, prices that
-- change, downgrades, and that a limit holds: accounts in the dictionary are
-- counted one by one, nothing is settled twice or never by Redis as it fails,
-- and what a cut or unread answer cost stays at its estimate.

local cjson = require "cjson.safe"

local M = {}

local counters = ngx.shared.counters
local path                             -- of the socket of Redis, or nil

local PROVIDER_KEY = "Bearer sk-bench"
local NANO = 1000000000                -- of the currency
local SESSION = 0.5 * NANO             -- no session is named: a request's

local keys = { ["bench-key"] = "bench" }
local models = { auto = { name = "big", input = 92, output = 460 } }

-- who, what of a request is counted, how much of it fits, in how many seconds

local limits = {
    { "ip", "requests", 50000000, 60 },
    { "tokens", "tokens", 1000000000000, 3600 },
    { "day", "nano", 2000000 * NANO, 86400 },
    { "company", "nano", 5000000 * NANO, 86400 },
}


local function hex(bytes)
    return (string.gsub(bytes, ".", function (c)
        return string.format("%02x", string.byte(c))
    end))
end


local function refuse(status, code)
    ngx.status = status
    ngx.header["Content-Type"] = "application/json"
    ngx.print(cjson.encode({ error = { code = code } }))
    return ngx.exit(status)
end


-- the keys and numbers of an account each follow one another

local function script(text)
    return { text = text, sha = hex(ngx.sha1_bin(text)) }
end

local reserving = script [[
    for i, key in ipairs(KEYS) do
        local used = tonumber(redis.call('GET', key) or 0)

        if used + ARGV[3 * i - 2] > tonumber(ARGV[3 * i - 1]) then
            return i
        end
    end

    for i, key in ipairs(KEYS) do
        redis.call('INCRBY', key, ARGV[3 * i - 2])
        redis.call('EXPIRE', key, ARGV[3 * i])
    end

    return 0
]]

local settling = script [[
    for i, key in ipairs(KEYS) do
        redis.call('INCRBY', key, ARGV[i])
    end

    return 0
]]


-- the integer it answers, or nil

local function redis(how, keys, numbers)
    local socket = ngx.socket.tcp()

    if not socket:connect("unix:" .. path) then
        return nil
    end

    local function run(command, script)
        local words = { command, script, #keys }

        for _, list in ipairs { keys, numbers } do
            for _, word in ipairs(list) do
                words[#words + 1] = word
            end
        end

        for i, word in ipairs(words) do
            word = tostring(word)
            words[i] = "$" .. #word .. "\r\n" .. word .. "\r\n"
        end

        return socket:send("*" .. #words .. "\r\n" .. table.concat(words))
            and socket:receive()
    end

    local answer = run("EVALSHA", how.sha)

    if answer and string.find(answer, "^-NOSCRIPT") then
        answer = run("EVAL", how.text)
    end

    socket:setkeepalive(60000, 64)

    return answer and tonumber(string.match(answer, "^:(%d+)"))
end


-- the names of the accounts, nil when one of them has no room

local function reserve(keyed, costs)
    local accounts, numbers = {}, {}

    for i, limit in ipairs(limits) do
        local name, unit, most, seconds = limit[1], limit[2], limit[3], limit[4]

        accounts[i] = name .. ":" .. keyed[name] .. ":"
            .. math.floor(ngx.time() / seconds)
        numbers[3 * i - 2] = costs[unit]
        numbers[3 * i - 1] = most
        numbers[3 * i] = 2 * seconds
    end

    if path then
        return redis(reserving, accounts, numbers) == 0 and accounts or nil
    end

    for i, limit in ipairs(limits) do
        local used = counters:incr(accounts[i], numbers[3 * i - 2], 0,
            numbers[3 * i])

        if not used or used > numbers[3 * i - 1] then
            for k = 1, i do
                counters:incr(accounts[k], -costs[limits[k][2]])
            end

            return nil
        end
    end

    return accounts
end


local function tokens(messages)
    local bytes = 0

    for _, message in ipairs(messages) do
        if type(message.content) == "string" then
            bytes = bytes + #message.content
        end
    end

    return math.ceil(bytes / 4)
end


function M.with(socket)
    path = socket
end


function M.access()
    local header = ngx.var.http_authorization or ""
    local consumer = keys[string.match(header, "^Bearer (.+)$") or ""]

    if not consumer then
        return refuse(401, "invalid_api_key")
    end

    ngx.req.read_body()

    local request = cjson.decode(ngx.req.get_body_data() or "")

    if type(request) ~= "table" or type(request.messages) ~= "table" then
        return refuse(400, "invalid_json")
    end

    local model = models[request.model]

    if not model then
        return refuse(404, "model_not_found")
    end

    local input = tokens(request.messages)
    local output = request.max_completion_tokens or 4096
    local costs = { requests = 1, tokens = input + output,
        nano = input * model.input + output * model.output }

    if costs.nano > SESSION then
        return refuse(402, "budget_exceeded")
    end

    local accounts = reserve({ ip = ngx.var.remote_addr, tokens = consumer,
        day = consumer, company = "all" }, costs)

    if not accounts then
        return refuse(429, "limit_exceeded")
    end

    request.model = model.name

    if request.stream then
        request.stream_options = { include_usage = true }
    end

    ngx.req.set_body_data(cjson.encode(request))
    ngx.req.set_header("Authorization", PROVIDER_KEY)

    ngx.ctx.call = { accounts = accounts, costs = costs, model = model,
        stream = request.stream, rest = "", parts = {} }
end


local function settle(call, answer)
    local usage = type(answer) == "table" and answer.usage

    if type(usage) ~= "table" then
        return
    end

    local input, output = usage.prompt_tokens, usage.completion_tokens
    local costs = { requests = 1, tokens = input + output,
        nano = input * call.model.input + output * call.model.output }

    local accounts, numbers = {}, {}

    for i, limit in ipairs(limits) do
        local more = costs[limit[2]] - call.costs[limit[2]]

        if more ~= 0 and path then
            accounts[#accounts + 1] = call.accounts[i]
            numbers[#numbers + 1] = more

        elseif more ~= 0 then
            counters:incr(call.accounts[i], more)
        end
    end

    if accounts[1] then
        ngx.timer.at(0, function ()
            redis(settling, accounts, numbers)
        end)
    end
end


-- an event that has no usage is not decoded

local function events(call, chunk)
    local from = 1

    chunk = call.rest .. chunk

    while true do
        local till = string.find(chunk, "\n", from, true)

        if not till then
            break
        end

        local line = string.sub(chunk, from, till - 1)

        if string.find(line, '"usage":{', 1, true) then
            settle(call, cjson.decode((string.gsub(line, "^data: ?", ""))))
        end

        from = till + 1
    end

    call.rest = string.sub(chunk, from)
end


function M.body_filter()
    local call = ngx.ctx.call

    if not call or ngx.status ~= 200 then
        return
    end

    if call.stream then
        return events(call, ngx.arg[1])
    end

    call.parts[#call.parts + 1] = ngx.arg[1]

    if ngx.arg[2] then
        settle(call, cjson.decode(table.concat(call.parts)))
    end
end


return M
