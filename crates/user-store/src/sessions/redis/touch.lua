-- Records a use of a session that is there and whose recorded use is old enough: hash, now, the latest use that is old enough, kept.
-- Says what use is recorded then, or nothing where there is no session.

local found = redis.call('HMGET', row(ARGV[1]), 'seen_at', 'expires_at')
if not found[1] then
  return false
end
if tonumber(found[1]) > tonumber(ARGV[3]) then
  return found[1]
end
redis.call('HSET', row(ARGV[1]), 'seen_at', ARGV[2])
keep(ARGV[1], tonumber(ARGV[4]), tonumber(found[2]) - tonumber(ARGV[2]))
return ARGV[2]
