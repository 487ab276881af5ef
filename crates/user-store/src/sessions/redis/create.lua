-- Opens sessions under hashes that have no row: now, wall, kept, expires_at, and for each hash, user_id, username, role, device.
-- Says how many were opened.

local now, wall, kept, ends = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local left = tonumber(ends) - tonumber(now)
local created = 0
for i = 5, #ARGV, 5 do
  local hash, user = ARGV[i], ARGV[i + 1]
  if redis.call('EXISTS', row(hash)) == 0 then
    redis.call('HSET', row(hash),
      'user_id', user, 'username', ARGV[i + 2], 'role', ARGV[i + 3], 'device', ARGV[i + 4],
      'created_at', now, 'seen_at', now, 'expires_at', ends)
    keep(hash, kept, left)
    -- What is past its absolute end has no row any more. By the wall, since rows do not follow a shifted clock.
    redis.call('ZREMRANGEBYSCORE', index(user), '-inf', wall)
    redis.call('ZADD', index(user), ends, hash)
    -- The index lives for as long as the last of its sessions may.
    if redis.call('PTTL', index(user)) < left * 1000 then
      redis.call('PEXPIRE', index(user), milliseconds(left))
    end
    created = created + 1
  end
end
return created
