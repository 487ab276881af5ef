-- Put before every other script. Keys are made here and in no other place but the load of a session.

local function row(hash)
  return 'svt:session:' .. hash
end

local function index(user)
  return 'svt:user:' .. user
end

-- By the half of the hash that lists show, so that a session is found under both names of an id that was renewed.
local function trail(hash)
  return 'svt:renewed:' .. string.sub(hash, 1, 32)
end

local function milliseconds(seconds)
  return string.format('%.0f', math.max(seconds, 1) * 1000)
end

-- A row goes by itself once it is of no use to anybody: when it has been idle for too long, or at its absolute end.
local function keep(hash, kept, left)
  redis.call('PEXPIRE', row(hash), milliseconds(math.min(kept, left)))
end

local function remove(hash, user)
  redis.call('ZREM', index(user), hash)
  return redis.call('DEL', row(hash))
end

local function fields(hash)
  return redis.call('HMGET', row(hash),
    'user_id', 'username', 'role', 'device', 'created_at', 'seen_at', 'expires_at')
end
