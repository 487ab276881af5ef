-- Ends a part of all sessions: cursor, and the last absolute end that is past, or nothing for all of them.
-- The next cursor, and how many were ended.

local found = redis.call('SCAN', ARGV[1], 'MATCH', row('*'), 'COUNT', 500)
local bound, ended = tonumber(ARGV[2]), 0
for _, key in ipairs(found[2]) do
  local user = false
  if not bound or tonumber(redis.call('HGET', key, 'expires_at') or bound + 1) <= bound then
    user = redis.call('HGET', key, 'user_id')
  end
  if user then
    ended = ended + remove(string.sub(key, #row('') + 1), user)
  end
end
return { found[1], ended }
