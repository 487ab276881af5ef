-- Changes the role in all sessions of a user: user_id, role. Says in how many.

local changed = 0
for _, hash in ipairs(redis.call('ZRANGE', index(ARGV[1]), 0, -1)) do
  if redis.call('EXISTS', row(hash)) == 1 then
    redis.call('HSET', row(hash), 'role', ARGV[2])
    changed = changed + 1
  end
end
return changed
