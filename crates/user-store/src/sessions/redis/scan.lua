-- A part of all sessions: cursor. The next cursor, and a hash and its fields for each.

local found = redis.call('SCAN', ARGV[1], 'MATCH', row('*'), 'COUNT', 500)
local sessions = {}
for _, key in ipairs(found[2]) do
  local hash = string.sub(key, #row('') + 1)
  local session = fields(hash)
  if session[1] then
    sessions[#sessions + 1] = { hash, session }
  end
end
return { found[1], sessions }
