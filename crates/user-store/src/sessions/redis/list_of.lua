-- The sessions of a user: user_id. A hash and its fields for each.

local sessions = {}
for _, hash in ipairs(redis.call('ZRANGE', index(ARGV[1]), 0, -1)) do
  local session = fields(hash)
  if session[1] then
    sessions[#sessions + 1] = { hash, session }
  end
end
return sessions
