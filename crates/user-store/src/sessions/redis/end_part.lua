-- Ends a part of all sessions: cursor, and the last absolute end that is past, or nothing for all of them.
-- The next cursor, and how many were ended.

local found = redis.call('SCAN', ARGV[1], 'MATCH', row('*'), 'COUNT', 500)
local bound, ended = tonumber(ARGV[2]), 0
for _, key in ipairs(found[2]) do
  local hash = string.sub(key, #row('') + 1)
  local session = redis.call('HMGET', key, 'user_id', 'expires_at')
  if session[1] and (not bound or tonumber(session[2]) <= bound) then
    ended = ended + remove(hash, session[1])
  end
end
return { found[1], ended }
