-- Moves a live session to a new hash: old, new, now, the latest use that is too old, kept. Says whether there was one.

local old, new, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local found = redis.call('HMGET', row(old), 'user_id', 'seen_at', 'expires_at')
if not found[1] then
  return 0
end
local user, seen, ends = found[1], tonumber(found[2]), tonumber(found[3])
if ends <= now or seen <= tonumber(ARGV[4]) then
  return 0
end
redis.call('RENAME', row(old), row(new))
if seen < now then
  redis.call('HSET', row(new), 'seen_at', ARGV[3])
end
keep(new, tonumber(ARGV[5]), ends - now)
-- In this order: an index that is empty in between is gone, and the new one would have no end.
redis.call('ZADD', index(user), found[3], new)
redis.call('ZREM', index(user), old)
-- Until the absolute end, which no renewal moves: whoever holds the old id until then can still end what came of it.
redis.call('SET', trail(old), new, 'PX', milliseconds(ends - now))
return 1
